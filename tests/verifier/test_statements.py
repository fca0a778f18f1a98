"""Every violation says in full which rule is broken, by what, and how it should be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.plan.plan import Plan
from placement.plan.rows import Certificate, Forced, Status, Unplaced
from placement.verifier import verify
from tests.verifier.fleet import At, deployment, judge, policy, workspace
from tests.verifier.story import CATALOG, PLAN, SPACE
from tests.verifier.test_verifier import EDITS

SAID: dict[str, list[str]] = {
    "a bound above the value": [
        "status: plan: called optimal, but value and bound differ in cost",
        "tiers: cost: lower bound 3.482501 is above the value 3.4825",
    ],
    "a certificate without an answer": [
        "certificate: plan: `global` in a plan that is infeasible, `none` expected"
    ],
    "a change out of thin air": [
        "changes: tool@production: wrong row keep, 1, 2, cpu/0, cpu/0",
    ],
    "a change twice": ["changes: chat@production: wrong row place, 1, 1, -, west/1"],
    "a change's action": [
        "changes: chat@production: missing row place, 1, 1, -, west/1",
        "changes: chat@production: wrong row remove, 1, 1, -, west/1",
    ],
    "a change's count": [
        "changes: chat@production: missing row place, 1, 1, -, west/1",
        "changes: chat@production: wrong row place, 1, 7, -, west/1",
    ],
    "a count of unplaced replicas": [
        "unplaced: half@production: 2 replicas stated as unplaced, 1 are"
    ],
    "a forced row too many": ["forced: chat@production: wrong row east/0, 1"],
    "a forced row without reason": ["forced: chat@production: no reason is given"],
    "a forced row's count": [
        "forced: chat@production: missing row lost/0, 1",
        "forced: chat@production: wrong row lost/0, 5",
    ],
    "a made-up reason to stop": ["stoppedBy: plan: unknown reason `boredom`"],
    "a missing change": ["changes: chat@production: missing row place, 1, 1, -, west/1"],
    "a missing forced row": ["forced: chat@production: missing row lost/0, 1"],
    "a missing observed row": ["observed: chat@production: missing row green, east/0, 2"],
    "a missing unplaced row": [
        "unplaced: half@production: 1 replicas have no place and no row says so"
    ],
    "a row's cost": [
        "costPerHour: chat@production: row on node `east/0` is stated as 0.000001 USD/h, "
        "it is 1 billed by share"
    ],
    "a tier too few": [
        "tiers: plan: tiers are unplaced:0, moves, cost, "
        "they should be unplaced:3, unplaced:0, moves, cost"
    ],
    "a tier's name": [
        "tiers: plan: tiers are unplaced:3, unplaced:0, evicted, cost, "
        "they should be unplaced:3, unplaced:0, moves, cost"
    ],
    "a tier's scale": ["tiers: cost: value is stated as 34.825, it is 3.4825"],
    "a tier's unit": ["tiers: cost: unit is stated as EUR/h, it is USD/h"],
    "a tier's value": ["tiers: unplaced:3: value is stated as 1, it is 0"],
    "a wall limit that reproduces": [
        "reproducible: plan: a plan stopped by time-limit cannot be called reproducible"
    ],
    "an empty reason": ["unplaced: half@production: no reason is given"],
    "an observed row too many": ["observed: chat@production: wrong row green, west/1, 1"],
    "an unplaced row of nobody": [
        "unplaced: nobody@production: 1 replicas stated as unplaced, 0 are",
        "unplaced: nobody@production: a row for a deployment that lacks no replica",
    ],
    "an unplaced row too many": [
        "unplaced: chat@production: a row for a deployment that lacks no replica"
    ],
    "an unplaced row twice": ["unplaced: half@production: more than one row"],
    "global with an unproved first tier": [
        "certificate: plan: called global, but unplaced:0 are not proved",
        "status: plan: called optimal, but value and bound differ in unplaced:0",
    ],
    "no scale at all": ["tiers: cost: scale 0 is not positive"],
    "optimal with a gap": ["status: plan: called optimal, but value and bound differ in cost"],
    "optimal without a certificate": [
        "certificate: plan: `none` for an optimal plan, `global` expected"
    ],
    "rows without an answer": [
        "status: plan: 6 assignments in a plan that is unknown, none expected",
        "status: plan: 9 changes in a plan that is unknown, none expected",
    ],
}


def said(plan: Plan) -> list[str]:
    return [str(violation) for violation in verify(CATALOG, SPACE, plan).violations]


@pytest.mark.parametrize("name", sorted(SAID))
def test_an_edit_is_reported_word_for_word(name: str) -> None:
    edit, _ = EDITS[name]
    assert said(edit(PLAN)) == SAID[name]


def test_a_digest_is_shown_short() -> None:
    found = said(replace(PLAN, stated_digest="sha256:" + "0" * 64))
    assert found == [
        f"digest: plan: the document states sha256:0000000000000000, it has {PLAN.digest[:23]}"
    ]


@pytest.mark.parametrize("name", ["catalog", "workspace", "running"])
def test_the_basis_says_what_the_plan_was_made_for(name: str) -> None:
    basis = replace(PLAN.basis, **{name: "sha256:" + "f" * 64})
    true = getattr(PLAN.basis, name)
    assert said(replace(PLAN, basis=basis)) == [
        f"basis: {name}: the plan was made for sha256:ffffffffffffffff, this is {true[:23]}"
    ]


@pytest.mark.parametrize("reason", ["time-limit", "signal", "cancel"])
def test_what_a_clock_or_a_person_ended_is_not_reproducible(reason: str) -> None:
    assert said(replace(PLAN, stopped_by=reason)) == [
        f"reproducible: plan: a plan stopped by {reason} cannot be called reproducible"
    ]
    assert said(replace(PLAN, stopped_by=reason, reproducible=False)) == []


@pytest.mark.parametrize("reason", ["budget", "gap"])
def test_what_counted_work_ended_is_reproducible(reason: str) -> None:
    assert said(replace(PLAN, stopped_by=reason)) == []


def test_one_wrong_row_hides_no_other() -> None:
    """Each of these stands behind one that is already wrong."""
    rows = (
        Unplaced("nobody", "production", 1, ()),
        *(replace(row, reasons=("", " ", "because")) for row in PLAN.unplaced[1:]),
    )
    forced = (Forced("chat", "production", "lost/0", 1, "\t"), *PLAN.forced)
    assert said(replace(PLAN, unplaced=rows, forced=forced)) == [
        "forced: chat@production: no reason is given",
        "forced: chat@production: wrong row lost/0, 1",
        "unplaced: half@production: 1 replicas have no place and no row says so",
        "unplaced: nobody@production: 1 replicas stated as unplaced, 0 are",
        "unplaced: nobody@production: a row for a deployment that lacks no replica",
        "unplaced: nobody@production: no reason is given",
    ]


def test_a_tier_without_scale_hides_no_wrong_tier_after_it() -> None:
    first, *rest = PLAN.tiers
    last = replace(rest[-1], value=rest[-1].value + 10**6, bound=rest[-1].value + 10**6)
    tiers = (replace(first, scale=0), *rest[:-1], last)
    assert said(replace(PLAN, tiers=tiers)) == [
        "tiers: cost: value is stated as 4.4825, it is 3.4825",
        "tiers: unplaced:3: scale 0 is not positive",
    ]


def test_every_open_tier_is_named() -> None:
    tiers = tuple(replace(tier, bound=None) for tier in PLAN.tiers)
    assert said(replace(PLAN, tiers=tiers)) == [
        "certificate: plan: called global, but unplaced:3, unplaced:0, moves are not proved",
        "status: plan: called optimal, but value and bound differ in "
        "unplaced:3, unplaced:0, moves, cost",
    ]


@pytest.mark.parametrize("name", ["displaced", "displaced:1", "unplaced", "evicted", "moves"])
def test_the_tiers_before_the_last_are_what_global_is_about(name: str) -> None:
    tiers = (replace(PLAN.tiers[0], name=name, bound=None), *PLAN.tiers[1:])
    feasible = replace(PLAN, status=Status.FEASIBLE, tiers=tiers)
    assert f"certificate: plan: called global, but {name} are not proved" in said(feasible)


def test_policies_that_refuse_together_are_named_together() -> None:
    rules = [
        policy("asia", "location", locations=[{"type": "continent", "name": "AS"}]),
        policy("us", "location", locations=[{"type": "country", "name": "US"}]),
    ]
    space = workspace(deployment("chat", replicas=2), policies=rules, production=("us", "asia"))
    report = judge(CATALOG, space, At("chat", "west/0"), At("chat", "west/1"))
    assert [str(violation) for violation in report.violations] == [
        "location: chat@production: 2 replicas on node group `west`, "
        "which `asia`, `us` of its environment do not allow"
    ]


def test_every_policy_type_and_level_that_refuses_is_named() -> None:
    rules = [
        policy("us", "location", locations=[{"type": "country", "name": "US"}]),
        policy("gcp", "provider", providers=["gcp"]),
    ]
    space = workspace(
        deployment("chat", policies=("gcp", "us")), policies=rules, production=("us",)
    )
    report = judge(CATALOG, space, At("chat", "west/0"))
    assert [str(violation) for violation in report.violations] == [
        "location: chat@production: 1 replicas on node group `west`, "
        "which `us` of its deployment do not allow",
        "location: chat@production: 1 replicas on node group `west`, "
        "which `us` of its environment do not allow",
        "provider: chat@production: 1 replicas on node group `west`, "
        "which `gcp` of its deployment do not allow",
    ]


def test_a_plan_without_an_answer_is_still_of_these_documents() -> None:
    refusal = replace(
        PLAN, status=Status.INFEASIBLE, certificate=Certificate.NONE, assignments=(), changes=()
    )
    basis = replace(PLAN.basis, running="sha256:0")
    rows = PLAN.assignments[:1]
    assert said(replace(refusal, basis=basis, stopped_by="boredom")) == [
        f"basis: running: the plan was made for sha256:0, this is {PLAN.basis.running[:23]}",
        "stoppedBy: plan: unknown reason `boredom`",
    ]
    assert said(replace(refusal, assignments=(replace(rows[0], flavor="L4"),))) == [
        "assignments: chat@production: flavor on node `east/0` is stated as `L4`, it is `T4`",
        "spread: chat@production: replicas in 1 domains of kind region, at least 2 wanted",
        "status: plan: 1 assignments in a plan that is infeasible, none expected",
    ]


def test_whole_units_are_a_scale() -> None:
    first, *rest = PLAN.tiers
    assert said(replace(PLAN, tiers=(replace(first, scale=1), *rest))) == []
    higher = replace(first, scale=1, value=2, bound=2)
    assert said(replace(PLAN, tiers=(higher, *rest))) == [
        "tiers: unplaced:3: value is stated as 2, it is 0"
    ]
