"""Rewritten worlds: what the rewriting must do to a plan is known without solving it."""

from __future__ import annotations

from functools import lru_cache
from random import Random

import pytest

from placement.plan.plan import Plan
from placement.planner import Planner
from tests.worlds.features import FEATURES
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.relations import (
    on_known_nodes,
    renamed,
    reordered_lists,
    shuffled,
    with_exact_prices,
    with_one_more_node,
    with_policies_twice,
    with_prices_times,
    without_skew,
)
from tests.worlds.world import World

CHUNKS = 8
WORLDS = 200
FIRST_SEED = 100_000

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("chunk", range(CHUNKS))]


def worlds_of(chunk: int) -> list[World]:
    """Return the worlds of a chunk; all chunks together are WORLDS cases per relation."""
    return [random_world(FIRST_SEED + number) for number in range(chunk, WORLDS, CHUNKS)]


@lru_cache(maxsize=6 * WORLDS)
def plan_of(world: World) -> Plan:
    planner = Planner(catalog_of(world))
    return planner.plan(workspace_of(world), objective=world.objective, billing=world.billing)


def tiers_of(world: World) -> dict[str, int]:
    return {tier.name: tier.value for tier in plan_of(world).tiers}


def in_order(tiers: dict[str, int], world: World) -> list[int]:
    """Return tier values in lexicographic order, with the displaced ones that are not listed."""
    classes = sorted({d.priority for d in world.deployments if d.enabled}, reverse=True)
    displaced = [f"displaced:{p}" for p in classes] if len(classes) > 1 else ["displaced"]
    rest = [value for name, value in tiers.items() if not name.startswith("displaced")]
    return [tiers.get(name, 0) for name in displaced] + rest


def test_the_order_of_the_input_does_not_reach_the_plan(chunk):
    wrong = []
    for world in worlds_of(chunk):
        other = shuffled(world, Random(world.seed))
        if plan_of(world).digest != plan_of(other).digest:
            wrong.append(world.seed)
    assert wrong == []


def test_the_order_inside_documents_does_not_reach_the_rows(chunk):
    wrong = []
    for world in worlds_of(chunk):
        one, other = plan_of(world), plan_of(reordered_lists(world, Random(world.seed)))
        if one.tiers != other.tiers or one.assignments != other.assignments:
            wrong.append(world.seed)
    assert wrong == []


def test_prices_times_three_cost_three_times_as_much(chunk):
    wrong = []
    for world in map(with_exact_prices, worlds_of(chunk)):
        # Limits on the price stay where they are, so they would judge other prices.
        world = without_price_limits(world)
        one, three = tiers_of(world), tiers_of(with_prices_times(world, 3))
        if three != {**one, "cost": 3 * one["cost"]}:
            wrong.append(world.seed)
    assert wrong == []


def without_price_limits(world: World) -> World:
    return FEATURES["policy type price"](world) or world


def test_one_more_node_never_makes_a_plan_worse(chunk):
    wrong = []
    for drawn in worlds_of(chunk):
        world = on_known_nodes(without_skew(drawn))
        larger = with_one_more_node(world, Random(drawn.seed))
        if in_order(tiers_of(larger), world) > in_order(tiers_of(world), world):
            wrong.append(drawn.seed)
    assert wrong == []


def test_the_same_policy_twice_changes_nothing(chunk):
    worlds = [world for world in worlds_of(chunk) if world.policies]
    assert len(worlds) >= WORLDS // CHUNKS // 2
    wrong = [w.seed for w in worlds if tiers_of(w) != tiers_of(with_policies_twice(w))]
    assert wrong == []


def test_other_names_give_the_same_tiers(chunk):
    wrong = [w.seed for w in worlds_of(chunk) if tiers_of(w) != tiers_of(renamed(w))]
    assert wrong == []


def test_a_plan_that_runs_is_kept_as_it_is(chunk):
    wrong = []
    for world in worlds_of(chunk):
        first = plan_of(world)
        again = Planner(catalog_of(world)).plan(
            workspace_of(world).with_running(first),
            objective=world.objective,
            billing=world.billing,
        )
        before = {tier.name: tier.value for tier in first.tiers if tier.name[:9] != "displaced"}
        after = {tier.name: tier.value for tier in again.tiers}
        if after != {**before, "moves": 0} or first.assignments != again.assignments:
            wrong.append(world.seed)
    assert wrong == []
