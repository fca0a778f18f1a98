"""Small steps on single nodes: cheaper or as good, within the rules, and nobody loses a replica."""

from __future__ import annotations

import numpy as np

from placement.problem.problem import Ints
from placement.solvers.following import Following, seated
from placement.solvers.greedy import counts_of, greedy_layout
from placement.solvers.node_space import Seat
from placement.solvers.resettling import Resettling
from tests.solvers.seats import Snapshot
from tests.solvers.test_greedy import fleet, problem_of, values_of, wish, worlds_of


def placed(builder, counts: Ints) -> Ints:
    return np.bincount(builder.pair_deployment, counts, len(builder.deployments))


def test_no_step_breaks_a_rule_takes_a_replica_or_costs_more():
    rng = np.random.default_rng(5)
    cheaper, worlds = 0, worlds_of(2, 1_000)
    for world in worlds:
        snapshot = Snapshot(world)
        problem, builder = snapshot.compiled.build(snapshot.compiled.cells)
        # Away from the best on purpose: placed as if all places cost something else.
        layout = greedy_layout(builder, rng.integers(0, 9, problem.pairs))
        state = seated(builder, layout)
        if state is None:
            continue
        before, costs = counts_of(builder, state.layout()), values_of(problem)
        Resettling(state, costs, rng.uniform(0, 9, len(problem.cells))).run()
        after = counts_of(builder, state.layout())
        assert not snapshot.broken_rules(snapshot.plan(snapshot.compiled.cells, state.layout()))
        assert (placed(builder, after) >= placed(builder, before)).all()
        if (placed(builder, after) == placed(builder, before)).all():
            assert costs @ after <= costs @ before
            cheaper += int(costs @ after < costs @ before)
    assert cheaper > 12


def test_a_deployment_moves_to_where_there_is_cheaper_room():
    catalog = fleet(("a", "T4", 2, 4, 64, 5), ("b", "L4", 2, 4, 64, 9))
    problem, builder = problem_of(catalog, wish("chat", 3))
    state = Following(builder, values_of(problem))
    state.seat(1, (Seat(0, 0, None, 3),))
    Resettling(state, values_of(problem), np.zeros(2)).run()
    assert counts_of(builder, state.layout()).tolist() == [3, 0]


def test_a_needy_replica_changes_places_with_a_lean_one_where_it_strands_a_gpu():
    catalog = fleet(("a", "T4", 2, 4, 11, 5), ("b", "T4", 1, 4, 64, 9))
    problem, builder = problem_of(
        catalog, wish("a-needy", 2, cpus=5), wish("b-lean", 5), wish("c-more", 1)
    )
    state = Following(builder, values_of(problem))
    state.seat(0, (Seat(0, 0, None, 2), Seat(1, 0, None, 1), Seat(1, 1, None, 4)))
    state.seat(1, (Seat(2, 0, None, 1),))
    Resettling(state, values_of(problem), np.zeros(2)).run()
    assert counts_of(builder, state.layout()).reshape(3, 2)[:, 1].sum() == 1
    Resettling(state, values_of(problem), np.array([1e9, 0.0])).run()
    assert counts_of(builder, state.layout()).reshape(3, 2)[:, 1].sum() == 0


def test_a_large_replica_comes_back_in_the_place_of_small_ones():
    catalog = fleet(("a", "T4", 1, 4, 64, 5), ("b", "L4", 1, 4, 64, 9))
    problem, builder = problem_of(catalog, wish("large", 1, gpus=4), wish("small", 4))
    state = Following(builder, values_of(problem))
    state.seat(0, (Seat(1, 0, None, 4),))
    state.seat(1, (Seat(0, 0, None, 1),))
    Resettling(state, np.array([10, 50, 4, 5]), np.zeros(2)).run()
    assert counts_of(builder, state.layout()).tolist() == [1, 0, 0, 4]


def test_a_replica_without_a_place_is_admitted_where_others_can_leave():
    catalog = fleet(("a", "T4", 1, 4, 64, 5), ("b", "L4", 1, 4, 64, 9))
    problem, builder = problem_of(
        catalog,
        wish("large", 1, gpus=3, models=["T4"]),
        wish("small", 4),
    )
    state = Following(builder, values_of(problem))
    state.seat(0, (Seat(1, 0, None, 4),))
    Resettling(state, values_of(problem), np.zeros(2)).run()
    assert counts_of(builder, state.layout()).tolist() == [1, 1, 3]


def test_nothing_is_begun_after_an_end_or_where_nothing_is_new():
    catalog = fleet(("a", "T4", 2, 4, 64, 5), ("b", "L4", 2, 4, 64, 9))
    problem, builder = problem_of(catalog, wish("chat", 3))
    for told in ({"over": lambda: True}, {"cells": []}, {"cells": [1]}):
        state = Following(builder, values_of(problem))
        state.seat(1, (Seat(0, 0, None, 3),))
        Resettling(state, values_of(problem), np.zeros(2), **told).run()
        assert counts_of(builder, state.layout()).tolist() == [0, 3]
    state = Following(builder, values_of(problem))
    state.seat(1, (Seat(0, 0, None, 2),))
    Resettling(state, values_of(problem), np.zeros(2), cells=[]).run()
    assert counts_of(builder, state.layout()).sum() == 3
