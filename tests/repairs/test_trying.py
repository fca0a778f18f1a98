"""How repairs are searched for and put in order, with a fleet that fits what a test says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from placement.catalog.catalog import Catalog
from placement.conflicts.finding import case_of
from placement.planner import Planner
from placement.repairs.trouble import Trouble
from placement.repairs.trying import MOST, PER_KIND, TRIALS, find_repairs
from placement.workspace.refusal import Conflict, Repair, RepairKind
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import (
    ASIA,
    EAST,
    WEST,
    deployment,
    fleet,
    gpu_group,
    policy,
    workspace,
)

US = gpu_group("us", EAST, "a", "T4", 1, gpu_count=4, price=3 * 10**9)
TW = gpu_group("tw", ASIA, "a", "T4", 1, gpu_count=4, price=10**9)
EU = gpu_group("eu", WEST, "a", "A10", 4, gpu_count=4, price=2 * 10**9)
FLEET = fleet(US, TW, EU)
T4 = policy("t4", "flavor", flavors=[{"type": "gpu", "name": "T4"}])
SHORT = workspace(deployment("chat", replicas=14), policies=(T4,), production=("t4",))
Fits = Callable[[Workspace, Catalog], bool]


def conflict_of(asked: Workspace, catalog: Catalog = FLEET) -> tuple[Planner, Conflict]:
    planner = Planner(catalog)
    (conflict,) = planner.conflicts(asked)
    return planner, conflict


def told(asked: Workspace, catalog: Catalog = FLEET) -> list[str]:
    planner, conflict = conflict_of(asked, catalog)
    return [repair.message for repair in planner.repairs(asked, conflict)]


def searched(fits: Fits, asked: Workspace = SHORT) -> tuple[Repair, ...]:
    _, conflict = conflict_of(asked)
    return find_repairs(Trouble(case_of(asked, FLEET), conflict, {}), asked, fits)


def test_what_costs_nothing_comes_first_then_the_cheapest_nodes() -> None:
    planner, conflict = conflict_of(SHORT)
    repairs = planner.repairs(SHORT, conflict)
    assert [str(repair) for repair in repairs] == [
        "let policy `t4` also allow gpu `A10`",
        "ask for 8 replicas of `chat@production` instead of 14",
        "add 2 nodes to node group `tw` (1.0000 USD/h each)",
        "add 2 nodes to node group `us` (3.0000 USD/h each)",
    ]
    assert [repair.cost for repair in repairs] == [0, 0, 2_000_000, 6_000_000]
    assert all(repair.verified for repair in repairs)


def test_edits_say_what_to_change() -> None:
    planner, conflict = conflict_of(SHORT)
    edits = [edit for repair in planner.repairs(SHORT, conflict) for edit in repair.edits]
    assert edits[0]["put"]["spec"]["flavors"] == [
        {"type": "gpu", "name": "T4"},
        {"type": "gpu", "name": "A10"},
    ]
    assert edits[1]["put"]["spec"]["replicas"] == 8
    assert edits[2:] == [{"nodeGroup": "tw", "count": 3}, {"nodeGroup": "us", "count": 3}]


def test_what_does_not_make_it_fit_is_not_told() -> None:
    assert searched(lambda asked, catalog: False) == ()


def test_the_smallest_change_is_found_by_halving() -> None:
    def enough(asked: Workspace, catalog: Catalog) -> bool:
        return sum(group.count for group in catalog.node_groups) >= 9

    (first, second) = searched(enough)
    assert str(first) == "add 3 nodes to node group `tw` (1.0000 USD/h each)"
    assert str(second).startswith("add 3 nodes to node group `us`")


def test_no_more_plans_are_made_than_allowed() -> None:
    asked_for: list[Workspace] = []

    def never(asked: Workspace, catalog: Catalog) -> bool:
        asked_for.append(asked)
        return False

    searched(never)
    assert 0 < len(asked_for) <= TRIALS


def test_few_of_a_kind_are_kept() -> None:
    many = [deployment(f"m{i}", replicas=5) for i in range(4)]
    found = searched(
        lambda asked, catalog: True, workspace(*many, policies=(T4,), production=("t4",))
    )
    kinds = [repair.kind for repair in found]
    assert len(found) <= MOST
    assert max(kinds.count(kind) for kind in kinds) == PER_KIND
    assert kinds == sorted(kinds, key=list(RepairKind).index) or RepairKind.CAPACITY in kinds


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            workspace(deployment("chat", flavors=[{"type": "gpu", "name": "A100"}])),
            "let `chat@production` also run on gpu `T4`",
        ),
        (
            workspace(deployment("chat", resources={"gpuMemoryGiB": 40})),
            "ask for 24 instead of 40 GiB of GPU memory for `chat@production`",
        ),
        (
            workspace(deployment("chat", replicas=4, spread=[{"over": "region", "minDomains": 4}])),
            "set `minDomains` over region of `chat@production` to 3 instead of 4",
        ),
        (
            workspace(
                deployment("chat", replicas=7, spread=[{"over": "region", "maxPerDomain": 2}])
            ),
            "set `maxPerDomain` over region of `chat@production` to 3 instead of 2",
        ),
        (
            workspace(
                deployment(
                    "chat",
                    togetherWith=[{"selector": {"matchLabels": {"app": "db"}}, "over": "zone"}],
                )
            ),
            "do without `togetherWith` over zone of `chat@production`",
        ),
        (
            workspace(
                deployment("high", replicas=13, priority=5),
                deployment("low", replicas=14),
            ),
            "do without `low@production` (priority 0)",
        ),
        (
            workspace(
                deployment("chat"),
                policies=(policy("cheap", "price", maxPricePerGpuHour="0.1"),),
                production=("cheap",),
            ),
            "raise `maxPricePerGpuHour` of policy `cheap` from 0.1 to 0.25",
        ),
        (
            workspace(
                deployment("chat"),
                policies=(policy("green", "carbon", maxCarbon=100),),
                production=("green",),
            ),
            "raise `maxCarbon` of policy `green` from 100 to 300",
        ),
        (
            workspace(
                deployment("chat"),
                policies=(policy("azure", "provider", providers=["azure"]),),
                production=("azure",),
            ),
            "let policy `azure` also allow provider `gcp`",
        ),
        (
            workspace(
                deployment("chat", replicas=5),
                policies=(
                    policy("here", "location", locations=[{"type": "location", "name": "us-east-1"}]),
                ),
                production=("here",),
            ),
            "let policy `here` also allow region `gcp/asia-east1`",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_member_has_a_repair(asked: Workspace, message: str) -> None:
    assert message in told(asked)


def test_a_conflict_from_a_document_has_no_values_to_work_on() -> None:
    planner, conflict = conflict_of(SHORT)
    read_back = Conflict(conflict.kind, conflict.members, conflict.message, proved=True)
    assert read_back == conflict
    assert planner.repairs(SHORT, read_back) == ()
