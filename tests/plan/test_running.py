from __future__ import annotations

from dataclasses import replace

from placement.plan.running import node_order, running_state
from tests.verifier.fleet import At, deployment, fleet, policy, running, workspace

CATALOG = fleet()
CHAT = deployment("chat", replicas=9)
PLACES = (At("chat", "east/0", 2), At("chat", "cordoned/0"), At("chat", "west/1"))
RUNS = running(CATALOG, workspace(CHAT), *PLACES)
KEY = ("chat", "production")


def test_what_may_stay_is_movable_also_on_a_cordoned_node() -> None:
    state = running_state(RUNS, CATALOG)
    assert state.movable == {KEY: {"cordoned/0": 1, "east/0": 2, "west/1": 1}}
    assert (state.old(KEY), state.old_on(KEY, "east/0"), state.old_on(KEY, "east/1")) == (4, 2, 0)
    assert state.forced == state.removed == ()


def test_replicas_that_cannot_stay_are_forced_with_a_reason() -> None:
    us = policy("us", "location", locations=[{"type": "country", "name": "US"}])
    nodes = (At("chat", "draining/0"), At("chat", "lost/0"), At("chat", "west/1"))
    rows = running(CATALOG, workspace(CHAT), *nodes).running
    gone = replace(rows[0], node="nowhere/0", replicas=3, gpus=3_000)
    space = workspace(CHAT, policies=[us], production=("us",), running=(*rows, gone))
    state = running_state(space, CATALOG)
    assert [(row.node, row.replicas, row.reason) for row in state.forced] == [
        ("draining/0", 1, "the node is draining"),
        ("lost/0", 1, "the node is lost"),
        ("nowhere/0", 3, "the node does not exist any more"),
        ("west/1", 1, "not allowed by the policies of type `location`"),
    ]
    assert state.movable == {}


def test_a_node_is_left_or_kept_by_its_own_state() -> None:
    nodes = (At("chat", "draining/0"), At("chat", "east/0"), At("chat", "east/1"))
    runs = running(CATALOG, workspace(CHAT), *nodes)
    state = running_state(runs, fleet(draining_0="cordoned", east_0="lost", east_1="cordoned"))
    assert state.movable == {KEY: {"draining/0": 1, "east/1": 1}}
    assert [(row.node, row.reason) for row in state.forced] == [("east/0", "the node is lost")]


def test_shares_of_one_node_are_forced_as_one() -> None:
    half = workspace(deployment("half", replicas=2, resources={"gpus": "0.5"}))
    runs = running(CATALOG, half, At("half", "lost/0", 1, 0), At("half", "lost/0", 1, 2))
    (forced,) = running_state(runs, CATALOG).forced
    assert (forced.node, forced.replicas) == ("lost/0", 2)


def test_rows_that_nobody_wants_are_removed() -> None:
    cases = {
        "the deployment does not exist any more": workspace(),
        "the deployment is disabled": workspace(deployment("chat", enabled=False)),
        "the template of the deployment changed": workspace(deployment("chat", version="2")),
    }
    more = workspace(deployment("chat", resources={"gpus": 2}))
    for reason, space in [*cases.items(), ("the template of the deployment changed", more)]:
        state = running_state(space, CATALOG, running=RUNS.running)
        assert {lot.reason for lot in state.removed} == {reason}
        assert len(state.removed) == 3
        assert state.wanted == {}


def test_nodes_are_ordered_by_number() -> None:
    nodes = ["b/0", "a/10", "a/9", "a/x", "", "a/b/1"]
    assert sorted(nodes, key=node_order) == ["", "a/x", "a/9", "a/10", "a/b/1", "b/0"]
