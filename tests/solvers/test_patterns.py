"""Node patterns, forced on tiny worlds whose optimum is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from placement.options import Billing
from placement.planner import Planner
from placement.solvers import pipeline
from placement.solvers.patterns import solve_by_patterns
from placement.solvers.patterns.fitting import can_be_patterns
from placement.verifier import verify
from tests.worlds.base import MAX_REPLICAS, draw_base
from tests.worlds.oracle import optimum
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.world import Spread

WORLDS = 360
CHUNKS = 6
FIRST_SEED = 700_000


@pytest.fixture
def solved(monkeypatch):
    """Solve every part by patterns that can be; count the parts, per way."""
    ways: Counter[str] = Counter()
    otherwise = pipeline._solve_part

    def solve_part(part, limits, report, *more):
        if not can_be_patterns(part.compiled, part.problem):
            ways["other"] += 1
            return otherwise(part, limits, report, *more)
        ways["patterns"] += 1
        return solve_by_patterns(part.compiled, part.problem, part.first, limits, report)

    monkeypatch.setattr(pipeline, "_solve_part", solve_part)
    return ways


def simple_world(seed):
    """Return a world whose only rules are about single nodes; often it has too little room."""
    rng = Random(seed)
    world = draw_base(rng, seed)
    changed = []
    for deployment in world.deployments:
        if rng.random() < 0.5:
            more = min(MAX_REPLICAS, deployment.replicas + 1)
            deployment = replace(deployment, replicas=more, priority=rng.choice((0, 0, 3)))
        if deployment.demand >= 1000 and rng.random() < 0.2:
            deployment = replace(deployment, spread=(Spread("node", max_per_domain=1),))
        changed.append(deployment)
    return replace(world, deployments=tuple(changed))


def planned(seed):
    """Return the plan of a world's seed, the verifier's report and the optimum's tiers."""
    world = simple_world(seed)
    catalog, workspace = catalog_of(world), workspace_of(world)
    options = {"objective": world.objective, "billing": Billing(world.billing)}
    plan = Planner(catalog).plan(workspace, **options)
    return plan, verify(catalog, workspace, plan, **options), optimum(world).tiers


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_bound_is_above_the_optimum_and_most_plans_are_optimal(solved, chunk):
    found: Counter[str] = Counter()
    for seed in range(FIRST_SEED + chunk, FIRST_SEED + WORLDS, CHUNKS):
        solved.clear()
        plan, report, best = planned(seed)
        assert report.ok, (seed, report.violations)
        if not solved["patterns"]:
            continue
        listed = dict(best)
        values = [(tier.value, listed.get(tier.name, 0)) for tier in plan.tiers]
        assert [v for v, _ in values] >= [least for _, least in values], seed
        for tier in plan.tiers:
            if tier.bound is not None:
                assert tier.bound <= listed.get(tier.name, 0), (seed, tier.name)
            if tier.value != listed.get(tier.name, 0):
                break
        found["optimal" if all(a == b for a, b in values) else "not"] += 1
    assert found["optimal"] >= 40
    assert found["optimal"] >= 5 * found["not"]


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"spread": (Spread("node", max_per_domain=1),)}, True),
        ({"spread": (Spread("region", max_per_domain=1),)}, False),
        ({"spread": (Spread("node", max_skew=1),)}, False),
        ({"min_replicas": 1}, True),
        ({"min_replicas": 2}, False),
    ],
)
def test_only_rules_about_single_nodes_are_left_to_patterns(solved, change, fits):
    world = draw_base(Random(3), 3)
    first, *others = [replace(d, gpus=1000, replicas=2) for d in world.deployments]
    world = replace(world, deployments=(replace(first, **change), *others))
    Planner(catalog_of(world)).plan(workspace_of(world))
    assert bool(solved["other"]) is not fits
