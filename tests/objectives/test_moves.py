from __future__ import annotations

import pytest

from placement.objectives.moves import moves
from tests.verifier.fleet import At, deployment, fleet, running, view_of, workspace

CATALOG = fleet()
CHAT = deployment("chat", replicas=4, resources={"gpus": 2})
RUNS = running(CATALOG, workspace(CHAT), At("chat", "east/0", 2), At("chat", "east/1", 1))


@pytest.mark.parametrize(
    ("places", "gpus"),
    [
        ([("east/0", 2), ("east/1", 1)], 0),
        ([("east/0", 2), ("east/1", 1), ("west/0", 1)], 0),  # scaling up
        ([("east/0", 2)], 0),  # scaling down
        ([("east/0", 1), ("east/1", 2)], 2),
        ([("west/0", 2), ("west/1", 1)], 6),
        ([("west/0", 2), ("west/1", 2)], 6),
        ([("east/0", 1), ("west/0", 1)], 2),
        ([], 0),
    ],
)
def test_min_of_old_and_new_less_what_stayed(places: list[tuple[str, int]], gpus: int) -> None:
    view = view_of(CATALOG, RUNS, *(At("chat", *place) for place in places))
    assert moves(view) == {"moves": gpus * 1_000}


def test_a_changed_template_never_moves() -> None:
    for changed in ({"version": "2"}, {"resources": {"gpus": 1}}):
        fields = {"replicas": 4, "resources": {"gpus": 2}, **changed}
        space = workspace(deployment("chat", **fields), running=RUNS.running)
        assert moves(view_of(CATALOG, space, At("chat", "west/0", 1))) == {"moves": 0}


def test_forced_replicas_do_not_count() -> None:
    runs = running(CATALOG, workspace(CHAT), At("chat", "lost/0", 1), At("chat", "east/0", 1))
    view = view_of(CATALOG, runs, At("chat", "east/0", 1), At("chat", "west/0", 1))
    assert moves(view) == {"moves": 0}


def test_another_gpu_of_the_same_node_is_no_move() -> None:
    space = workspace(deployment("half", resources={"gpus": "0.5"}))
    runs = running(CATALOG, space, At("half", "east/0", 1, 0))
    assert moves(view_of(CATALOG, runs, At("half", "east/0", 1, 1))) == {"moves": 0}
