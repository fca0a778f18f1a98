"""Lost capacity is a fact: never refused, placed again as far as there is room."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeState
from placement.plan.plan import Plan
from placement.planner import Planner
from placement.solvers import change
from placement.verifier import verify
from placement.workspace.making import make_workspace
from placement.workspace.transitions import Transition, TransitionKind, between, deploy
from tests.store import fleet as shop
from tests.verifier.fleet import (
    EAST,
    USD,
    WEST,
    At,
    deployment,
    fleet,
    gpu_group,
    running,
    workspace,
)

US = gpu_group("us", EAST, "a", "T4", 2, gpu_count=2)
EU = gpu_group("eu", WEST, "a", "T4", 2, gpu_count=1)
TODAY = fleet(US, EU)
CHAT = deployment("chat", replicas=2)
FIRM = deployment("firm", replicas=2, minReplicas=2)
SPACE = running(
    TODAY,
    workspace(CHAT, FIRM),
    At("chat", "us/0", 2),
    At("firm", "us/1", 1),
    At("firm", "eu/1", 1),
)
SAME = between(SPACE, SPACE, kind=TransitionKind.CAPACITY)


def answer(catalog: Catalog, *, known: Catalog = TODAY, transition: Transition = SAME) -> Plan:
    """Return the plan for a fleet that is another one from now on, verified."""
    preview = Planner(known).transact(transition, catalog=catalog)
    assert preview.refusal is None
    judged = verify(catalog, transition.after, preview.plan, before=transition.before)
    assert judged.violations == ()
    return preview.plan


def placed(plan: Plan) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in plan.assignments:
        found[row.model] = found.get(row.model, 0) + row.replicas
    return found


def states(**of: str) -> Catalog:
    return fleet(US, EU, **of)


@pytest.mark.parametrize(
    ("catalog", "found"),
    [
        (states(eu_1="lost"), {"chat": 2, "firm": 2}),
        (states(eu_1="draining"), {"chat": 2, "firm": 2}),
        (states(us_0="lost"), {"chat": 2, "firm": 2}),
        (states(us_0="lost", eu_0="lost"), {"chat": 1, "firm": 2}),
        (states(us_0="lost", us_1="lost"), {"firm": 2}),
        (states(eu_0="lost", eu_1="lost"), {"chat": 2, "firm": 2}),
        (fleet(US), {"chat": 2, "firm": 2}),
        (fleet(EU), {"firm": 2}),
        (fleet(replace(US, count=1)), {"chat": 2}),
        (fleet(replace(US, gpu_count=1), EU), {"chat": 2, "firm": 2}),
    ],
)  # fmt: skip
def test_as_much_as_fits_is_placed_again(catalog: Catalog, found: dict[str, int]) -> None:
    plan = answer(catalog)
    assert sum(placed(plan).values()) == sum(found.values())
    assert plan.certificate == "global"


@pytest.mark.parametrize(
    "catalog",
    [
        states(us_0="cordoned", us_1="cordoned", eu_1="cordoned"),
        fleet(replace(US, price=9 * USD), EU),
        fleet(US, replace(EU, count=9, price=USD // 9)),
        fleet(US, EU, gpu_group("new", WEST, "b", "T4", 5, price=USD // 9)),
    ],
    ids=["cordoned", "dearer", "more and cheaper", "a new node group"],
)
def test_what_can_stay_stays(catalog: Catalog) -> None:
    plan = answer(catalog)
    assert {(r.model, r.node, r.replicas) for r in plan.assignments} == {
        (r.model, r.node, r.replicas) for r in SPACE.running
    }
    assert plan.changes == ()


def test_the_rows_say_what_they_cost_from_now_on() -> None:
    dearer = fleet(replace(US, price=9 * USD), EU)
    costs = {row.node: row.cost for row in answer(dearer).assignments}
    assert costs == {"us/0": 9 * 10**6, "us/1": 4_500_000, "eu/1": 2 * 10**6}


@pytest.mark.parametrize("catalog", [states(us_0="lost"), states(us_0="draining"), fleet(EU)])
def test_a_planner_of_the_new_fleet_answers_the_same(catalog: Catalog) -> None:
    """What runs may be on nodes that the planner never knew, or knows to be lost."""
    assert answer(catalog, known=catalog).digest == answer(catalog).digest


def test_a_deployment_on_a_fleet_with_a_lost_node_places_again_what_was_on_it() -> None:
    catalog = states(us_0="lost")
    wished = deploy(
        SPACE, deployment("idle", resources={"gpus": 0}, flavors=[{"type": "gpu", "name": "T4"}])
    )
    assert isinstance(wished, Transition)
    plan = answer(catalog, known=catalog, transition=wished)
    assert placed(plan) == {"chat": 2, "firm": 2, "idle": 1}


def test_in_a_large_fleet_too_nothing_runs_below_its_minimum(monkeypatch):
    monkeypatch.setattr(change, "NEAR", -1)
    monkeypatch.setattr(change, "SMALL", -1)
    monkeypatch.setattr(change, "MEDIUM", -1)
    catalog = shop.fleet(count=1)
    planner = Planner(catalog)
    asked = shop.chat(replicas=8, min_replicas=7)
    before = planner.deploy(make_workspace(), asked).workspace
    assert len(before.running) == 2
    preview = planner.apply_change(before, catalog=catalog.with_state("aws", NodeState.LOST))
    assert preview.refusal is None
    assert preview.plan.assignments == ()
    assert [row.replicas for row in preview.plan.unplaced] == [8]
