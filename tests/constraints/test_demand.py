from __future__ import annotations

import pytest

from placement.constraints.demand import Demand
from tests.verifier.fleet import At, broken, deployment, fleet, found, view_of, workspace

CATALOG = fleet()
SPACE = workspace(deployment("chat", replicas=4, minReplicas=2))


@pytest.mark.parametrize("replicas", [2, 3, 4])
def test_between_minimum_and_wanted_is_right(replicas: int) -> None:
    assert broken(CATALOG, SPACE, At("chat", "east/0", replicas)) == set()


def test_none_placed_is_right() -> None:
    assert broken(CATALOG, SPACE) == set()


def test_below_the_minimum_is_found() -> None:
    assert broken(CATALOG, SPACE, At("chat", "east/0", 1)) == {"demand"}
    (violation,) = found(Demand(), view_of(CATALOG, SPACE, At("chat", "east/0", 1)))
    assert violation.message == "1 replicas placed, fewer than the minimum of 2"


def test_more_than_wanted_is_found() -> None:
    places = At("chat", "east/0", 4), At("chat", "east/1", 1)
    assert "demand" in broken(CATALOG, SPACE, *places)
    (violation,) = found(Demand(), view_of(CATALOG, SPACE, *places))
    assert violation.message == "5 replicas placed, at most 4 wanted"


@pytest.mark.parametrize("replicas", [0, -1])
def test_a_row_without_replicas_is_found(replicas: int) -> None:
    places = At("chat", "east/0", 3), At("chat", "east/1", replicas)
    assert "demand" in broken(CATALOG, SPACE, *places)
