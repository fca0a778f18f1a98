"""Whole counts near a relaxation keep every row, and are as good where nothing but costs decides."""

from __future__ import annotations

import numpy as np

from benchmarks.singles import singles
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.planner import Planner
from placement.problem.compiler import compile_snapshot
from placement.solvers import mixed, pipeline
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation
from tests.solvers.seats import Snapshot
from tests.solvers.test_greedy import worlds_of


def relaxed(problem):
    """Return the relaxation of the last tier with all before it at their floors, and its costs."""
    closed = [(tier, tier.floor) for tier in problem.tiers[:-1]]
    relaxation = Relaxation(problem, closed)
    found = relaxation.minimise(problem.tiers[-1], np.zeros(len(problem.low), int), limits=Limits())
    return relaxation, found, problem.tiers[-1].per_pair(problem.pairs)


def problem_of(instance):
    compiled = compile_snapshot(
        instance.workspace,
        instance.catalog,
        objective=parse_objective("cost", billing=Billing.SHARE),
        bill_nodes=False,
        masks={},
    )
    return compiled.build(compiled.cells)[0]


def test_whole_counts_keep_every_row_and_often_meet_the_bound():
    met = 0
    for seed in range(1, 13):
        problem = problem_of(singles(60, 20, seed))
        assert mixed.applies(problem)
        relaxation, known, cost = relaxed(problem)
        counts = mixed.whole_near(relaxation, known, cost, Limits())
        if counts is None:
            continue
        assert relaxation.holds(counts)
        value = problem.tiers[-1].value(counts)
        assert value >= known.bound
        met += value == known.bound
    assert met >= 2, met


def test_rules_of_deployments_are_left_to_others():
    pure = 0
    for world in worlds_of(3, 300):
        snapshot = Snapshot(world)
        problem, _ = snapshot.compiled.build(snapshot.compiled.cells)
        pure += mixed.applies(problem)
        assert not mixed.applies(problem) or not any(d.spread for d in problem.deployments)
    assert pure < 60


def test_a_row_that_is_broken_is_noticed():
    problem = problem_of(singles(20, 6, 1))
    relaxation, known, cost = relaxed(problem)
    assert known is not None
    counts = mixed.whole_near(relaxation, known, cost, Limits())
    assert counts is not None
    assert relaxation.holds(counts)
    assert not relaxation.holds(problem.high)
    assert not relaxation.holds(-counts)


def test_a_large_fleet_of_single_replicas_is_solved_to_the_end(monkeypatch):
    monkeypatch.setattr(pipeline, "SMALL_PAIRS", -1)
    instance = singles(60, 20, 1)
    plan = Planner(instance.catalog).plan(instance.workspace)
    assert plan.tiers[-1].value == plan.tiers[-1].bound
