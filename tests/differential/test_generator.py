"""The random worlds of the suite are hard enough: joint, short of capacity, every rule felt."""

from __future__ import annotations

from random import Random

import pytest

from tests.worlds.base import draw_base
from tests.worlds.features import FEATURES, NOT_FELT, felt, is_joint, is_short
from tests.worlds.generator import draw, solved_world
from tests.worlds.oracle import Optimum, optimum
from tests.worlds.seeds import WORLDS
from tests.worlds.world import World

JOINT_SHARE = 0.40
SHORT_SHARE = 0.20
FELT_WORLDS = 100

Solved = list[tuple[World, Optimum]]


@pytest.fixture(scope="module")
def solved() -> Solved:
    return [solved_world(seed) for seed in range(WORLDS)]


def count_felt(name: str, solved: Solved, enough: int) -> int:
    """Return in how many worlds a feature is felt, counting no further than ``enough``."""
    count = 0
    for world, best in solved:
        count += felt(world, name, best)
        if count == enough:
            break
    return count


@pytest.mark.slow
def test_there_are_at_least_two_thousand_worlds_and_no_two_are_equal(solved):
    assert WORLDS >= 2000
    worlds = [world for world, _ in solved]
    assert len(set(worlds)) >= 0.999 * WORLDS


@pytest.mark.slow
def test_the_joint_optimum_is_often_not_the_sum_of_the_single_optima(solved):
    joint = sum(is_joint(world, best) for world, best in solved)
    assert joint >= JOINT_SHARE * WORLDS


@pytest.mark.slow
def test_capacity_is_often_short_although_everything_has_somewhere_to_go(solved):
    short = sum(is_short(world, best) for world, best in solved)
    assert short >= SHORT_SHARE * WORLDS


@pytest.mark.slow
@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_changes_the_optimum_in_enough_worlds(name, solved):
    assert count_felt(name, solved, FELT_WORLDS) == FELT_WORLDS


def test_a_seed_always_gives_the_same_world():
    assert [draw(seed).world for seed in range(20)] == [draw(seed).world for seed in range(20)]


def test_what_cannot_be_felt_has_a_reason():
    assert not set(NOT_FELT) & set(FEATURES)
    assert all(len(reason) > 20 for reason in NOT_FELT.values())


def test_the_counts_notice_a_generator_without_twists():
    plain = [draw_base(Random(seed), seed) for seed in range(200)]
    worlds = [(world, optimum(world)) for world in plain]
    unfelt = {name for name in FEATURES if not count_felt(name, worlds, 1)}
    assert {"policy type location", "spread.maxSkew", "separateFrom", "priority"} <= unfelt
    joint = sum(is_joint(world, best) for world, best in worlds)
    assert joint < len(worlds)
