"""What a plan says about the change it belongs to is judged by documents and running rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from placement.plan.plan import Plan
from placement.plan.rows import Certificate, Status, TransitionRecord
from placement.plan.waves import order
from placement.verifier import verify
from placement.workspace.dumping import to_document
from placement.workspace.refusal import Refusal, RefusalReason
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import At, deployment, fleet, plan_of, policy, running, workspace

CATALOG = fleet()
US = policy("us", "location", locations=[{"type": "country", "name": "US"}])
AWS = policy("aws", "provider", providers=["aws"])
GONE = policy("gone", "provider", providers=["gcp"])
BEFORE = running(
    CATALOG,
    workspace(
        deployment("chat", replicas=4),
        deployment("home", resources={"gpus": "0.5"}),
        deployment("old"),
        deployment("tool"),
        policies=[AWS, GONE],
    ),
    At("chat", "east/0", 2),
    At("home", "east/1", 1, 0),
    At("old", "east/1"),
    At("tool", "west/0"),
)
AFTER = replace(
    workspace(
        deployment("chat", version="2", replicas=4),
        deployment("home", resources={"gpus": "0.25"}),
        deployment("new"),
        deployment("tool"),
        policies=[AWS, US],
        production=("aws",),
    ),
    running=BEFORE.running,
    replaced=frozenset({("chat", "production"), ("home", "production")}),
)


def documents(*names: str) -> tuple[dict[str, Any], ...]:
    objects = [*AFTER.policies.values(), *AFTER.environments.values(), *AFTER.deployments]
    return tuple(to_document(one) for one in objects if one.name in names)


def whole_plan() -> Plan:
    plan = plan_of(
        CATALOG,
        AFTER,
        At("chat", "east/2", 2),
        At("chat", "west/1", 1),
        At("home", "east/1", 1, 0),
        At("new", "east/1"),
        At("tool", "west/0"),
    )
    record = TransitionRecord(
        "apply",
        {"path": "x.yaml"},
        put=documents("us", "production", "chat", "home", "new"),
        delete=(
            {"kind": "ModelDeployment", "name": "old", "environment": "production"},
            {"kind": "Policy", "name": "gone"},
        ),
        replaced=(("chat", "production"), ("home", "production")),
        uncallable=(("chat", "production", "1"), ("old", "production", "1")),
        cost_before=sum(row.cost for row in BEFORE.running),
        cost_after=sum(row.cost for row in plan.assignments),
    )
    waves = order(CATALOG, BEFORE, AFTER, plan.assignments).waves
    assert waves
    return replace(plan, waves=waves, transition=record)


PLAN = whole_plan()
RECORD = PLAN.transition
assert RECORD is not None


def rules(plan: Plan, before: Workspace | None = BEFORE, after: Workspace = AFTER) -> set[str]:
    return {found.rule for found in verify(CATALOG, after, plan, before=before).violations}


def record(**fields: Any) -> Plan:
    assert RECORD is not None
    return replace(PLAN, transition=replace(RECORD, **fields))


def test_the_intact_change_passes_and_survives_being_stored() -> None:
    assert rules(PLAN) == set()
    assert rules(Plan.from_json(PLAN.to_json())) == set()


def test_without_the_state_before_there_is_nothing_to_compare_with() -> None:
    assert rules(record(cost_before=0, replaced=()), before=None) == set()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"put": RECORD.put[1:]}, "Policy us: not put, but it is new"),
        ({"put": RECORD.put[:-1]}, "ModelDeployment new@production: not put, but it is new"),
        (
            {"put": [one for one in RECORD.put if one["metadata"]["name"] != "chat"]},
            "ModelDeployment chat@production: another document than afterwards",
        ),
        (
            {"put": [*RECORD.put, to_document(GONE)], "delete": RECORD.delete[:1]},
            "Policy gone: not deleted, but it is gone",
        ),
        ({"delete": RECORD.delete[1:]}, "ModelDeployment old@production: not deleted"),
        (
            {"delete": (*RECORD.delete, {"kind": "Policy", "name": "us"})},
            "Policy us: deleted, but it is not there",
        ),
        (
            {"delete": (*RECORD.delete, RECORD.delete[0])},
            "ModelDeployment old@production: deleted, but it is not there",
        ),
        ({"replaced": RECORD.replaced[:1]}, "replaced: `home@production` is missing"),
        (
            {"replaced": (*RECORD.replaced, ("tool", "production"))},
            "replaced: `tool@production` should not be there",
        ),
        ({"replaced": RECORD.replaced[::-1]}, "replaced: not sorted"),
        ({"uncallable": RECORD.uncallable[1:]}, "uncallable: `chat@production@1` is missing"),
        (
            {"uncallable": (*RECORD.uncallable, ("tool", "production", "1"))},
            "uncallable: `tool@production@1` should not be there",
        ),
        ({"uncallable": RECORD.uncallable * 2}, "uncallable: not sorted"),
        ({"cost_before": RECORD.cost_before + 1}, "costBefore: stated as 2."),
        ({"cost_after": RECORD.cost_after - 1}, "costAfter: stated as"),
    ],
)
def test_a_wrong_record_is_found(fields: dict[str, Any], message: str) -> None:
    found = [str(one) for one in verify(CATALOG, AFTER, record(**fields), before=BEFORE).violations]
    assert [text for text in found if text.startswith("transition:")] == found
    assert any(message in text for text in found), found


def test_an_edited_document_is_found() -> None:
    assert RECORD is not None
    text = PLAN.to_json().replace('"replicas":4,"minReplicas":0', '"replicas":5,"minReplicas":0')
    assert text != PLAN.to_json()
    stored = Plan.from_json(Plan.from_json(text).to_json())
    (found,) = verify(CATALOG, AFTER, stored, before=BEFORE).violations
    assert found.subject == "ModelDeployment chat@production"


def test_a_workspace_that_forgot_what_is_replaced_is_found() -> None:
    forgetful = replace(AFTER, replaced=frozenset({("chat", "production")}))
    assert "transition" in rules(PLAN, after=forgetful)


def test_what_was_replaced_before_and_still_runs_stays_replaced() -> None:
    started = replace(BEFORE, replaced=frozenset({("tool", "production")}))
    again = replace(AFTER, replaced=AFTER.replaced | {("tool", "production")})
    plan = plan_of(CATALOG, again, At("chat", "east/2", 2))
    waves = order(CATALOG, started, again, plan.assignments).waves or ()
    after = {
        "replaced": tuple(sorted(again.replaced)),
        "cost_after": sum(row.cost for row in plan.assignments),
        "uncallable": tuple(
            sorted(
                {(*r.key, r.version) for r in BEFORE.running}
                - {(*r.key, r.version) for r in plan.assignments}
            )
        ),
    }
    assert RECORD is not None
    full = replace(plan, waves=waves, transition=replace(RECORD, **after))
    assert rules(full, started, again) == set()
    assert rules(replace(full, transition=RECORD), started, again) == {"transition"}


def test_rows_without_a_record_are_of_an_earlier_template() -> None:
    nobody = replace(workspace(), running=running(CATALOG, BEFORE, At("tool", "west/0")).running)
    asked = replace(
        workspace(deployment("tool")),
        running=nobody.running,
        replaced=frozenset({("tool", "production")}),
    )
    plan = plan_of(CATALOG, asked, At("tool", "west/0"))
    cost = sum(row.cost for row in plan.assignments)
    made = TransitionRecord(
        "deploy",
        {},
        put=(to_document(asked.deployments[0]),),
        replaced=(("tool", "production"),),
        cost_before=cost,
        cost_after=cost,
    )
    waves = order(CATALOG, nobody, asked, plan.assignments).waves or ()
    assert rules(replace(plan, waves=waves, transition=made), nobody, asked) == set()
    forgetful = replace(asked, replaced=frozenset())
    assert "transition" in rules(replace(plan, waves=waves, transition=made), nobody, forgetful)


def test_a_deployment_that_was_disabled_cannot_be_called_already() -> None:
    off = running(CATALOG, workspace(deployment("chat", enabled=False), policies=[AWS]))
    on = replace(workspace(deployment("chat", version="2"), policies=[AWS]), running=())
    plan = plan_of(CATALOG, on, At("chat", "east/0"))
    cost = sum(row.cost for row in plan.assignments)
    made = TransitionRecord("deploy", {}, put=(to_document(on.deployments[0]),), cost_after=cost)
    assert rules(replace(plan, transition=made), off, on) == set()
    wrong = replace(made, uncallable=(("chat", "production", "1"),))
    assert rules(replace(plan, transition=wrong), off, on) == {"transition"}


def test_waves_are_judged_with_the_change() -> None:
    assert rules(replace(PLAN, waves=())) == {"waves"}
    assert rules(replace(PLAN, waves=PLAN.waves[::-1])) == {"waves"}
    assert rules(replace(PLAN, waves=PLAN.waves[::-1]), before=None) == set()


def test_old_rows_are_counted_with_what_they_demand() -> None:
    # Both versions fit beside each other only as long as the old one asks for as little as it did.
    small = workspace(deployment("chat", resources={"gpus": 1, "cpus": 6}))
    large = workspace(deployment("chat", resources={"gpus": 1, "cpus": 7}))
    for asked, wanted in ((small, set()), (large, {"waves"})):
        old = running(CATALOG, asked, At("chat", "east/0"))
        after = replace(
            workspace(deployment("chat", version="2", resources={"gpus": 1, "cpus": 10})),
            running=old.running,
            replaced=frozenset({("chat", "production")}),
        )
        plan = plan_of(CATALOG, after, At("chat", "east/0"))
        place, remove = (change for change in plan.changes if change.action != "keep")
        made = TransitionRecord(
            "deploy",
            {},
            put=(to_document(after.deployments[0]),),
            replaced=(("chat", "production"),),
            uncallable=(("chat", "production", "1"),),
            cost_before=sum(row.cost for row in old.running),
            cost_after=sum(row.cost for row in plan.assignments),
        )
        whole = replace(plan, waves=((place,), (remove,)), transition=made)
        assert rules(whole, old, after) == wanted


REFUSED = replace(
    PLAN,
    status=Status.INFEASIBLE,
    certificate=Certificate.NONE,
    tiers=(),
    assignments=(),
    unplaced=(),
    changes=(),
    waves=(),
    transition=None,
    refusal=Refusal(RefusalReason.CAPACITY, "8 GPUs are wanted, 6 are free"),
)


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        ({}, set()),
        ({"status": Status.OPTIMAL}, {"status"}),
        ({"status": Status.UNKNOWN}, {"status"}),
        ({"certificate": Certificate.GLOBAL}, {"certificate"}),
        ({"transition": RECORD}, {"status"}),
        *(
            ({field: getattr(PLAN, field)}, {"status"})
            for field in ("tiers", "assignments", "unplaced", "changes", "waves")
        ),
        ({"refusal": Refusal(RefusalReason.CAPACITY, " ")}, {"refusal"}),
        ({"refusal": Refusal(RefusalReason.ORDER_UNKNOWN, "no order is known")}, {"status"}),
    ],
)
def test_a_refused_plan_says_nothing_but_why(edit: dict[str, Any], rule: set[str]) -> None:
    assert rules(replace(REFUSED, **edit)) == rule


def test_a_refusal_that_proves_nothing_is_unknown() -> None:
    refusal = Refusal(RefusalReason.ORDER_UNKNOWN, "no order is known")
    assert rules(replace(REFUSED, status=Status.UNKNOWN, refusal=refusal)) == set()
    assert json.loads(REFUSED.to_json())["refusal"]["reason"] == "capacity"
