"""The price lists of the solver prove what its relaxation proves, and so does each near one."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest

from placement.certificate import Bounds
from placement.plan.prices import CapacityPrice, TierPrices
from placement.plan.view import PlanView
from placement.problem.classes import Classes, merge
from placement.problem.compiler import Compiled, compile_snapshot
from placement.problem.components import components
from placement.solvers.exact import solve_exactly
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation
from placement.solvers.pipeline import _begin, _tier_names
from placement.solvers.prices import _namable, _only, joined, price_part, rescaled
from placement.workspace.workspace import ModelDeployment
from tests.certificate.cases import mix_of, view_of
from tests.certificate.lists import with_one_changed
from tests.worlds.generator import random_world
from tests.worlds.world import World

WORLDS, CHUNKS = 400, 4


def members(view: PlanView, classes: Classes) -> list[list[ModelDeployment]]:
    """Return the deployments of each class."""
    enabled = [d for d in view.workspace.deployments if d.enabled]
    return [[enabled[d] for d in own] for own in classes.members]


def demands(deployment: ModelDeployment) -> tuple[int, int]:
    return deployment.cpus, deployment.memory


class Priced:
    """A random world, solved part by part, with the price lists of its parts."""

    def __init__(self, world: World) -> None:
        view, mix = view_of(world), mix_of(world)
        self.bounds = Bounds(view, mix)
        classes = merge(compiled_of(world))
        whole = classes.compiled
        # Deployments that differ in what never runs short are one class, and not one lot.
        self.mixed = any(len({demands(d) for d in own}) > 1 for own in members(view, classes))
        self.values: Counter[str] = Counter()
        self.relaxed: Counter[str] = Counter()
        lists = []
        for part, _, _ in components(whole):
            begun = _begin(part, ())
            effort = Limits().effort(30.0)
            solved = solve_exactly(part, begun.first, effort, report=lambda *told: None)
            assert solved.exact
            problem = begun.problem
            lists.append(price_part(part.catalog, problem, solved.values, Limits()))
            named = _only(problem, _namable(problem))
            start = np.zeros(len(problem.low), np.int64)
            for number, tier in enumerate(problem.tiers):
                closed = list(zip(problem.tiers[:number], solved.values[:number], strict=True))
                found = Relaxation(named, closed).minimise(tier, start, limits=Limits())
                assert found is not None
                self.values[tier.name] += solved.values[number]
                self.relaxed[tier.name] += found.bound
        self.parts = len(lists)
        self.lists = joined(lists, _tier_names(whole)) if lists else ()


def compiled_of(world: World) -> Compiled:
    view = view_of(world)
    billed = world.billing == "node"
    return compile_snapshot(
        view.workspace, view.catalog, objective=mix_of(world), bill_nodes=billed, masks={}
    )


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_prices_prove_what_the_relaxation_proves_and_never_too_much(chunk: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(chunk, WORLDS, CHUNKS):
        priced = Priced(random_world(seed))
        for prices in priced.lists:
            assert list(priced.bounds.faults(prices)) == []
            bound, value = (
                priced.bounds.bound(prices, priced.values),
                priced.values[prices.tier],
            )
            assert bound <= value, (seed, prices)
            lost = bound < priced.relaxed[prices.tier]
            # Parts whose earlier tiers are not proved by prices cannot agree on their worth.
            assert not lost or priced.parts > 1 or priced.mixed, (seed, prices)
            counts["lists"] += 1
            counts["lost"] += lost
            counts["all"] += bound == value
            for number in range(4):
                changed = with_one_changed(Random(f"{seed} {prices.tier} {number}"), prices)
                assert priced.bounds.bound(changed, priced.values) <= value, (seed, changed)
                counts["changed"] += 1
    assert counts["lists"] > 120
    assert counts["changed"] > 480
    assert counts["lost"] < counts["lists"] / 20
    assert counts["all"] > counts["lists"] / 2


def test_coarser_prices_prove_nearly_the_same() -> None:
    prices = TierPrices(
        "cost", 10, (CapacityPrice("a", "gpus", 1535), CapacityPrice("b", "cpus", 1)), {"moves": 3}
    )
    coarser = rescaled(prices, 1)
    assert coarser == TierPrices("cost", 1, (CapacityPrice("a", "gpus", 3),), {"moves": 1})
    assert rescaled(prices, 10) is prices


def test_parts_agree_on_the_worth_of_an_earlier_tier_by_adding_its_proof() -> None:
    short = (
        TierPrices("unplaced", 1, (CapacityPrice("a", "gpus", 2),)),
        TierPrices("cost", 1, (CapacityPrice("a", "gpus", 10),), {"unplaced": 4}),
    )
    plenty = (TierPrices("cost", 1, (), {"unplaced": 10}),)
    (_, cost) = joined([short, plenty], ["unplaced", "moves", "cost"])
    assert cost.earlier == {"unplaced": 10}
    # Six half steps more, each with the price of one GPU in its proof.
    assert cost.capacity == (CapacityPrice("a", "gpus", 10), CapacityPrice("a", "gpus", 6))
