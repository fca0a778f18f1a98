"""Among thousands of rows, most of them alike, one wrong row is found, by the rule that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

from placement.plan.plan import Plan
from placement.verifier import verify
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import EAST, GROUPS, WEST, At, fleet, gpu_group, plan_of, policy

CATALOG = fleet(
    gpu_group("one", EAST, "a", "T4", 100),
    gpu_group("two", EAST, "b", "T4", 260),
    gpu_group("pairs", EAST, "c", "T4", 200),
    gpu_group("far", WEST, "a", "T4", 60),
    *GROUPS[2:],
    two_259="cordoned",
    two_258="draining",
)
SHARES, WHOLE, PAIRS, SIDES = 1500, 1000, 200, 20
"""How many deployments of each kind."""


def rows_of(kind: str, count: int = 1, **fields: Any) -> list[dict[str, Any]]:
    return [{"name": f"{kind}-{i:04}", "version": "1", **fields} for i in range(count)]


SIDE_B = {"selector": {"matchLabels": {"side": "b"}}, "over": "node"}
NEAR_A = {"selector": {"matchLabels": {"side": "a"}}, "over": "region"}
DEPLOYMENTS = [
    *rows_of("share", SHARES, gpus=0.25, memoryGiB=2, policies=["us-only"]),
    *rows_of("whole", WHOLE, flavors=[{"type": "gpu", "name": "T4"}]),
    *rows_of(
        "pair",
        PAIRS,
        replicas=2,
        minReplicas=2,
        gpus=2,
        spread=[{"over": "node", "maxPerDomain": 1}],
    ),
    *rows_of("apart", SIDES, labels={"side": "a"}, separateFrom=[SIDE_B]),
    *rows_of("rival", SIDES, labels={"side": "b"}),
    *rows_of("near", SIDES, togetherWith=[NEAR_A]),
    *rows_of("off", SIDES, enabled=False),
    *rows_of("large", gpuMemoryGiB=24),
    *rows_of("free"),
]
PLACES = {
    **{f"share-{i:04}": ("one", i // 16, i % 16 // 4) for i in range(SHARES)},
    **{f"whole-{i:04}": ("two", i // 4, None) for i in range(WHOLE)},
    **{f"pair-{i:04}": ("pairs", i, None) for i in range(PAIRS)},
    **{f"pair-{i:04} too": ("pairs", (i + 1) % PAIRS, None) for i in range(PAIRS)},
    **{f"apart-{i:04}": ("far", i, None) for i in range(SIDES)},
    **{f"rival-{i:04}": ("far", SIDES + i, None) for i in range(SIDES)},
    **{f"near-{i:04}": ("far", i, None) for i in range(SIDES)},
    "large-0000": ("asia", 0, None),
}
"""Node group, index and GPU of each row; nothing has a place for ``free`` and ``off``."""
ROOMY = "two/257"


@cache
def space() -> Workspace:
    us = policy("us-only", "location", locations=[{"type": "country", "name": "US"}])
    return Workspace.from_frames(pd.DataFrame(DEPLOYMENTS), policies=[us])


def plan_with(*others: At, without: str = "") -> Plan:
    """Return the plan in which some rows are elsewhere, every number right for its rows."""
    gone = {at.model for at in others} | {without}
    rows = [
        At(row.removesuffix(" too"), f"{group}/{index}", 1, gpu)
        for row, (group, index, gpu) in PLACES.items()
        if row not in gone and row.removesuffix(" too") not in gone - {without}
    ]
    return plan_of(CATALOG, space(), *rows, *others)


@cache
def sound() -> Plan:
    return plan_with()


def rules(plan: Plan) -> set[str]:
    return {violation.rule for violation in verify(CATALOG, space(), plan).violations}


def test_the_plan_is_sound_and_has_thousands_of_rows() -> None:
    assert rules(sound()) == set()
    assert len(sound().assignments) == SHARES + WHOLE + 2 * PAIRS + 3 * SIDES + 1
    assert len({one.shape for one in space().deployments}) == 9


MISPLACED = {
    "a fifth GPU of four": ("capacity", At("whole-0400", "two/1")),
    "a fifth quarter of a GPU": ("capacity", At("share-0000", "one/0", 1, 1)),
    "a continent that its policy does not allow": ("location", At("share-0700", "far/59", 1, 0)),
    "hardware that it does not list": ("flavors", At("whole-0999", "asia/0")),
    "a sixth of a GPU for a whole one": ("hardware", At("free-0000", "part/0")),
    "a GPU with too little memory": ("gpu_memory", At("large-0000", ROOMY)),
    "no GPU for its share": ("gpu_share", At("share-1499", ROOMY)),
    "a GPU for whole ones": ("gpu_share", At("whole-0400", ROOMY, 1, 0)),
    "one too many": ("demand", At("free-0000", ROOMY, 2)),
    "a row of nothing": ("demand", At("free-0000", ROOMY, 0)),
    "both on one node": ("spread", At("pair-0100", ROOMY, 2)),
    "the node of its rival": ("separation", At("apart-0007", "far/27")),
    "far from its friends": ("colocation", At("near-0007", ROOMY)),
    "a disabled deployment": ("enabled", At("off-0003", ROOMY)),
    "a cordoned node": ("state", At("free-0000", "two/259")),
    "a draining node": ("state", At("free-0000", "two/258")),
}


@pytest.mark.parametrize(("rule", "at"), MISPLACED.values(), ids=MISPLACED)
def test_one_row_in_the_wrong_place_is_found(rule: str, at: At) -> None:
    report = verify(CATALOG, space(), plan_with(at))
    assert {violation.rule for violation in report.violations} == {rule}
    assert {violation.subject for violation in report.violations} <= {
        f"{at.model}@production",
        f"node {at.node}",
    }


def test_fewer_than_the_minimum_are_found() -> None:
    assert rules(plan_with(without="pair-0100 too")) == {"demand"}


def row(plan: Plan, name: str, **fields: Any) -> Plan:
    """Return a plan with the row of one deployment edited."""
    return replace(
        plan,
        assignments=tuple(
            replace(one, **fields) if one.model == name else one for one in plan.assignments
        ),
    )


EDITS: dict[str, tuple[str, Callable[[Plan], Plan]]] = {
    "version": ("assignments", lambda plan: row(plan, "whole-0500", version="2")),
    "region": ("assignments", lambda plan: row(plan, "share-0500", region="us-east-2")),
    "flavor": ("assignments", lambda plan: row(plan, "share-0500", flavor="A10")),
    "gpus": ("assignments", lambda plan: row(plan, "share-0500", gpus=251)),
    "node": ("assignments", lambda plan: row(plan, "share-0500", node="one/100")),
    "deployment": ("assignments", lambda plan: row(plan, "share-0500", model="share")),
    "cost": ("costPerHour", lambda plan: row(plan, "share-0500", cost=1)),
    "twice": (
        "assignments",
        lambda plan: replace(plan, assignments=(*plan.assignments, plan.assignments[500])),
    ),
    "no change": ("changes", lambda plan: replace(plan, changes=plan.changes[1:])),
    "another change": (
        "changes",
        lambda plan: replace(
            plan, changes=(*plan.changes[:-1], replace(plan.changes[-1], to_node=ROOMY))
        ),
    ),
    "nobody unplaced": ("unplaced", lambda plan: replace(plan, unplaced=())),
    "value of a tier": (
        "tiers",
        lambda plan: replace(
            plan, tiers=(*plan.tiers[:-1], replace(plan.tiers[-1], value=plan.tiers[-1].value + 1))
        ),
    ),
}


@pytest.mark.parametrize(("rule", "edit"), EDITS.values(), ids=EDITS)
def test_one_wrong_word_or_number_is_found(rule: str, edit: Callable[[Plan], Plan]) -> None:
    assert rule in rules(edit(sound()))


def test_rows_may_come_in_any_order() -> None:
    plan = replace(sound(), assignments=sound().assignments[::-1], changes=sound().changes[::-1])
    assert rules(plan) == set()
