from __future__ import annotations

from placement.objectives.displaced import displaced
from tests.verifier.fleet import At, deployment, fleet, running, view_of, workspace

CATALOG = fleet()
CHAT = deployment("chat", replicas=3, resources={"gpus": 2})
RUNS = running(CATALOG, workspace(CHAT), At("chat", "east/0", 2), At("chat", "lost/0", 1))


def test_replicas_that_could_stay_and_have_no_place_count() -> None:
    assert displaced(view_of(CATALOG, RUNS, At("chat", "west/0"))) == {"displaced": 2_000}
    assert displaced(view_of(CATALOG, RUNS)) == {"displaced": 4_000}


def test_the_tier_is_left_out_when_nothing_is_given_up() -> None:
    assert displaced(view_of(CATALOG, RUNS, At("chat", "west/0", 2))) == {}


def test_scaling_down_gives_nothing_up() -> None:
    fewer = CHAT.model_copy(update={"replicas": 1})
    space = workspace(fewer, running=RUNS.running)
    assert displaced(view_of(CATALOG, space, At("chat", "east/0"))) == {}


def test_one_tier_per_class_is_named_like_unplaced() -> None:
    other = deployment("other", priority=3)
    space = workspace(CHAT, other, running=RUNS.running)
    assert displaced(view_of(CATALOG, space)) == {"displaced:0": 4_000}
