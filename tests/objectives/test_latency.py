from __future__ import annotations

import pytest

from placement.objectives.latency import Latency
from tests.verifier.fleet import At, deployment, fleet, judge, view_of, workspace

CATALOG = fleet()
IE_EAST = 80_000  # measured, in microseconds
US_EAST = CATALOG.round_trip("US", "aws/us-east-1")


def chat(*origins: tuple[str, float], gpus: int | str = 1):
    listed = [{"country": country, "weight": weight} for country, weight in origins]
    return deployment("chat", replicas=3, resources={"gpus": gpus}, requestOrigins=listed)


@pytest.mark.parametrize(
    ("one", "places", "steps"),
    [
        (chat(("IE", 1)), [At("chat", "east/0")], 1_000 * IE_EAST),
        (chat(("IE", 7)), [At("chat", "east/0", 3)], 3_000 * IE_EAST),
        (chat(("IE", 3), ("US", 1)), [At("chat", "east/0")], 250 * (3 * IE_EAST + US_EAST)),
        (chat(("IE", 1), gpus="0.25"), [At("chat", "east/0", 1, 0)], 250 * IE_EAST),
        (chat(("IE", 1), gpus=0), [At("chat", "cpu/0", 2)], 2_000 * IE_EAST),
        (chat(), [At("chat", "east/0")], 0),
    ],
)
def test_weight_times_mean_round_trip(one, places: list[At], steps: int) -> None:
    assert Latency().check(view_of(CATALOG, workspace(one), *places)) == steps


def test_it_is_shown_as_a_mean_over_replicas_with_origins() -> None:
    space = workspace(chat(("IE", 1)), deployment("other", replicas=9))
    places = At("chat", "east/0", 2), At("other", "east/1", 3)
    tier = judge(CATALOG, space, *places, objective="latency").tiers[-1]
    assert (tier.name, tier.unit) == ("latency", "ms")
    assert (tier.value, tier.scale) == (2_000 * IE_EAST, 1_000 * 2_000)
    assert tier.value / tier.scale == 80


def test_a_mean_of_nothing_is_zero() -> None:
    tier = judge(CATALOG, workspace(chat()), objective="latency").tiers[-1]
    assert (tier.value, tier.scale) == (0, 1_000)
