"""A small share of the worlds, in small lots: quick enough to meet every mutant of the rules."""

from __future__ import annotations

import pytest

from tests.differential.test_brute_force import disagreements
from tests.worlds.generator import solved_world

FIRST = 100_000
"""Behind the seeds of the other differential tests."""

LOTS, IN_A_LOT = 8, 10


@pytest.mark.parametrize("lot", range(LOTS))
def test_the_plan_of_a_few_worlds_equals_brute_force(lot: int) -> None:
    first = FIRST + lot * IN_A_LOT
    worlds = [solved_world(seed) for seed in range(first, first + IN_A_LOT)]
    found = {world.seed: disagreements(world, best) for world, best in worlds}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
