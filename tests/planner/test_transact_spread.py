"""Changes under ``maxSkew``, where one of the domains is full of others."""

from __future__ import annotations

import pytest

from placement.planner import Planner
from placement.verifier import verify
from placement.workspace.transitions import Transition, deploy
from tests.verifier.fleet import (
    EAST,
    WEST,
    At,
    deployment,
    fleet,
    gpu_group,
    running,
    workspace,
)

US = gpu_group("us", EAST, "a", "T4", 2, gpu_count=2)
EU = gpu_group("eu", WEST, "a", "T4", 1, gpu_count=1)
TWO = fleet(US, EU)
FULL = running(TWO, workspace(deployment("other")), At("other", "eu/0"))


@pytest.mark.parametrize(
    ("replicas", "skew", "placed", "moves"),
    [
        (1, 1, 1, False),
        (2, 1, 2, True),
        (2, 2, 2, False),
        (3, 1, 3, True),
        (3, 2, 3, True),
        (4, 1, 3, True),
        (4, 2, 4, True),
    ],
)
def test_a_region_that_others_fill_counts_as_an_empty_one(
    replicas: int, skew: int, placed: int, moves: bool
) -> None:
    """Beyond the skew the one who fills it has to make room: none of it may be overlooked."""
    even = deployment("even", replicas=replicas, spread=[{"over": "region", "maxSkew": skew}])
    change = deploy(FULL, even)
    assert isinstance(change, Transition)
    preview = Planner(TWO).transact(change)
    assert preview.refusal is None
    assert verify(TWO, change.after, preview.plan, before=change.before).violations == ()
    rows = preview.plan.assignments
    assert sum(row.replicas for row in rows if row.model == "even") == placed
    assert any(row.model == "other" and row.node != "eu/0" for row in rows) is moves
