"""What the judge of waves says, and which GPUs it takes shares to be on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.catalog.catalog import make_catalog
from placement.plan.rows import Action, Change
from placement.plan.waves import check, order
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.verifier.fleet import (
    EAST,
    GPUS,
    REGIONS,
    At,
    deployment,
    gpu_group,
    plan_of,
    running,
    workspace,
)

CATALOG = make_catalog(REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 4, gpu_count=2)])


def move(model: str, source: str, target: str, count: int = 1) -> Change:
    return Change(Action.MOVE, model, "production", "1", count, source, target)


def place(model: str, target: str, version: str = "1") -> Change:
    return Change(Action.PLACE, model, "production", version, 1, None, target)


def remove(model: str, source: str, version: str = "1") -> Change:
    return Change(Action.REMOVE, model, "production", version, 1, source, None)


def judged(
    before: Workspace, after: tuple[ModelDeployment, ...], plans: list[At], *waves: list[Change]
) -> list[str]:
    gone = {one.key for one in after if one.version != "1"}
    new = replace(workspace(*after), running=before.running, replaced=frozenset(gone))
    plan = replace(plan_of(CATALOG, new, *plans), waves=tuple(map(tuple, waves)))
    return [str(found) for found in check(CATALOG, before, new, plan)]


TWO = (deployment("a", resources={"gpus": 2}), deployment("b", resources={"gpus": 2}))
CHAIN = running(CATALOG, workspace(*TWO), At("a", "n/0"), At("b", "n/1"))
THERE = [At("a", "n/1"), At("b", "n/2")]
A, B = move("a", "n/0", "n/1"), move("b", "n/1", "n/2")


def test_a_node_over_capacity_is_named_with_its_wave() -> None:
    assert judged(CHAIN, TWO, THERE, [B], [A]) == []
    text = "4 whole GPUs used, 2 of 2 are free of shares and reservations"
    assert judged(CHAIN, TWO, THERE, [A], [B]) == [f"waves: node n/1: wave 1: {text}"]
    assert judged(CHAIN, TWO, THERE, [A, B]) == [f"waves: node n/1: wave 1: {text}"]


@pytest.mark.parametrize(
    ("waves", "message"),
    [
        ([], "a@production: 0 replicas of version `1` come to node `n/1`, 1 should"),
        ([[B]], "a@production: 0 replicas of version `1` leave node `n/0`, 1 should"),
        ([[B], [A], [A]], "a@production: 2 replicas of version `1` take part in `move`, 1 should"),
        ([[B], [], [A]], "plan: wave 2 is empty"),
        ([[B], [replace(A, action=Action.KEEP)]], "a@production: wave 2: bad row keep 1 from n/0"),
        ([[B], [replace(A, to_node=None)]], "wave 2: bad row move 1 from n/0 to -"),
        (
            [[B, replace(B, replicas=0)], [A]],
            "b@production: wave 1: bad row move 0 from n/1 to n/2",
        ),
        (
            [[B], [place("a", "n/1"), remove("a", "n/0")]],
            "a@production: 1 replicas of version `1` take part in `place`, 0 should",
        ),
    ],
)
def test_steps_that_are_not_those_of_the_plan_are_named(
    waves: list[list[Change]], message: str
) -> None:
    found = judged(CHAIN, TWO, THERE, *waves)
    assert any(f"waves: {message}" in text or message in text for text in found), found


def test_any_pairing_of_replicas_will_do() -> None:
    asked = (deployment("a", replicas=4),)
    runs = running(CATALOG, workspace(*asked), At("a", "n/0"), At("a", "n/1"))
    plans = [At("a", "n/2"), At("a", "n/3")]
    crossed = [move("a", "n/0", "n/3"), move("a", "n/1", "n/2")]
    assert judged(runs, asked, plans, crossed) == []
    assert judged(runs, asked, plans, crossed[:1], crossed[1:]) == []


def test_old_replicas_of_surge_go_after_the_last_arrival_of_anybody() -> None:
    asked = (deployment("a"), deployment("b"))
    runs = running(CATALOG, workspace(*asked), At("a", "n/0"), At("b", "n/1"))
    after = (deployment("a", version="2"), deployment("b"))
    plans = [At("a", "n/2"), At("b", "n/3")]
    new, old, other = place("a", "n/2", "2"), remove("a", "n/0"), move("b", "n/1", "n/3")
    assert judged(runs, after, plans, [new, other], [old]) == []
    assert judged(runs, after, plans, [new], [old], [other]) == [
        "waves: a@production: wave 2 removes 1 old replicas from node `n/0`, "
        "the last new ones arrive in wave 3"
    ]
    assert len(judged(runs, after, plans, [new, other, old])) == 1
    unnamed = replace(workspace(*after), running=runs.running)  # the version says it
    early = replace(plan_of(CATALOG, unnamed, *plans), waves=((new, other, old),))
    assert len(list(check(CATALOG, runs, unnamed, early))) == 1
    recreate = (deployment("a", version="2", rollout="recreate"), deployment("b"))
    assert judged(runs, recreate, plans, [old], [new, other]) == []


def test_an_old_template_of_the_same_version_is_held_with_its_own_demand() -> None:
    for old, new, fits in ((5, 12, False), (4, 12, True)):
        asked = deployment("a", resources={"gpus": 1, "cpus": old})
        runs = running(CATALOG, workspace(asked), At("a", "n/0"))
        bigger = deployment("a", resources={"gpus": 1, "cpus": new})
        after = replace(workspace(bigger), running=runs.running, replaced=frozenset({bigger.key}))
        come, go = (place("a", "n/0"),), (remove("a", "n/0"),)
        plan = plan_of(CATALOG, after, At("a", "n/0"))
        apart = list(check(CATALOG, runs, after, replace(plan, waves=(come, go))))
        assert (apart == []) == fits
        early = list(check(CATALOG, runs, after, replace(plan, waves=((*come, *go),))))
        assert any("wave 1 removes 1 old replicas" in str(one) for one in early)


def test_what_is_removed_in_a_wave_makes_room_in_it_and_not_before() -> None:
    full = (deployment("gone", resources={"gpus": 2}), TWO[0])
    runs = running(CATALOG, workspace(*full), At("gone", "n/1"), At("a", "n/0"))
    gone = remove("gone", "n/1")
    assert judged(runs, TWO[:1], [At("a", "n/1")], [gone, A]) == []
    assert judged(runs, TWO[:1], [At("a", "n/1")], [gone], [A]) == []
    assert len(judged(runs, TWO[:1], [At("a", "n/1")], [A], [gone])) == 1


HALF = deployment("half", replicas=4, resources={"gpus": "0.5"})
ONE = deployment("one", replicas=4)


def test_shares_leave_the_gpu_that_lets_the_others_in() -> None:
    # A row does not say which share leaves first. If it is that of GPU 1, a whole GPU is free for
    # `one`; the judge must not insist on GPU 0, where a third share holds on.
    asked = (HALF, ONE)
    shares = [At("half", "n/0", 2, 0), At("half", "n/0", 1, 1), At("one", "n/1")]
    runs = running(CATALOG, workspace(*asked), *shares)
    plans = [At("half", "n/0", 1, 0), At("half", "n/2", 2, 0), At("one", "n/0")]
    leave, come = move("half", "n/0", "n/2"), move("one", "n/1", "n/0")
    assert judged(runs, asked, plans, [leave], [come], [leave]) == []
    assert len(judged(runs, asked, plans, [leave, come], [leave])) == 1


def test_shares_cannot_be_on_two_gpus_to_please_two_waves() -> None:
    # GPU 0 and GPU 1 hold a share each, one of which leaves first. `one` needs that GPU in the
    # second wave, the new share the other one: no choice serves both.
    asked = (HALF, ONE, deployment("new", resources={"gpus": "0.8"}))
    runs = running(CATALOG, workspace(*asked[:2]), At("half", "n/0", 1, 0), At("half", "n/0", 1, 1))
    plans = [At("half", "n/2", 2, 0), At("new", "n/0", 1, 0), At("one", "n/0")]
    leave, first, second = move("half", "n/0", "n/2"), place("new", "n/0"), place("one", "n/0")
    assert judged(runs, asked, plans, [leave], [leave], [first, second]) == []
    assert judged(runs, asked, plans, [leave], [first, leave], [second]) == []
    assert judged(runs, asked, plans, [leave], [first, second], [leave]) == [
        "waves: node n/0: wave 2: 1.3 of GPU 0 used in shares, 1 is there"
    ]


def test_a_node_that_is_not_there_holds_nobody() -> None:
    small = make_catalog(REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 2, gpu_count=2)])
    after = replace(workspace(*TWO), running=CHAIN.running)
    plan = replace(plan_of(CATALOG, after, *THERE), waves=((B,), (A,)))
    found = [str(one) for one in check(small, CHAIN, after, plan)]
    assert found == ["waves: node n/2: wave 1: there is no such node"]
    assert order(small, CHAIN, after, plan.assignments).waves is None
