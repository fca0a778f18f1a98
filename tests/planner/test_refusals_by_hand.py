"""Who is refused, why, and what the caller may allow, on fleets of two GPUs."""

from __future__ import annotations

from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.planner import Planner
from placement.preview import Preview
from placement.verifier import verify
from placement.workspace.making import make_workspace
from placement.workspace.transitions import (
    Transition,
    TransitionKind,
    attach,
    between,
    deploy,
    release,
)
from placement.workspace.workspace import Environment, ModelDeployment, Workspace
from tests.verifier.fleet import (
    EAST,
    WEST,
    At,
    deployment,
    fleet,
    gpu_group,
    policy,
    running,
    workspace,
)

US = gpu_group("us", EAST, "a", "T4", 1, gpu_count=1)
EU = gpu_group("eu", WEST, "a", "T4", 1, gpu_count=1)
TWO = fleet(US, EU)
IN_EUROPE = policy("eu", "location", locations=[{"type": "continent", "name": "EU"}])
IN_ASIA = policy("asia", "location", locations=[{"type": "continent", "name": "AS"}])
RULES = (IN_EUROPE, IN_ASIA)
LOW, HIGH = deployment("low"), deployment("high")


def answered(
    transition: object, *, catalog: Catalog = TWO, **options: Any
) -> tuple[Preview, dict[str, str]]:
    """Return a preview, verified, and the node of each model that is placed once."""
    assert isinstance(transition, Transition)
    preview = Planner(catalog).transact(transition, **options)
    judged = verify(catalog, transition.after, preview.plan, before=transition.before)
    assert judged.violations == ()
    return preview, {row.model: row.node for row in preview.plan.assignments}


def reason(preview: Preview) -> str | None:
    return None if preview.refusal is None else str(preview.refusal.reason)


def runs(*ats: At, of: tuple[ModelDeployment, ...] = (LOW, HIGH)) -> Workspace:
    return running(TWO, workspace(*of, policies=RULES), *ats)


def under(rule: str, *deployments: ModelDeployment, before: Workspace) -> Transition:
    """Return an edit that attaches a policy to production and puts some deployments."""
    production = [Environment(name="production", policies=(rule,))]
    after = make_workspace(RULES, production, deployments, before.running)
    return between(before, after, kind=TransitionKind.APPLY)


# --- policies that strand ---------------------------------------------------------------------

ALONE = runs(At("low", "us/0"), of=(LOW,))
FULL = runs(At("low", "us/0"), At("high", "eu/0"))
TIED = runs(At("low", "us/0"), At("high", "eu/0"), of=(LOW, deployment("high", policies=("eu",))))


@pytest.mark.parametrize("model", [None, "low"], ids=["on the environment", "on the deployment"])
def test_a_policy_that_no_node_group_keeps_strands_what_runs(model: str | None) -> None:
    edit = attach(ALONE, "asia", environment="production", model=model)
    preview, _ = answered(edit)
    assert reason(preview) == "strands"
    assert [one.kind for one in preview.refusal.conflicts] == ["policy"]
    preview, nodes = answered(edit, evict=True)
    assert nodes == {}
    assert [(row.model, row.replicas) for row in preview.plan.unplaced] == [("low", 1)]


def test_a_policy_on_a_deployment_strands_it_where_there_is_no_room() -> None:
    edit = attach(TIED, "eu", environment="production", model="low")
    preview, _ = answered(edit)
    assert reason(preview) == "strands"
    assert preview.refusal.message.startswith("1 of 1 running replicas of `low@production`")
    assert answered(edit, evict=True)[1] == {"high": "eu/0"}


def test_two_that_would_have_to_change_places_have_no_order() -> None:
    edit = attach(FULL, "eu", environment="production", model="low")
    preview, _ = answered(edit)
    assert reason(preview) == "no-order"
    assert [one.proved for one in preview.refusal.conflicts] == [True]
    assert answered(edit, evict=True)[1] == {"high": "eu/0"}


def test_what_cannot_stay_goes_where_it_may() -> None:
    preview, nodes = answered(attach(ALONE, "eu", environment="production"))
    assert nodes == {"low": "eu/0"}
    assert [tier.value for tier in preview.plan.tiers if tier.name == "moves"] == [0]


@pytest.mark.parametrize("priority", [0, 5])
@pytest.mark.parametrize("evict", [False, True])
def test_what_runs_comes_before_what_is_new(priority: int, evict: bool) -> None:
    """One place is left under the new policy, and two want it."""
    new = deployment("new", priority=priority)
    preview, nodes = answered(under("eu", LOW, new, before=ALONE), evict=evict)
    assert reason(preview) is None
    assert nodes == {"low": "eu/0"}


def test_the_first_of_its_name_is_refused_only_where_no_node_group_is_allowed() -> None:
    assert answered(deploy(FULL, deployment("new")))[1] == {"low": "us/0", "high": "eu/0"}
    preview, _ = answered(deploy(FULL, deployment("new", policies=("asia",))))
    assert reason(preview) == "policy"


# --- what the caller may allow ----------------------------------------------------------------

OLD = deployment("low", replicas=1)
GROWN = deployment("low", replicas=3, minReplicas=2)


def test_more_replicas_than_fit_are_refused_or_taken_in_part() -> None:
    before = runs(At("low", "us/0"), of=(OLD,))
    preview, _ = answered(deploy(before, GROWN))
    assert reason(preview) == "capacity"
    assert preview.refusal.message == "1 of 3 replicas of 1 GPUs of `low@production` do not fit"
    preview, _ = answered(deploy(before, GROWN), allow_partial=True)
    assert sorted(row.node for row in preview.plan.assignments) == ["eu/0", "us/0"]
    assert [(row.model, row.replicas) for row in preview.plan.unplaced] == [("low", 1)]


@pytest.mark.parametrize(("least", "fits"), [(0, True), (1, True), (2, False)])
def test_a_part_is_at_least_min_replicas_and_one(least: int, fits: bool) -> None:
    before = runs(At("low", "us/0"), At("high", "eu/0"), of=(LOW, HIGH))
    grown = deployment("low", replicas=2, minReplicas=least)
    preview, _ = answered(deploy(before, grown), allow_partial=True)
    assert (reason(preview) is None) == fits


def test_a_release_for_which_there_is_no_room_at_all_is_no_part_of_one() -> None:
    source = deployment("new", environment="development", replicas=1)
    before = running(TWO, workspace(LOW, HIGH, source), At("low", "us/0"), At("high", "eu/0"))
    wished = release(before, "new", source="development", target="production")
    assert reason(answered(wished, allow_partial=True)[0]) == "capacity"


def test_what_was_unplaced_stays_out_until_it_is_asked_for_again() -> None:
    before = runs(At("low", "us/0"))
    again = between(before, before, kind=TransitionKind.APPLY)
    assert answered(again)[1] == {"low": "us/0"}
    assert answered(again, retry_unplaced=True)[1] == {"low": "us/0", "high": "eu/0"}


def test_one_who_may_be_nowhere_does_not_keep_others_from_being_tried_again() -> None:
    nowhere = deployment("nowhere", policies=("asia",))
    before = runs(At("low", "us/0"), of=(LOW, HIGH, nowhere))
    again = between(before, before, kind=TransitionKind.APPLY)
    preview, nodes = answered(again, retry_unplaced=True)
    assert nodes == {"low": "us/0", "high": "eu/0"}
    assert [row.model for row in preview.plan.unplaced] == ["nowhere"]


def test_trying_again_does_not_take_the_place_of_what_is_asked_now() -> None:
    before = runs(At("low", "us/0"), of=(LOW, deployment("high", priority=9)))
    grown = deployment("low", replicas=2)
    assert sorted(answered(deploy(before, grown), retry_unplaced=True)[1]) == ["low"]


def test_what_runs_of_another_version_is_replaced_and_not_lost() -> None:
    """The record was edited without a change: rows of version 1 run, version 2 is asked."""
    before = ALONE.revised(deployments=(deployment("low", version="2"),))
    preview, nodes = answered(between(before, before, kind=TransitionKind.APPLY))
    assert nodes == {"low": "eu/0"}
    assert [row.version for row in preview.plan.assignments] == ["2"]
    assert [step.action for step in preview.changes] == ["place", "remove"]
