"""Changes put in order by hand: what the waves are, and when there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import NodeState, Reserved
from placement.plan.rows import Action
from placement.plan.waves import BUDGET, Order, check, order
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

CATALOG = make_catalog(
    REGIONS,
    GPUS,
    [
        gpu_group("n", EAST, "a", "T4", 5, gpu_count=2),
        gpu_group("away", EAST, "a", "T4", 1, gpu_count=2, state=NodeState.DRAINING),
        gpu_group("lost", EAST, "a", "T4", 1, gpu_count=2, state=NodeState.LOST),
    ],
)
Step = tuple[str, str, int, str | None, str | None]


def one(
    name: str, gpus: int | str = 1, rollout: str = "surge", **fields: object
) -> ModelDeployment:
    return deployment(name, resources={"gpus": gpus}, rollout=rollout, replicas=9, **fields)


def put_in_order(
    before: tuple[ModelDeployment, ...],
    runs: list[At],
    plans: list[At],
    after: tuple[ModelDeployment, ...] | None = None,
    replaced: tuple[str, ...] = (),
    catalog: Catalog = CATALOG,
    budget: int = BUDGET,
) -> Order:
    """Return the order of a change, judged by ``check`` if there is one."""
    old = running(catalog, workspace(*before), *runs)
    new = changed(old, before if after is None else after, replaced)
    plan = plan_of(catalog, new, *plans)
    found = order(catalog, old, new, plan.assignments, budget=budget)
    if found.waves is not None:
        assert found.proved
        assert list(check(catalog, old, new, replace(plan, waves=found.waves))) == []
    return found


def changed(old: Workspace, after: tuple[ModelDeployment, ...], replaced: tuple[str, ...]):
    keys = frozenset((name, "production") for name in replaced)
    return replace(workspace(*after), running=old.running, replaced=keys)


def steps(found: Order) -> list[list[Step]]:
    assert found.waves is not None
    return [
        [(str(c.action), c.model, c.replicas, c.from_node, c.to_node) for c in wave]
        for wave in found.waves
    ]


NEVER = Order(None, proved=True)
NO_WAVES = Order((), proved=True)
SWAP = ([At("a", "n/0"), At("b", "n/1")], [At("a", "n/1"), At("b", "n/0")])


def test_nothing_that_moves_or_goes_has_no_waves() -> None:
    asked = (one("a"), one("b"))
    assert put_in_order(asked, [At("a", "n/0")], [At("a", "n/0")]) == NO_WAVES
    assert put_in_order(asked, [At("a", "n/0")], [At("a", "n/0", 2), At("b", "n/1")]) == NO_WAVES
    assert put_in_order(asked, [], [At("a", "n/0")]) == NO_WAVES


def test_two_full_nodes_cannot_be_swapped_by_surge() -> None:
    assert put_in_order((one("a", 2), one("b", 2)), *SWAP) == NEVER


def test_two_full_nodes_are_swapped_by_recreate_in_one_wave() -> None:
    asked = (one("a", 2, "recreate"), one("b", 2, "recreate"))
    assert steps(put_in_order(asked, *SWAP)) == [
        [("move", "a", 1, "n/0", "n/1"), ("move", "b", 1, "n/1", "n/0")]
    ]


def test_a_swap_needs_both_to_recreate() -> None:
    assert put_in_order((one("a", 2), one("b", 2, "recreate")), *SWAP) == NEVER
    assert put_in_order((one("a", 2, "recreate"), one("b", 2)), *SWAP) == NEVER


def test_a_ring_of_three_recreates_moves_at_once() -> None:
    asked = tuple(one(name, 2, "recreate") for name in "abc")
    runs = [At("a", "n/0"), At("b", "n/1"), At("c", "n/2")]
    ring = [At("a", "n/1"), At("b", "n/2"), At("c", "n/0")]
    assert len(steps(put_in_order(asked, runs, ring))) == 1
    stiff = (asked[0], asked[1], one("c", 2))
    assert put_in_order(stiff, runs, ring) == NEVER


def test_swaps_that_do_not_touch_share_a_wave() -> None:
    asked = tuple(one(name, 2, "recreate") for name in "abcd")
    runs = [At(name, f"n/{n}") for n, name in enumerate("abcd")]
    swapped = [At(name, f"n/{n}") for n, name in enumerate("badc")]
    assert len(steps(put_in_order(asked, runs, swapped))) == 1


def test_a_chain_of_three_takes_three_waves() -> None:
    asked = tuple(one(name, 2) for name in "abc")
    runs = [At("a", "n/0"), At("b", "n/1"), At("c", "n/2")]
    plans = [At("a", "n/1"), At("b", "n/2"), At("c", "n/3")]
    assert steps(put_in_order(asked, runs, plans)) == [
        [("move", "c", 1, "n/2", "n/3")],
        [("move", "b", 1, "n/1", "n/2")],
        [("move", "a", 1, "n/0", "n/1")],
    ]
    at_once = tuple(one(name, 2, "recreate") for name in "abc")
    assert len(steps(put_in_order(at_once, runs, plans))) == 1


def test_steps_that_do_not_wait_for_each_other_share_waves() -> None:
    asked = tuple(one(name, 2) for name in "abcd")
    runs = [At("a", "n/0"), At("b", "n/1"), At("c", "n/2"), At("d", "n/3")]
    plans = [At("a", "n/1"), At("b", "n/4"), At("c", "n/0"), At("d", "n/2")]
    assert [[step[1] for step in wave] for wave in steps(put_in_order(asked, runs, plans))] == [
        ["b"],
        ["a"],
        ["c"],
        ["d"],
    ]
    idle = [At("a", "n/1"), At("b", "n/4"), At("c", "n/2"), At("d", "n/3")]
    assert [len(wave) for wave in steps(put_in_order(asked, runs, idle))] == [1, 1]


def test_an_early_arrival_must_not_block_the_one_that_unlocks() -> None:
    # One GPU of n/2 is free, and `a` wants it as well as `b`. Only `b` makes room for `c`, whose
    # place `a` can then take; if `a` came first nobody could ever move.
    asked = tuple(one(name) for name in "abcdef")
    stay = [At("e", "n/0"), At("f", "n/3")]
    runs = [At("a", "n/3"), At("b", "n/0"), At("c", "n/2"), At("d", "n/4"), *stay]
    plans = [At("a", "n/2"), At("b", "n/2"), At("c", "n/0"), At("d", "n/3"), *stay]
    assert steps(put_in_order(asked, runs, plans)) == [
        [("move", "b", 1, "n/0", "n/2")],
        [("move", "c", 1, "n/2", "n/0")],
        [("move", "a", 1, "n/3", "n/2")],
        [("move", "d", 1, "n/4", "n/3")],
    ]


def test_which_replica_takes_the_only_free_place_decides() -> None:
    # Two replicas of `a` leave, one of them for the idle node. Only if that is the one on n/0 can
    # `b` follow to n/0, which frees n/1 for the other.
    asked = (one("a", 2), one("b", 2))
    runs = [At("a", "n/0"), At("a", "n/2"), At("b", "n/1")]
    plans = [At("a", "n/3"), At("a", "n/1"), At("b", "n/0")]
    assert steps(put_in_order(asked, runs, plans)) == [
        [("move", "a", 1, "n/0", "n/3")],
        [("move", "b", 1, "n/1", "n/0")],
        [("move", "a", 1, "n/2", "n/1")],
    ]
    other = [At("a", "n/2"), At("a", "n/0"), At("b", "n/1")]
    back = [At("a", "n/3"), At("a", "n/1"), At("b", "n/2")]
    assert steps(put_in_order(asked, other, back))[0] == [("move", "a", 1, "n/2", "n/3")]


def test_a_new_version_surges_beside_the_old_one() -> None:
    found = put_in_order(
        (one("a"),), [At("a", "n/0")], [At("a", "n/0")], (one("a", version="2"),), ("a",)
    )
    assert steps(found) == [[("place", "a", 1, None, "n/0")], [("remove", "a", 1, "n/0", None)]]
    assert [wave[0].version for wave in found.waves or ()] == ["2", "1"]


def test_a_new_version_that_has_no_room_beside_the_old_one_has_no_order() -> None:
    full = (one("a", 2),), [At("a", "n/0")], [At("a", "n/0")]
    assert put_in_order(*full, (one("a", 2, version="2"),), ("a",)) == NEVER
    found = put_in_order(*full, (one("a", 2, "recreate", version="2"),), ("a",))
    assert steps(found) == [[("place", "a", 1, None, "n/0"), ("remove", "a", 1, "n/0", None)]]


def test_old_versions_are_held_until_everybody_has_arrived() -> None:
    # `b` could take the room of the old `a` only if that were freed before the last arrival.
    asked = (one("a", 2), one("b", 2))
    runs = [At("a", "n/0"), At("b", "n/1")]
    after = (one("a", 2, version="2"), one("b", 2))
    fine = put_in_order(asked, runs, [At("a", "n/1"), At("b", "n/2")], after, ("a",))
    assert steps(fine) == [
        [("move", "b", 1, "n/1", "n/2")],
        [("place", "a", 1, None, "n/1")],
        [("remove", "a", 1, "n/0", None)],
    ]
    assert put_in_order(asked, runs, [At("a", "n/2"), At("b", "n/0")], after, ("a",)) == NEVER


def test_an_old_template_of_the_same_version_is_replaced_too() -> None:
    bigger = deployment("a", resources={"gpus": 1, "cpus": 12}, replicas=9)
    asked = (deployment("a", resources={"gpus": 1, "cpus": 5}, replicas=9),)
    place = [At("a", "n/0")]
    assert put_in_order(asked, place, place, (bigger,), ("a",)) == NEVER  # 17 of 16 CPUs
    small = (deployment("a", resources={"gpus": 1, "cpus": 4}, replicas=9),)
    assert len(steps(put_in_order(small, place, place, (bigger,), ("a",)))) == 2


def test_what_is_not_wanted_any_more_makes_room_at_once() -> None:
    asked = (one("a", 2), one("gone", 2), one("off", 2))
    runs = [At("a", "n/0"), At("gone", "n/1"), At("off", "n/2")]
    after = (one("a", 2), one("off", 2, enabled=False))
    assert steps(put_in_order(asked, runs, [At("a", "n/1")], after)) == [
        [
            ("move", "a", 1, "n/0", "n/1"),
            ("remove", "gone", 1, "n/1", None),
            ("remove", "off", 1, "n/2", None),
        ]
    ]


def test_of_two_replicas_the_one_in_the_way_is_the_one_that_goes() -> None:
    asked = (one("a", 2), one("b", 2))
    runs = [At("a", "n/0"), At("a", "n/1"), At("b", "n/2")]
    plans = [At("a", "n/2"), At("b", "n/1")]
    assert steps(put_in_order(asked, runs, plans)) == [
        [("remove", "a", 1, "n/1", None), ("move", "b", 1, "n/2", "n/1")],
        [("move", "a", 1, "n/0", "n/2")],
    ]


def test_old_rows_of_recreate_stay_until_their_successors_have_room() -> None:
    asked = (one("a", 2, "recreate"), one("b", 2))
    after = (one("a", 2, "recreate", version="2"), one("b", 2))
    runs = [At("a", "n/0"), At("b", "n/1")]
    found = put_in_order(asked, runs, [At("a", "n/1"), At("b", "n/2")], after, ("a",))
    assert steps(found) == [
        [("move", "b", 1, "n/1", "n/2")],
        [("place", "a", 1, None, "n/1"), ("remove", "a", 1, "n/0", None)],
    ]


def test_old_rows_of_recreate_go_before_if_their_room_is_needed() -> None:
    asked = (one("a", 2, "recreate"), one("b", 2))
    after = (one("a", 2, "recreate", version="2"), one("b", 2))
    runs = [At("a", "n/0"), At("b", "n/1")]
    found = put_in_order(asked, runs, [At("a", "n/1"), At("b", "n/0")], after, ("a",))
    assert steps(found) == [
        [("remove", "a", 1, "n/0", None), ("move", "b", 1, "n/1", "n/0")],
        [("place", "a", 1, None, "n/1")],
    ]


def test_a_share_that_changes_its_gpu_holds_both_ends() -> None:
    half, whole = one("half", "0.5"), one("whole", 1)
    there = At("half", "n/0", 1, 0)
    found = put_in_order((half,), [there], [At("half", "n/0", 1, 1)])
    assert steps(found) == [[("move", "half", 1, "n/0", "n/0")]]
    runs = [there, At("whole", "n/1")]
    plans = [At("half", "n/0", 1, 1), At("whole", "n/0")]
    assert steps(put_in_order((half, whole), runs, plans)) == [
        [("move", "half", 1, "n/0", "n/0")],
        [("move", "whole", 1, "n/1", "n/0")],
    ]


def test_shares_that_change_places_on_full_gpus_have_no_order_by_surge() -> None:
    big, small = one("big", "0.8"), one("small", "0.5")
    runs = [At("big", "n/0", 1, 0), At("small", "n/0", 1, 1)]
    plans = [At("big", "n/0", 1, 1), At("small", "n/0", 1, 0)]
    assert put_in_order((big, small), runs, plans) == NEVER
    again = (one("big", "0.8", "recreate"), one("small", "0.5", "recreate"))
    assert len(steps(put_in_order(again, runs, plans))) == 1


def drained(state: NodeState) -> Catalog:
    """Return two nodes of which the second is in another state."""
    groups = [
        gpu_group("n", EAST, "a", "T4", 2, gpu_count=2),
        gpu_group("bad", EAST, "a", "T4", 1, gpu_count=2, state=state),
    ]
    return make_catalog(REGIONS, GPUS, groups)


@pytest.mark.parametrize("state", [NodeState.DRAINING, NodeState.LOST])
def test_forced_replicas_wait_for_room_like_any_others(state: NodeState) -> None:
    asked = (one("a", 2), one("b", 2))
    runs = [At("a", "bad/0"), At("b", "n/0")]
    plans = [At("a", "n/0"), At("b", "n/1")]
    assert steps(put_in_order(asked, runs, plans, catalog=drained(state))) == [
        [("move", "b", 1, "n/0", "n/1")],
        [("move", "a", 1, "bad/0", "n/0")],
    ]


def test_replicas_of_a_node_that_is_gone_hold_nothing() -> None:
    old = running(CATALOG, workspace(one("a", 2)), At("a", "n/4"))
    small = make_catalog(REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 1, gpu_count=2)])
    new = changed(old, (one("a", 2),), ())
    plan = plan_of(small, new, At("a", "n/0"))
    found = order(small, old, new, plan.assignments)
    assert steps(found) == [[("move", "a", 1, "n/4", "n/0")]]
    assert list(check(small, old, new, replace(plan, waves=found.waves or ()))) == []


def test_a_node_that_lost_capacity_may_be_left_although_it_is_too_full() -> None:
    old = running(CATALOG, workspace(one("a")), At("a", "n/0", 2))
    new = changed(old, (one("a"),), ())
    held = {"n/0": Reserved((0, 1000))}
    less = make_catalog(
        REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 2, gpu_count=2)], reserved=held
    )
    plan = plan_of(less, new, At("a", "n/0"), At("a", "n/1"))
    found = order(less, old, new, plan.assignments)
    assert steps(found) == [[("move", "a", 1, "n/0", "n/1")]]
    assert list(check(less, old, new, replace(plan, waves=found.waves or ()))) == []


def test_a_node_that_is_too_full_is_left_before_anybody_comes() -> None:
    old = running(CATALOG, workspace(one("a"), one("b")), At("a", "n/0", 2), At("b", "n/2"))
    new = changed(old, (one("a"), one("b")), ())
    held = {"n/0": Reserved((0, 1000))}
    less = make_catalog(
        REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 3, gpu_count=2)], reserved=held
    )
    plan = plan_of(less, new, At("a", "n/1", 2), At("b", "n/0"))
    found = order(less, old, new, plan.assignments)
    assert steps(found) == [[("move", "a", 2, "n/0", "n/1")], [("move", "b", 1, "n/2", "n/0")]]
    assert list(check(less, old, new, replace(plan, waves=found.waves or ()))) == []


def test_what_fits_one_node_need_not_fit_another() -> None:
    held = {"n/1": Reserved((0, 1000))}
    catalog = make_catalog(
        REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 4, gpu_count=2)], reserved=held
    )
    asked = (one("a"), one("b"), one("c"))
    runs = [At("a", "n/0"), At("b", "n/2"), At("c", "n/1")]
    on_both = [At("a", "n/0"), At("b", "n/0"), At("c", "n/3")]
    assert len(steps(put_in_order(asked, runs, on_both, catalog=catalog))) == 1
    turned = [At("a", "n/1"), At("b", "n/0"), At("c", "n/0")]
    found = steps(put_in_order(asked, runs, turned, catalog=catalog))
    assert [[step[1] for step in wave] for wave in found] == [["c"], ["a"], ["b"]]
    swap = [At("a", "n/1"), At("b", "n/2"), At("c", "n/0")]
    other = [At("a", "n/0"), At("b", "n/2"), At("c", "n/3")]
    assert len(steps(put_in_order(asked, runs, swap, catalog=catalog))) == 2
    assert len(steps(put_in_order(asked, other, swap, catalog=catalog))) == 1


def test_the_same_replicas_fit_one_node_and_not_another() -> None:
    held = {"n/1": Reserved((0, 1000))}
    catalog = make_catalog(
        REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 3, gpu_count=2)], reserved=held
    )
    runs = [At("a", "n/2")]
    plans = [At("a", "n/0", 2), At("a", "n/1", 2)]
    assert put_in_order((one("a"),), runs, plans, catalog=catalog) == NEVER


def test_an_order_is_ruled_out_without_trying_every_interleaving() -> None:
    # `w` waits for all others on n/0, two of those for `x`, and `x` for `w`. Six GPUs are free for
    # the first of them, in any order: that leads to 64 states without `y` and to 57 with it.
    groups = [gpu_group("n", EAST, "a", "T4", 3, gpu_count=8, cpus=64_000)]
    catalog = make_catalog(REGIONS, GPUS, groups)
    names = "abcdef"
    asked = (*(one(name) for name in names), one("w", 8), one("x", 2), one("y", 2))
    runs = [At("w", "n/2"), At("x", "n/1"), At("y", "n/0"), *(At(name, "n/0") for name in names)]
    plans = [At("w", "n/0"), At("x", "n/2"), At("y", "n/1"), *(At(name, "n/1") for name in names)]
    assert put_in_order(asked, runs, plans, catalog=catalog, budget=120) == NEVER
    assert not put_in_order(asked, runs, plans, catalog=catalog, budget=119).proved


def two_versions(asked: ModelDeployment, newer: ModelDeployment, *runs: At) -> Workspace:
    """Return a workspace in which the first row is of the old version and others of the new."""
    old = running(CATALOG, workspace(asked), runs[0])
    new = running(CATALOG, workspace(newer), *runs[1:])
    return replace(new, running=(*old.running, *new.running))


def test_rows_of_two_versions_are_removed_and_moved() -> None:
    newer = one("a", version="2")
    mixed = two_versions(one("a"), newer, At("a", "n/0"), At("a", "n/0"), At("a", "n/1"))
    new = changed(mixed, (newer, one("b")), ())
    plan = plan_of(CATALOG, new, At("a", "n/1"), At("a", "n/2"), At("b", "n/0"))
    found = order(CATALOG, mixed, new, plan.assignments)
    assert found.waves is not None
    assert [[(c.model, c.version, str(c.action)) for c in wave] for wave in found.waves] == [
        [("a", "2", "move")],
        [("b", "1", "place")],
        [("a", "1", "remove")],
    ]
    assert list(check(CATALOG, mixed, new, replace(plan, waves=found.waves))) == []


def test_shares_of_two_versions_leave_their_own_gpus() -> None:
    newer = one("a", "0.5", version="2")
    mixed = two_versions(
        one("a", "0.5"), newer, At("a", "n/0", 1, 0), At("a", "n/0", 1, 1), At("a", "n/1", 1, 0)
    )
    new = changed(mixed, (newer, one("b", "0.8")), ())
    plan = plan_of(CATALOG, new, At("a", "n/1", 1, 0), At("b", "n/0", 1, 1))
    found = order(CATALOG, mixed, new, plan.assignments)
    assert found.waves is not None
    assert [[(c.model, c.version, str(c.action)) for c in wave] for wave in found.waves] == [
        [("a", "2", "remove"), ("b", "1", "place")],
        [("a", "1", "remove")],
    ]
    assert list(check(CATALOG, mixed, new, replace(plan, waves=found.waves))) == []
    early = (*found.waves[0], *found.waves[1])
    assert len(list(check(CATALOG, mixed, new, replace(plan, waves=(early,))))) == 1


def test_a_final_state_that_does_not_fit_has_no_order() -> None:
    asked = (one("a", 2), one("b", 2))
    runs = [At("a", "n/0"), At("b", "n/1")]
    assert put_in_order(asked, runs, [At("a", "n/2"), At("b", "n/2")]) == NEVER


def test_without_budget_nothing_is_claimed() -> None:
    asked = (one("a", 2), one("b", 2), one("c", 2))
    runs = [At("a", "n/0"), At("b", "n/1"), At("c", "n/2")]
    plans = [At("a", "n/1"), At("b", "n/3"), At("c", "n/0")]
    assert put_in_order(asked, runs, plans, budget=1) == Order(None, proved=False)
    assert put_in_order(asked, runs, plans, budget=2).waves is not None
    recreate = tuple(one(name, 2, "recreate") for name in "ab")
    assert put_in_order(recreate, *SWAP, budget=1) == Order(None, proved=False)


def test_rows_that_stay_may_be_left_out_where_nothing_arrives() -> None:
    asked = (one("a"), one("b"))
    runs = [At("a", "n/0"), At("b", "n/1"), At("b", "n/2", 2)]
    old = running(CATALOG, workspace(*asked), *runs)
    new = changed(old, asked, ())
    plan = plan_of(CATALOG, new, At("a", "n/1"), *runs[1:])
    few = [row for row in old.running if row.node != "n/2"]
    some = [row for row in plan.assignments if row.node != "n/2"]
    assert order(CATALOG, old, new, some, running=few) == order(CATALOG, old, new, plan.assignments)


def test_replicas_change_places_one_by_one_where_only_one_has_room() -> None:
    catalog = make_catalog(REGIONS, GPUS, [gpu_group("n", EAST, "a", "T4", 2, gpu_count=4)])
    runs = [At("a", "n/0", 3), At("b", "n/1", 3)]
    plans = [At("a", "n/1", 3), At("b", "n/0", 3)]
    found = put_in_order((one("a"), one("b")), runs, plans, catalog=catalog)
    assert steps(found) == [[("move", "a", 1, "n/0", "n/1"), ("move", "b", 1, "n/1", "n/0")]] * 3


def test_ten_thousand_replicas_that_have_room_are_one_wave() -> None:
    groups = [gpu_group("n", EAST, "a", "T4", 2_000, gpu_count=8, cpus=64_000)]
    large = make_catalog(REGIONS, GPUS, groups)
    asked = (deployment("a", replicas=5_000),)
    old = running(large, workspace(*asked), *(At("a", f"n/{n}", 5) for n in range(1_000)))
    new = changed(old, asked, ())
    plan = plan_of(large, new, *(At("a", f"n/{n}", 5) for n in range(1_000, 2_000)))
    found = order(large, old, new, plan.assignments)
    assert found.waves is not None
    assert [sum(change.replicas for change in wave) for wave in found.waves] == [5_000]
    assert {change.action for change in found.waves[0]} == {Action.MOVE}
