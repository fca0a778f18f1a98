"""Bounds that only a search proved are proved again by a second solver, or withdrawn."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from placement.options import Billing
from placement.plan.plan import Plan
from placement.plan.rows import Status, Tier
from placement.planner import Planner
from placement.problem.compiler import Compiled
from placement.solvers import pipeline, second
from placement.solvers.exact import Solved, TierBound, laid_out, warm_start
from placement.solvers.greedy import Layout, counts_of, greedy_layout
from placement.verifier import verify
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import EAST, USD, deployment, fleet, gpu_group, workspace
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

FIRST, WORLDS = 200_000, 40
CATALOG = fleet(
    gpu_group("cheap", EAST, "a", "T4", 4, gpu_count=4, price=101 * USD // 100),
    gpu_group("dear", EAST, "a", "T4", 4, gpu_count=4, price=307 * USD // 100),
)
SPACE = workspace(
    deployment("chat", replicas=2, resources={"gpus": 2}), deployment("code", replicas=3)
)


def planned(billing: str, *, space: Workspace = SPACE, confirm: bool = True) -> Plan:
    """Return a plan of the small fleet, judged as it is read."""
    plan = Planner(CATALOG).plan(space, billing=billing, confirm=confirm)
    read = Plan.from_json(plan.to_json())
    assert verify(CATALOG, space, read, billing=Billing(billing)).violations == ()
    return read


def cost(plan: Plan) -> Tier:
    return plan.tiers[-1]


@pytest.fixture
def boastful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the first solver place everything where it is dear, and call that the least."""

    def boast(compiled: Compiled, first: Layout, *rest: Any, **options: Any) -> Solved:
        problem, builder = compiled.build(compiled.cells)
        counts, known = counts_of(builder, first), laid_out(problem, first)
        start = warm_start(problem, counts, known)
        values = tuple(tier.value(start) for tier in problem.tiers)
        pairs = zip(problem.tiers, values, strict=True)
        bounds = tuple(TierBound(tier.name, value) for tier, value in pairs)
        return Solved(compiled.cells, first, bounds, exact=True, joined=True, values=values)

    def dearly(compiled: Any, prices: Any) -> Layout:
        return greedy_layout(compiled, prices.max() - prices)

    monkeypatch.setattr(pipeline, "solve_exactly", boast)
    monkeypatch.setattr(pipeline, "greedy_layout", dearly)


def test_what_only_a_search_proves_is_confirmed_in_random_worlds() -> None:
    found: Counter[str | None] = Counter()
    for seed in range(FIRST, FIRST + WORLDS):
        world = random_world(seed)
        plan = Planner(catalog_of(world)).plan(
            workspace_of(world), objective=world.objective, billing=world.billing, confirm=True
        )
        found.update(tier.confirmed_by for tier in plan.tiers if tier.proof == "search")
        assert all(tier.confirmed_by is None for tier in plan.tiers if tier.proof != "search")
    assert found["highs"] >= 20
    assert found[None] == 0


def test_without_being_asked_nobody_confirms() -> None:
    tier = cost(planned("node", confirm=False))
    assert (tier.proof, tier.confirmed_by) == ("search", None)


def test_what_is_confirmed_is_said_of_what_runs_too() -> None:
    space = SPACE.with_running(planned("node"))
    tier = cost(planned("node", space=space))
    assert (tier.proof, tier.confirmed_by, tier.bound) == ("search", "highs", tier.value)


@pytest.mark.usefixtures("boastful")
def test_a_bound_that_is_not_so_is_withdrawn() -> None:
    boasted = planned("share", confirm=False)
    assert (boasted.status, cost(boasted).proof) == (Status.OPTIMAL, "search")
    plan = planned("share")
    assert plan.assignments == boasted.assignments
    assert plan.status is Status.FEASIBLE
    assert (cost(plan).proof, cost(plan).confirmed_by) == ("dual", None)
    assert (cost(plan).bound or 0) < cost(plan).value == cost(boasted).bound
    told = "a second solver refuted the bound of `cost`, which is withdrawn"
    assert plan.warnings == (told,)


def test_what_is_too_large_is_neither_confirmed_nor_refuted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(second, "MOST_PAIRS", 3)
    plan = planned("node")
    assert (cost(plan).proof, cost(plan).confirmed_by) == ("search", None)
    told = "the bound of `cost` is not confirmed: a second solver did not prove it in its limits"
    assert plan.warnings == (told,)
