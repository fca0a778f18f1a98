"""The greedy layout: it breaks no rule in any world, and what it reports is what it is."""

from __future__ import annotations

import pytest

from placement.solvers.greedy import Greedy, counts_of, greedy_layout
from tests.solvers.seats import Snapshot
from tests.worlds.generator import random_world
from tests.worlds.oracle import optimum

WORLDS = 500
CHUNKS = 5
FIRST_SEED = 200_000


def worlds_of(chunk, worlds=WORLDS):
    return [random_world(FIRST_SEED + number) for number in range(chunk, worlds, CHUNKS)]


def values_of(problem):
    return problem.tiers[-1].per_pair(problem.pairs)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_greedy_layout_breaks_a_rule(chunk):
    wrong = {}
    for world in worlds_of(chunk):
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        layout = greedy_layout(builder, values_of(problem))
        broken = snapshot.broken_rules(snapshot.plan(snapshot.compiled.cells, layout))
        if broken:
            wrong[world.seed] = broken
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_greedy_places_something_in_most_worlds_where_something_fits(chunk):
    possible = found = 0
    for world in worlds_of(chunk, 100):
        if not optimum(world).rows:
            continue
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        possible += 1
        found += bool(greedy_layout(builder, values_of(problem)))
    assert found > 0.9 * possible


def test_a_broken_layout_is_noticed():
    """The judge of these tests sees a replica too many."""
    world = random_world(FIRST_SEED)
    snapshot = Snapshot(world)
    problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
    layout = greedy_layout(builder, values_of(problem))
    cell, seats = next(iter(layout.items()))
    layout[cell] = (*seats, *seats, *seats, *seats, *seats, *seats, *seats)
    assert snapshot.broken_rules(snapshot.plan(snapshot.compiled.cells, layout))


def test_counts_add_up_the_seats():
    for world in worlds_of(0, 50):
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        layout = greedy_layout(builder, values_of(problem))
        counts = counts_of(builder, layout)
        assert counts.sum() == sum(seat.replicas for seats in layout.values() for seat in seats)
        for pair, count in enumerate(counts.tolist()):
            cell, d = int(problem.pair_cell[pair]), int(problem.pair_deployment[pair])
            seats = layout.get(cell, ())
            assert count == sum(seat.replicas for seat in seats if seat.deployment == d)


def test_what_is_removed_leaves_no_trace():
    for world in worlds_of(0, 50):
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        state = Greedy(builder, values_of(problem))
        before = free_of(state.nodes)
        everyone = range(len(builder.deployments))
        for d in everyone:
            state.place(d)
        assert state.layout() == {} or free_of(state.nodes) != before
        for d in everyone:
            state.remove(d)
        assert state.layout() == {}
        assert free_of(state.nodes) == before


def free_of(nodes):
    """Return everything a state knows of what is free."""
    slots = None if nodes.slots is None else nodes.slots.tolist()
    sums = {name: free.tolist() for name, free in (nodes.free | nodes.most).items()}
    return sums, slots, nodes.whole.tolist(), nodes.most_share.tolist()
