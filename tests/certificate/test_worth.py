"""What the prices say of one more node and of a policy is a bound on what it can save."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from placement.certificate import Bounds
from placement.objectives.tiers import tiers_of
from placement.plan.resolve import resolve_rows
from placement.planner import Planner
from placement.worth import gpu_worths, policy_costs
from tests.certificate.cases import mix_of, view_of
from tests.worlds.generator import random_world
from tests.worlds.oracle import optimum
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.world import World

SEEDS = range(130)


def planned(world: World):
    """Return the view, the price list of the last tier and the last tier, if it has prices."""
    view, mix = view_of(world), mix_of(world)
    plan = Planner(view.catalog).plan(
        view.workspace, objective=world.objective, billing=world.billing
    )
    lists = {prices.tier: prices for prices in plan.prices}
    if mix.name not in lists:
        return None
    resolved = resolve_rows(workspace_of(world), catalog_of(world), plan.assignments).view
    return view, lists[mix.name], tiers_of(resolved, mix)[-1], plan


def as_good(found: tuple[tuple[str, int], ...], plan) -> bool:
    """Whether an optimum has the values of a plan in all tiers but the last."""
    return found[:-1] == tuple((tier.name, tier.value) for tier in plan.tiers[:-1])


@pytest.mark.slow
def test_dropping_a_policy_saves_at_most_the_gap_and_what_it_costs() -> None:
    judged = saving = 0
    for seed in SEEDS:
        world = random_world(seed)
        hard = [policy for policy in world.policies if not policy.observe]
        found = planned(world) if hard else None
        if found is None:
            continue
        view, prices, tier, plan = found
        low = from_prices(view, world, prices, plan)
        for row in policy_costs(view, mix_of(world), prices, tier):
            dropped = replace(
                world,
                policies=tuple(
                    replace(p, observe=p.observe or p.name == row.policy) for p in world.policies
                ),
            )
            best = optimum(dropped).tiers
            if not as_good(best, plan):
                continue
            saved = Fraction(tier.value - best[-1][1], tier.scale)
            assert saved <= Fraction(tier.value, tier.scale) - low + row.cost, (seed, row)
            judged += 1
            saving += saved > 0
    assert judged > 30
    assert saving > 5


def from_prices(view, world: World, prices, plan) -> Fraction:
    """Return the bound before rounding, in the unit of the tier."""
    values = {tier.name: tier.value for tier in plan.tiers}
    proved = Bounds(view, mix_of(world)).proved(prices, values)
    return Fraction(proved, plan.tiers[-1].scale << prices.scale)


@pytest.mark.slow
def test_one_more_node_saves_at_most_the_gap_and_what_its_gpus_are_worth() -> None:
    judged = saving = 0
    for seed in range(300):
        world = random_world(seed)
        found = planned(world)
        if found is None or world.states:
            continue
        view, prices, tier, plan = found
        bounds = Bounds(view, mix_of(world))
        low = from_prices(view, world, prices, plan)
        for row in gpu_worths(bounds, prices, tier):
            group = next(g for g in world.groups if g.name == row.node_group)
            more = world.change_group(group.name, count=group.count + 1)
            larger = view_of(more)
            # Where a deployment by itself fills the group, its own limit counts as well.
            if Bounds(larger, mix_of(more)).proved(prices, {}) < bounds.proved(prices, {}) - int(
                row.worth * group.gpu_count * (tier.scale << prices.scale)
            ):
                continue
            best = optimum(more).tiers
            if not as_good(best, plan):
                continue
            saved = Fraction(tier.value - best[-1][1], tier.scale)
            gap = Fraction(tier.value, tier.scale) - low
            assert saved <= gap + row.worth * group.gpu_count, (seed, row)
            judged += 1
            saving += saved > 0
    assert judged > 25
    assert saving > 8
