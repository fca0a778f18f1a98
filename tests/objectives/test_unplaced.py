from __future__ import annotations

from placement.objectives.unplaced import unplaced
from tests.verifier.fleet import At, deployment, fleet, view_of, workspace

CATALOG = fleet()


def test_one_class_has_one_tier_whatever_its_number() -> None:
    space = workspace(
        deployment("chat", replicas=3, priority=5, resources={"gpus": 2}),
        deployment("tool", replicas=4, priority=5, resources={"gpus": 0}),
        deployment("half", replicas=1, priority=5, resources={"gpus": "0.5"}),
    )
    assert unplaced(view_of(CATALOG, space, At("chat", "east/0"))) == {"unplaced": 8_500}


def test_several_classes_come_high_to_low() -> None:
    space = workspace(
        deployment("low", priority=-1),
        deployment("high", priority=7, replicas=2),
        deployment("off", priority=9, enabled=False),
    )
    found = unplaced(view_of(CATALOG, space, At("high", "east/0")))
    assert list(found.items()) == [("unplaced:7", 1_000), ("unplaced:-1", 1_000)]


def test_without_deployments_there_is_still_a_tier() -> None:
    assert unplaced(view_of(CATALOG, workspace())) == {"unplaced": 0}
