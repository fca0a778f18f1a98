from __future__ import annotations

from dataclasses import replace

import pytest

from placement.plan.changes import diff
from tests.verifier.fleet import At, deployment, fleet, plan_of, running, workspace

CATALOG = fleet()
CHAT = deployment("chat", replicas=9)
RUNS = running(CATALOG, workspace(CHAT), At("chat", "east/0", 2), At("chat", "east/1", 1))


def steps(space, *places: At) -> list[tuple[str, int, str | None, str | None]]:
    changes = plan_of(CATALOG, space, *places).changes
    return [(str(c.action), c.replicas, c.from_node, c.to_node) for c in changes]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([("east/0", 2), ("east/1", 1)], []),  # not affected: no rows at all
        (
            [("east/0", 3), ("east/1", 1)],
            [
                ("place", 1, None, "east/0"),
                ("keep", 2, "east/0", "east/0"),
                ("keep", 1, "east/1", "east/1"),
            ],
        ),
        ([("east/0", 2)], [("keep", 2, "east/0", "east/0"), ("remove", 1, "east/1", None)]),
        (
            [("east/0", 1), ("west/0", 2)],
            [
                ("keep", 1, "east/0", "east/0"),
                ("move", 1, "east/0", "west/0"),
                ("move", 1, "east/1", "west/0"),
            ],
        ),
        (
            [("west/0", 1), ("west/1", 4)],
            [
                ("place", 2, None, "west/1"),
                ("move", 1, "east/0", "west/0"),
                ("move", 1, "east/0", "west/1"),
                ("move", 1, "east/1", "west/1"),
            ],
        ),
        ([], [("remove", 2, "east/0", None), ("remove", 1, "east/1", None)]),
    ],
)
def test_replicas_are_paired_in_the_order_of_nodes(places, expected) -> None:
    assert steps(RUNS, *(At("chat", *place) for place in places)) == expected


def test_a_changed_template_is_removed_and_placed() -> None:
    space = workspace(deployment("chat", version="2", replicas=2), running=RUNS.running)
    plan = plan_of(CATALOG, space, At("chat", "east/0", 2))
    assert [(str(c.action), c.version, c.replicas) for c in plan.changes] == [
        ("place", "2", 2),
        ("remove", "1", 2),
        ("remove", "1", 1),
    ]


def test_a_deployment_that_is_gone_is_removed() -> None:
    assert steps(workspace(running=RUNS.running)) == [
        ("remove", 2, "east/0", None),
        ("remove", 1, "east/1", None),
    ]


def test_forced_replicas_move_if_they_have_a_new_place() -> None:
    runs = running(CATALOG, workspace(CHAT), At("chat", "lost/0", 2))
    assert steps(runs, At("chat", "east/0")) == [
        ("move", 1, "lost/0", "east/0"),
        ("remove", 1, "lost/0", None),
    ]


def test_another_gpu_of_the_same_node_is_listed_with_equal_ends() -> None:
    space = workspace(deployment("half", replicas=3, resources={"gpus": "0.5"}))
    runs = running(CATALOG, space, At("half", "east/0", 2, 0), At("half", "east/0", 1, 1))
    places = At("half", "east/0", 1, 0), At("half", "east/0", 2, 3)
    assert steps(runs, *places) == [
        ("keep", 1, "east/0", "east/0"),
        ("move", 2, "east/0", "east/0"),
    ]


def test_replica_counts_cost_no_memory() -> None:
    many = deployment("chat", replicas=100_000)
    rows = plan_of(CATALOG, workspace(many), At("chat", "east/0", 10**12)).assignments
    (change,) = diff(workspace(many), CATALOG, rows)
    assert change.replicas == 10**12


def test_a_first_plan_has_the_same_changes_in_whatever_order_its_rows_come() -> None:
    """Rows in order, one of each deployment, are told in one pass; others by deployment."""
    space = workspace(*(deployment(f"m{i}", replicas=9) for i in range(9)))
    plan = plan_of(CATALOG, space, *(At(f"m{i}", f"east/{i % 3}", i + 1) for i in range(9)))
    rows = plan.assignments
    assert len(plan.changes) == 9
    assert diff(space, CATALOG, rows[::-1]) == diff(space, CATALOG, rows) == plan.changes
    more = plan_of(CATALOG, space, At("m0", "west/0"), At("m0", "east/1"), At("m1", "east/0"))
    assert [c.to_node for c in more.changes] == ["east/1", "west/0", "east/0"]
    renamed = [replace(row, version="2") for row in rows]
    assert diff(space, CATALOG, renamed) == plan.changes
