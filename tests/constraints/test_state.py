from __future__ import annotations

from dataclasses import replace

import pytest

from placement.catalog.rows import NodeState
from placement.constraints.state import State
from tests.verifier.fleet import GROUPS, At, deployment, fleet, judge, running, workspace

CATALOG = fleet()
SPACE = workspace(deployment("chat", replicas=3))
RUNS = running(CATALOG, SPACE, At("chat", "cordoned/0", 2))


def test_running_replicas_may_stay_on_a_cordoned_node() -> None:
    assert judge(CATALOG, RUNS, At("chat", "cordoned/0", 2), At("chat", "east/0")).ok


@pytest.mark.parametrize("replicas", [1, 2])
def test_fewer_may_stay(replicas: int) -> None:
    rest = At("chat", "east/0", 3 - replicas)
    assert judge(CATALOG, RUNS, At("chat", "cordoned/0", replicas), rest).ok


@pytest.mark.parametrize(
    ("space", "stay"), [(SPACE, 0), (RUNS, 2)], ids=["nothing runs", "two run"]
)
def test_new_replicas_on_a_cordoned_node_are_found(space, stay: int) -> None:
    (violation,) = judge(CATALOG, space, At("chat", "cordoned/0", 3)).violations
    assert violation.rule == "state"
    assert violation.message == f"3 replicas on cordoned node `cordoned/0`, {stay} may stay there"


def test_a_changed_template_may_not_stay() -> None:
    changed = workspace(deployment("chat", version="2", replicas=3), running=RUNS.running)
    rules = {v.rule for v in judge(CATALOG, changed, At("chat", "cordoned/0", 1)).violations}
    assert rules == {"state"}


@pytest.mark.parametrize("state", ["draining", "lost"])
def test_nobody_may_be_on_a_draining_or_lost_node(state: str) -> None:
    runs = running(CATALOG, SPACE, At("chat", f"{state}/0", 1))
    (violation,) = judge(CATALOG, runs, At("chat", f"{state}/0", 1)).violations
    assert violation.rule == "state"
    assert violation.message == f"1 replicas on node group `{state}`, which is {state}"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("ready", None),
        ("cordoned", None),
        ("draining", "the node is draining"),
        ("lost", "the node is lost"),
    ],
)
def test_only_states_on_which_nobody_may_be_refuse_a_node_group(
    state: str, reason: str | None
) -> None:
    group = replace(GROUPS[0], state=NodeState(state))
    assert State().refuses(deployment("chat"), group, fleet()) == reason


def test_shares_on_two_gpus_of_a_cordoned_node_count_together() -> None:
    space = workspace(deployment("half", replicas=3, resources={"gpus": "0.5"}))
    runs = running(CATALOG, space, At("half", "cordoned/0", 2, 0))
    kept = At("half", "cordoned/0", 1, 0), At("half", "cordoned/0", 1, 1)
    assert judge(CATALOG, runs, *kept).ok
    more = At("half", "cordoned/0", 2, 0), At("half", "cordoned/0", 1, 1)
    (violation,) = judge(CATALOG, runs, *more).violations
    assert violation.message == "3 replicas on cordoned node `cordoned/0`, 2 may stay there"


@pytest.mark.parametrize(
    ("state", "messages"),
    [
        ("ready", []),
        ("cordoned", ["2 replicas on cordoned node `east/0`, 0 may stay there"]),
        ("draining", ["2 replicas on node `east/0`, which is draining"]),
        ("lost", ["2 replicas on node `east/0`, which is lost"]),
    ],
)
def test_a_node_of_a_ready_group_may_be_in_another_state(state: str, messages: list[str]) -> None:
    report = judge(fleet(east_0=state), SPACE, At("chat", "east/0", 2), At("chat", "east/1"))
    assert [violation.message for violation in report.violations] == messages


def test_what_runs_may_stay_on_the_one_cordoned_node_of_a_group() -> None:
    catalog = fleet(east_0="cordoned")
    runs = running(fleet(), SPACE, At("chat", "east/0", 2), At("chat", "east/1"))
    assert judge(catalog, runs, At("chat", "east/0", 2), At("chat", "east/1")).ok
    (violation,) = judge(catalog, runs, At("chat", "east/0", 3)).violations
    assert violation.message == "3 replicas on cordoned node `east/0`, 2 may stay there"


@pytest.mark.parametrize("bad", ["cordoned", "draining", "lost"])
def test_one_node_of_a_group_may_be_ready_alone(bad: str) -> None:
    group = replace(GROUPS[0], state=NodeState(bad))
    catalog = fleet(group, east_1="ready")
    assert judge(catalog, SPACE, At("chat", "east/1", 3)).ok
    (violation,) = judge(catalog, SPACE, At("chat", "east/0"), At("chat", "east/1", 2)).violations
    assert (
        violation.message
        == {
            "cordoned": "1 replicas on cordoned node `east/0`, 0 may stay there",
            "draining": "1 replicas on node group `east`, which is draining",
            "lost": "1 replicas on node group `east`, which is lost",
        }[bad]
    )


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({"west_0": "lost"}, None),
        ({"west_0": "lost", "west_1": "cordoned"}, None),
        ({"west_0": "lost", "west_1": "lost"}, "the node is lost"),
        ({"west_0": "lost", "west_1": "draining"}, "the node is draining or lost"),
    ],
)
def test_a_group_is_refused_when_each_of_its_nodes_is(
    states: dict[str, str], reason: str | None
) -> None:
    catalog = fleet(**states)
    west = catalog.groups_by_name["west"]
    assert State().refuses(deployment("chat"), west, catalog) == reason


def test_a_group_without_nodes_refuses_nobody() -> None:
    empty = replace(GROUPS[1], count=0, state=NodeState.LOST)
    assert State().refuses(deployment("chat"), empty, fleet(empty)) is None
