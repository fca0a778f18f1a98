"""The greedy layout: it breaks no rule in any world, and what it reports is what it is."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from placement.catalog.catalog import make_catalog
from placement.catalog.rows import UNIT, Gpu, NodeGroup, Region
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.problem.compiler import compile_snapshot
from placement.solvers.greedy import Greedy, _pass, counts_of, greedy_layout, order_of
from placement.solvers.node_arrays import NodeArrays
from placement.workspace.making import make_workspace
from placement.workspace.workspace import FlavorEntry, ModelDeployment, Resources, Spread
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
@pytest.mark.parametrize("balanced", [False, True])
def test_no_order_and_no_way_of_placing_breaks_a_rule(balanced):
    """Deployments come in any order, so that every rule has to hold whoever is there first."""
    wrong = {}
    for world in worlds_of(0, 1_000):
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        order = list(range(len(builder.deployments)))
        Random(world.seed).shuffle(order)
        state = _pass(builder, values_of(problem), order, balanced=balanced)
        broken = snapshot.broken_rules(snapshot.plan(snapshot.compiled.cells, state.layout()))
        if broken:
            wrong[world.seed] = broken
    assert wrong == {}


def test_the_order_of_the_input_does_not_matter():
    for world in worlds_of(1, 200):
        snapshot = Snapshot(world)
        before = placed_rows(snapshot)
        deployments = list(snapshot.workspace.deployments)
        Random(world.seed).shuffle(deployments)
        shuffled = make_workspace(
            snapshot.workspace.policies.values(),
            snapshot.workspace.environments.values(),
            deployments,
            running=snapshot.workspace.running,
        )
        snapshot.compiled = compile_snapshot(
            shuffled,
            snapshot.catalog,
            objective=snapshot.objective,
            bill_nodes=snapshot.billing is Billing.NODE,
            masks={},
        )
        assert placed_rows(snapshot) == before


def placed_rows(snapshot):
    problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
    layout = greedy_layout(builder, values_of(problem))
    return snapshot.plan(snapshot.compiled.cells, layout).assignments


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


# ------------------------------------------------------------------- small fleets

REGION = Region("cloud", "north", "North", "SE", "EU", 0.0, 0.0, 10)


def fleet(*groups):
    """Return a catalog of (name, GPU model, nodes, GPUs and CPUs of a node, USD per hour)."""
    models = sorted({model for _, model, *_ in groups})
    gpus = [Gpu(model, "vendor", 80, "any", (), None, 300) for model in models]
    rows = [
        NodeGroup(
            name=name,
            region=REGION,
            zone=None,
            instance_type=name,
            flavor_type="gpu",
            flavor=model,
            gpu_count=gpus_of_node,
            cpus=cpus * UNIT,
            memory=1_000 * UNIT,
            price=price * 10**9,
            count=nodes,
        )
        for name, model, nodes, gpus_of_node, cpus, price in groups
    ]
    return make_catalog([REGION], gpus, rows, name="fleet")


def wish(name, replicas, *, gpus=1, cpus=1, models=(), **more):
    return ModelDeployment(
        name=name,
        version="1",
        replicas=replicas,
        flavors=tuple(FlavorEntry(type="gpu", name=model) for model in models),
        resources=Resources(gpus=Decimal(gpus), cpus=Decimal(cpus)),
        **more,
    )


def problem_of(catalog, *wishes):
    compiled = compile_snapshot(
        make_workspace([], [], wishes),
        catalog,
        objective=parse_objective("cost", billing=Billing.SHARE),
        bill_nodes=False,
        masks={},
    )
    return compiled.build(compiled.cells)


def placed(catalog, *wishes):
    """Return how many replicas of each deployment find a place."""
    problem, builder = problem_of(catalog, *wishes)
    counts = counts_of(builder, greedy_layout(builder, values_of(problem)))
    names = [builder.deployments[d].name for d in builder.pair_deployment]
    found = Counter(dict.fromkeys((one.name for one in wishes), 0))
    for name, count in zip(names, counts.tolist(), strict=True):
        found[name] += count
    return dict(found)


def test_a_replica_goes_to_the_cheapest_nodes_first():
    catalog = fleet(("a", "T4", 2, 4, 64, 9), ("b", "T4", 2, 4, 64, 5), ("c", "T4", 2, 4, 64, 7))
    problem, builder = problem_of(catalog, wish("chat", 11))
    counts = counts_of(builder, greedy_layout(builder, values_of(problem)))
    assert counts.tolist() == [0, 8, 3]


def test_who_has_few_nodes_to_go_to_comes_before_who_has_many():
    catalog = fleet(("a", "T4", 2, 4, 64, 5), ("b", "L4", 2, 4, 64, 9))
    anyone, picky = wish("any", 8, gpus=1), wish("picky", 8, gpus=1, models=["T4"])
    assert placed(catalog, anyone, picky) == {"any": 8, "picky": 8}


def test_the_higher_priority_comes_first_whatever_else():
    catalog = fleet(("a", "T4", 1, 4, 64, 5))
    first = wish("small", 3, priority=1)
    assert placed(catalog, first, wish("large", 1, gpus=4)) == {"small": 3, "large": 0}


def test_whoever_is_left_out_chooses_earlier_in_the_next_pass():
    """`half` has fewer nodes to go to and takes the only one that is left for `whole`."""
    catalog = fleet(("a", "T4", 1, 8, 64, 5), ("b", "L4", 1, 4, 64, 9), ("c", "A10", 3, 8, 64, 3))
    first = wish("first", 24, models=["A10"], priority=1)
    half, whole = wish("half", 1, gpus=4, models=["T4", "L4"]), wish("whole", 1, gpus=8)
    assert placed(catalog, first, half, whole) == {"first": 24, "half": 1, "whole": 1}


def test_gpus_are_not_left_without_the_cpus_to_go_with():
    """Five replicas with 18 CPUs use up a node and leave 3 GPUs; 4 go well with 4 of 6 CPUs."""
    catalog = fleet(("a", "T4", 10, 8, 96, 5))
    heavy, light = wish("heavy", 40, cpus=18), wish("light", 40, cpus=6)
    assert placed(catalog, heavy, light) == {"heavy": 40, "light": 40}


def test_as_many_steps_are_taken_for_a_thousand_replicas_as_for_ten(monkeypatch):
    steps = Counter()
    put = NodeArrays.put

    def counted(nodes, demand, *rest):
        steps[size] += 1
        return put(nodes, demand, *rest)

    monkeypatch.setattr(NodeArrays, "put", counted)
    for size in (10, 1_000):
        catalog = fleet(("a", "T4", size, 4, 64, 5), ("b", "L4", size, 4, 64, 9))
        wishes = [wish(f"model-{i}", size, models=["T4"] * (i % 2)) for i in range(6)]
        assert placed(catalog, *wishes) == {f"model-{i}": size for i in range(6)}
    assert steps[10] == steps[1_000]


def test_a_skew_over_few_domains_takes_few_steps(monkeypatch):
    """A thousand replicas in three groups of nodes that may differ by one are put level by level."""
    catalog = make_skewed()
    steps = []
    put = NodeArrays.put
    monkeypatch.setattr(
        NodeArrays, "put", lambda nodes, *rest: (steps.append(1), put(nodes, *rest))[1]
    )
    chat = wish("chat", 1_000, spread=(Spread(over="region", maxSkew=1),))
    problem, builder = problem_of(catalog, chat)
    counts = counts_of(builder, greedy_layout(builder, values_of(problem)))
    assert sorted(counts.tolist()) == [333, 333, 334]
    assert len(steps) < 10


def make_skewed():
    regions = [Region("cloud", code, code, "SE", "EU", 0.0, 0.0, 10) for code in "abc"]
    groups = [
        NodeGroup(
            name=region.code,
            region=region,
            zone=None,
            instance_type=region.code,
            flavor_type="gpu",
            flavor="T4",
            gpu_count=4,
            cpus=64 * UNIT,
            memory=64 * UNIT,
            price=(number + 1) * 10**9,
            count=200,
        )
        for number, region in enumerate(regions)
    ]
    return make_catalog(regions, [Gpu("T4", "vendor", 80, "any", (), None, 300)], groups, name="s")


def test_those_left_out_are_named_only_if_they_could_be_somewhere():
    catalog = fleet(("a", "T4", 1, 4, 64, 5))
    problem, builder = problem_of(catalog, wish("many", 9), wish("huge", 1, gpus=8))
    state = _pass(builder, values_of(problem), order_of(builder, {}))
    assert [builder.deployments[d].name for d in state.left_out()] == ["many"]
    assert not state.strands()
    assert np.sum(state.placed) == 4
