"""A plan may say of its bounds what its prices prove, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.catalog.catalog import Catalog
from placement.certificate import state
from placement.objectives.mix import parse_objective
from placement.plan.plan import Plan
from placement.plan.prices import CapacityPrice, TierPrices
from placement.plan.rows import Certificate, Status
from placement.plan.view import PlanView
from placement.planner import Planner
from placement.verifier import Report, verify
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import deployment, fleet, workspace

CATALOG: Catalog = fleet()
SPACE: Workspace = workspace(
    deployment("chat", replicas=3), deployment("code", replicas=40, resources={"gpus": 1})
)
PLAN: Plan = Planner(CATALOG).plan(SPACE)
UNPLACED, COST = PLAN.tiers[0], PLAN.tiers[-1]


def judged(plan: Plan) -> Report:
    return verify(CATALOG, SPACE, plan)


def broken(plan: Plan) -> list[str]:
    return [f"{v.subject}: {v.message}" for v in judged(plan).violations if v.rule == "certificate"]


def with_lists(*lists: TierPrices) -> Plan:
    return replace(PLAN, prices=lists)


def changed(number: int, **fields: object) -> Plan:
    lists = list(PLAN.prices)
    lists[number] = replace(lists[number], **fields)  # type: ignore[arg-type]
    return with_lists(*lists)


def test_the_plan_at_hand_has_a_list_for_each_tier_that_is_not_0() -> None:
    assert UNPLACED.value > 0
    assert [prices.tier for prices in PLAN.prices] == ["unplaced", "cost"]
    assert [tier.proof for tier in PLAN.tiers] == ["dual", None, "dual"]
    assert PLAN.status is Status.OPTIMAL


def test_the_plan_at_hand_is_accepted_and_says_what_was_proved_again() -> None:
    report = judged(PLAN)
    assert report.ok
    assert {p.tier: p.bound for p in report.proofs} == {
        "unplaced": UNPLACED.value,
        "cost": COST.value,
    }
    assert all(proof.seconds > 0 for proof in report.proofs)


def test_a_read_plan_is_accepted_as_well() -> None:
    assert judged(Plan.from_json(PLAN.to_json())).ok


def test_a_plan_without_its_prices_is_refused() -> None:
    assert broken(with_lists()) == [
        f"{name}: a bound is stated as proved by prices, there are none"
        for name in ("cost", "unplaced")
    ]


def test_a_bound_above_what_the_prices_prove_is_refused() -> None:
    lower = changed(1, earlier={})
    (message,) = broken(lower)
    assert message.startswith(f"cost: bound {COST.value / COST.scale} is stated as proved by")


def test_a_bound_below_what_the_prices_prove_is_fine() -> None:
    modest = replace(COST, bound=COST.value - 1000)
    plan = replace(PLAN, tiers=(*PLAN.tiers[:-1], modest), status=Status.FEASIBLE)
    assert broken(plan) == []


def test_more_may_be_stated_as_found_by_search() -> None:
    searched = replace(COST, proof="search")
    plan = replace(PLAN, tiers=(*PLAN.tiers[:-1], searched), prices=PLAN.prices[:1])
    assert broken(plan) == []


def test_prices_that_prove_more_than_the_value_show_that_the_plan_breaks_a_rule() -> None:
    cheaper = replace(PLAN, assignments=PLAN.assignments[1:])
    report = judged(cheaper)
    assert not report.ok
    too_good = replace(PLAN.prices[1], earlier={"unplaced": 0, "moves": 0})
    assert broken(with_lists(PLAN.prices[0], too_good))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"tier": "price"}, "there is no tier `price`"),
        ({"scale": -1}, "the scale -1 is not between 0 and 64"),
        ({"scale": 65}, "the scale 65 is not between 0 and 64"),
        ({"earlier": {"cost": 1}}, "`cost` is no tier before `cost`"),
        ({"earlier": {"placed": 1}}, "`placed` is no tier before `cost`"),
        ({"earlier": {"unplaced": -1}}, "the worth -1 of `unplaced` is negative"),
        ({"capacity": (CapacityPrice("none", "gpus", 1),)}, "there is no node group `none`"),
        (
            {"capacity": (CapacityPrice("east", "gpus", -1),)},
            "the price -1 of gpus on `east` is negative",
        ),
        (
            {"capacity": (CapacityPrice("east", "gpus", 1, 0),)},
            "a piece of 0 thousandths of gpus is not possible",
        ),
    ],
)
def test_a_list_that_means_nothing_is_refused(fields: dict[str, object], fault: str) -> None:
    assert any(message.endswith(fault) for message in broken(changed(1, **fields)))


def test_a_second_list_for_a_tier_is_refused() -> None:
    assert broken(with_lists(*PLAN.prices, PLAN.prices[-1])) == [
        "cost: two price lists, one expected"
    ]


def test_an_unknown_proof_is_refused() -> None:
    tiers = (*PLAN.tiers[:-1], replace(COST, proof="faith"))
    assert broken(replace(PLAN, tiers=tiers)) == ["cost: unknown proof `faith`"]


def stated(bounds: dict[str, int | None], lists: tuple[TierPrices, ...] = PLAN.prices) -> Plan:
    """Return the plan with bounds of a solver, stated anew with price lists."""
    tiers = tuple(replace(tier, bound=bounds.get(tier.name), proof=None) for tier in PLAN.tiers)
    view = PlanView(CATALOG, SPACE, (), ())
    bare = replace(PLAN, tiers=tiers, prices=())
    return state(view, bare, parse_objective("cost"), lists)


def test_prices_that_prove_more_than_the_solver_make_the_bound() -> None:
    plan = stated({"unplaced": 0, "moves": 0, "cost": 1})
    assert plan.tiers == PLAN.tiers
    assert (plan.status, plan.certificate) == (Status.OPTIMAL, Certificate.GLOBAL)


def test_a_solver_that_proves_more_than_the_prices_is_named() -> None:
    dear = CapacityPrice("east", "gpus", 1 << 60)
    weak = (replace(PLAN.prices[0], capacity=(dear,)), PLAN.prices[1])
    plan = stated({"unplaced": UNPLACED.value, "moves": 0, "cost": COST.value}, weak)
    assert [tier.proof for tier in plan.tiers] == ["search", None, "dual"]
    assert plan.status is Status.OPTIMAL
    # A list that proves nothing is not worth its room.
    assert [prices.tier for prices in plan.prices] == ["cost"]


def test_a_bound_behind_an_open_tier_is_conditional() -> None:
    plan = stated({"moves": 0}, PLAN.prices[1:])
    assert [tier.bound for tier in plan.tiers] == [None, 0, COST.value]
    assert plan.tiers[-1].conditional
    assert (plan.status, plan.certificate) == (Status.FEASIBLE, Certificate.NONE)
