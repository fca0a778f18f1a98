"""Every part of a plan that can be wrong is found by its own rule, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from placement.objectives.mix import parse_objective
from placement.objectives.tiers import tiers_of
from placement.options import Billing
from placement.plan.plan import Plan
from placement.plan.resolve import resolve_rows
from placement.plan.rows import (
    Action,
    Certificate,
    Change,
    Forced,
    Observed,
    Status,
    Tier,
    Unplaced,
)
from placement.verifier import verify
from tests.verifier.fleet import At, deployment, fleet, judge, plan_of, policy, workspace
from tests.verifier.story import CATALOG, PLAN, SPACE

Edit = Callable[[Plan], Plan]


def rules(plan: Plan, **options: Any) -> set[str]:
    return {violation.rule for violation in verify(CATALOG, SPACE, plan, **options).violations}


def edit_row(field: str, index: int, **values: Any) -> Edit:
    """Return the edit of one row of a tuple of the plan."""

    def edit(plan: Plan) -> Plan:
        rows = list(getattr(plan, field))
        rows[index] = replace(rows[index], **values)
        return replace(plan, **{field: tuple(rows)})

    return edit


def put(**fields: Any) -> Edit:
    return lambda plan: replace(plan, **fields)


def test_the_intact_plan_passes() -> None:
    report = verify(CATALOG, SPACE, PLAN)
    assert report.violations == ()
    assert report.ok
    assert [tier.name for tier in report.tiers] == [tier.name for tier in PLAN.tiers]
    assert report.checked == {"rows": 6, "deployments": 6, "nodes": 5, "constraints": 11}


def test_the_intact_plan_has_something_of_everything() -> None:
    assert len(PLAN.unplaced) == 2
    assert {change.action for change in PLAN.changes} == set(Action)
    assert PLAN.observed
    assert PLAN.forced
    assert {tier.name for tier in PLAN.tiers} == {"unplaced:3", "unplaced:0", "moves", "cost"}


BASIS = PLAN.basis
LAST = len(PLAN.tiers) - 1
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "a digest that is not the content's": (put(stated_digest="sha256:00"), {"digest"}),
    "another catalog": (put(basis=replace(BASIS, catalog="sha256:0")), {"basis"}),
    "another workspace": (put(basis=replace(BASIS, workspace="sha256:0")), {"basis"}),
    "other running rows": (put(basis=replace(BASIS, running="sha256:0")), {"basis"}),
    "a made-up reason to stop": (put(stopped_by="boredom"), {"stoppedBy"}),
    "a wall limit that reproduces": (put(stopped_by="time-limit"), {"reproducible"}),
    "a copied version": (edit_row("assignments", 0, version="9"), {"assignments"}),
    "a copied provider": (edit_row("assignments", 0, provider="gcp"), {"assignments"}),
    "a copied region": (edit_row("assignments", 0, region="eu-west-1"), {"assignments"}),
    "a copied zone": (edit_row("assignments", 0, zone="b"), {"assignments"}),
    "a copied country": (edit_row("assignments", 0, country="CA"), {"assignments"}),
    "a copied continent": (edit_row("assignments", 0, continent="SA"), {"assignments"}),
    "a copied flavor": (edit_row("assignments", 0, flavor="L4"), {"assignments"}),
    "a total of GPUs": (edit_row("assignments", 0, gpus=1), {"assignments"}),
    "a row's cost": (edit_row("assignments", 0, cost=1), {"costPerHour"}),
    "a count of unplaced replicas": (edit_row("unplaced", 0, replicas=2), {"unplaced"}),
    "no reason": (edit_row("unplaced", 0, reasons=()), {"unplaced"}),
    "an empty reason": (edit_row("unplaced", 0, reasons=(" ",)), {"unplaced"}),
    "a missing unplaced row": (put(unplaced=PLAN.unplaced[1:]), {"unplaced"}),
    "an unplaced row twice": (put(unplaced=(*PLAN.unplaced, PLAN.unplaced[0])), {"unplaced"}),
    "an unplaced row too many": (
        put(unplaced=(*PLAN.unplaced, Unplaced("chat", "production", 0, ("why not",)))),
        {"unplaced"},
    ),
    "an unplaced row of nobody": (
        put(unplaced=(*PLAN.unplaced, Unplaced("nobody", "production", 1, ("why not",)))),
        {"unplaced"},
    ),
    "a missing change": (put(changes=PLAN.changes[1:]), {"changes"}),
    "a change twice": (put(changes=(*PLAN.changes, PLAN.changes[0])), {"changes"}),
    "a change's action": (edit_row("changes", 0, action=Action.REMOVE), {"changes"}),
    "a change's count": (edit_row("changes", 0, replicas=7), {"changes"}),
    "a change out of thin air": (
        put(
            changes=(
                *PLAN.changes,
                Change(Action.KEEP, "tool", "production", "1", 2, "cpu/0", "cpu/0"),
            )
        ),
        {"changes"},
    ),
    "a missing forced row": (put(forced=()), {"forced"}),
    "a forced row's count": (edit_row("forced", 0, replicas=5), {"forced"}),
    "a forced row without reason": (edit_row("forced", 0, reason=""), {"forced"}),
    "a forced row too many": (
        put(forced=(*PLAN.forced, Forced("chat", "production", "east/0", 1, "because"))),
        {"forced"},
    ),
    "a missing observed row": (put(observed=PLAN.observed[1:]), {"observed"}),
    "an observed row too many": (
        put(observed=(*PLAN.observed, Observed("green", "chat", "production", "west/1", 1))),
        {"observed"},
    ),
    "a tier too few": (put(tiers=PLAN.tiers[1:]), {"tiers"}),
    "tiers in another order": (put(tiers=PLAN.tiers[::-1]), {"tiers"}),
    "a tier's name": (edit_row("tiers", 2, name="evicted"), {"tiers"}),
    "a tier's value": (edit_row("tiers", 0, value=1_000, bound=1_000), {"tiers"}),
    "a tier's unit": (edit_row("tiers", LAST, unit="EUR/h"), {"tiers"}),
    "a tier's scale": (edit_row("tiers", LAST, scale=10**5), {"tiers"}),
    "no scale at all": (edit_row("tiers", LAST, scale=0), {"tiers"}),
    "a bound above the value": (
        edit_row("tiers", LAST, bound=PLAN.tiers[-1].value + 1),
        {"tiers", "status"},
    ),
    "optimal with a gap": (edit_row("tiers", LAST, bound=0), {"status"}),
    "optimal without a bound": (edit_row("tiers", LAST, bound=None), {"status"}),
    "global with an unproved first tier": (
        edit_row("tiers", 1, bound=0),
        {"status", "certificate"},
    ),
    "optimal without a certificate": (put(certificate=Certificate.NONE), {"certificate"}),
    "rows without an answer": (
        put(status=Status.UNKNOWN, certificate=Certificate.NONE),
        {"status"},
    ),
    "a certificate without an answer": (
        put(status=Status.INFEASIBLE, assignments=(), changes=()),
        {"certificate"},
    ),
}


@pytest.mark.parametrize("name", sorted(EDITS))
def test_what_was_edited_is_found_and_nothing_else(name: str) -> None:
    edit, expected = EDITS[name]
    assert rules(edit(PLAN)) == expected


def test_an_honest_gap_is_no_violation() -> None:
    honest = edit_row("tiers", LAST, bound=0)(replace(PLAN, status=Status.FEASIBLE))
    assert rules(honest) == set()
    wider = edit_row("tiers", 1, bound=None)(replace(honest, certificate=Certificate.GAP))
    assert rules(wider) == set()


def test_a_refusal_claims_nothing() -> None:
    refusal = replace(
        PLAN, status=Status.INFEASIBLE, certificate=Certificate.NONE, assignments=(), changes=()
    )
    assert rules(refusal) == set()


def test_the_order_of_rows_does_not_matter() -> None:
    fields = ("assignments", "unplaced", "changes", "observed", "forced")
    turned = replace(PLAN, **{field: getattr(PLAN, field)[::-1] for field in fields})
    assert rules(turned) == set()


def test_names_that_mean_nothing_are_found_and_the_rest_is_judged() -> None:
    for values in ({"model": "nobody"}, {"node": "nowhere/0"}, {"node": "east/3"}):
        found = rules(edit_row("assignments", 0, **values)(PLAN))
        assert {"assignments", "tiers", "unplaced", "changes"} <= found


@pytest.mark.parametrize("node", ["east/03", "east/-1", "east/١", "east", "east/", "east/1e0"])
def test_a_node_has_exactly_one_name(node: str) -> None:
    assert "assignments" in rules(edit_row("assignments", 0, node=node)(PLAN))


def test_a_row_given_twice_is_found() -> None:
    assert "assignments" in rules(
        replace(PLAN, assignments=(*PLAN.assignments, PLAN.assignments[0]))
    )


def test_a_hand_edited_file_with_a_wrong_digest_hides_nothing() -> None:
    text = (
        PLAN.to_json()
        .replace('"replicas":4', '"replicas":3')
        .replace('"flavor":"T4"', '"flavor":"L4"')
    )
    assert rules(Plan.from_json(text)) >= {"digest", "assignments"}


@pytest.mark.parametrize(
    ("kind", "options", "right", "wrong"),
    [
        ("location", {"locations": [{"type": "country", "name": "US"}]}, "east/0", "west/0"),
        ("flavor", {"flavors": [{"type": "gpu", "name": "A100"}]}, "asia/0", "east/0"),
        ("provider", {"providers": ["gcp"]}, "asia/0", "east/0"),
    ],
)
@pytest.mark.parametrize("level", ["environment", "deployment"])
def test_a_policy_is_judged_at_both_levels(
    kind: str, options: dict[str, Any], right: str, wrong: str, level: str
) -> None:
    rule = policy("rule", kind, **options)
    at_deployment = level == "deployment"
    space = workspace(
        deployment("chat", policies=("rule",) if at_deployment else ()),
        policies=[rule],
        production=() if at_deployment else ("rule",),
    )
    assert judge(CATALOG, space, At("chat", right)).ok
    (violation,) = judge(CATALOG, space, At("chat", wrong)).violations
    assert violation.rule == kind
    assert f"which `rule` of its {level} do not allow" in violation.message


def test_billing_is_taken_from_the_plan_or_the_caller() -> None:
    by_node = plan_of(CATALOG, SPACE, At("chat", "east/0", 2), billing=Billing.NODE)
    assert "costPerHour" not in rules(by_node)
    assert "costPerHour" in rules(by_node, billing=Billing.SHARE)
    assert "costPerHour" in rules(replace(by_node, stats={}))


def test_the_objective_is_taken_from_the_plan_or_the_caller() -> None:
    space = workspace(deployment("chat", requestOrigins=[{"country": "IE"}]))
    for text in ("carbon", "latency", "mix:cost=1,latency=0.3"):
        plan = plan_of(CATALOG, space, At("chat", "east/0"), objective=text)
        assert verify(CATALOG, space, plan).ok
        assert verify(CATALOG, space, replace(plan, stats={})).ok
        assert not verify(CATALOG, space, plan, objective="cost").ok
    with pytest.raises(ValueError, match="unknown objective"):
        verify(CATALOG, SPACE, PLAN, objective="speed")


@pytest.mark.parametrize(
    ("options", "last", "meant"),
    [
        ({"objective": "carbon"}, "cost", "carbon"),  # what the options say goes first
        ({"objective": "speed"}, "carbon", "carbon"),
        ({"objective": "speed"}, "speed", "cost"),
        ({}, "carbon", "carbon"),
        ("carbon", "speed", "cost"),  # options that are no options
        (None, "speed", "cost"),
    ],
)
def test_an_objective_that_means_nothing_is_passed_over(
    options: object, last: str, meant: str
) -> None:
    stats = {} if options is None else {"options": options}
    tiers = (*PLAN.tiers[:-1], replace(PLAN.tiers[-1], name=last))
    report = verify(CATALOG, SPACE, replace(PLAN, tiers=tiers, stats=stats))
    assert report.tiers[-1].name == meant


def test_a_plan_without_tiers_is_judged_by_cost_as_it_bills() -> None:
    options = {"options": {"billing": "node"}}
    report = verify(CATALOG, SPACE, replace(PLAN, tiers=(), stats=options))
    by_node = parse_objective("cost", billing=Billing.NODE)
    assert report.tiers == tiers_of(resolve_rows(SPACE, CATALOG, PLAN.assignments).view, by_node)
    assert [str(one) for one in report.violations if one.rule == "tiers"] == [
        "tiers: plan: tiers are , they should be unplaced:3, unplaced:0, moves, cost"
    ]


def test_tiers_follow_the_lexicographic_order() -> None:
    low, high = deployment("low", replicas=2), deployment("high", priority=1, replicas=2)
    before = workspace(low, high)
    runs = before.with_running(plan_of(CATALOG, before, At("low", "east/0"), At("high", "east/0")))
    assert [(tier.name, tier.value) for tier in judge(CATALOG, runs).tiers] == [
        ("displaced:1", 1_000),
        ("displaced:0", 1_000),
        ("unplaced:1", 2_000),
        ("unplaced:0", 2_000),
        ("moves", 0),
        ("cost", 0),
    ]


def test_a_value_may_be_stated_in_other_steps() -> None:
    tier = PLAN.tiers[-1]
    finer = Tier(tier.name, tier.value * 10, tier.value * 10, tier.unit, tier.scale * 10)
    assert rules(replace(PLAN, tiers=(*PLAN.tiers[:-1], finer))) == set()


def test_a_report_is_a_value_in_a_fixed_order() -> None:
    plan = replace(PLAN, forced=(), observed=(), changes=())
    one, other = verify(CATALOG, SPACE, plan), verify(fleet(), SPACE, plan)
    assert one == other
    assert list(one.violations) == sorted(one.violations)
    assert not one.ok
