"""Random worlds with their optimum, in the words of the certificate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from placement.certificate import Bounds
from placement.objectives.mix import Mix, parse_objective
from placement.objectives.tiers import tiers_of
from placement.options import Billing
from placement.plan.resolve import resolve_rows
from placement.plan.view import PlanView
from tests.worlds.base import OBJECTIVES
from tests.worlds.generator import random_world, solved_world
from tests.worlds.oracle import optimum
from tests.worlds.package import assignments_of, catalog_of, workspace_of
from tests.worlds.world import World


@dataclass(frozen=True)
class Case:
    """A world, the bounds of its price lists, and the tiers of some plan of it."""

    world: World
    bounds: Bounds
    values: dict[str, int]

    def excess(self, tier: str, bound: int) -> int:
        """Return by how much a bound is above the value of a tier."""
        return bound - self.values.get(tier, 0)


def mix_of(world: World) -> Mix:
    return parse_objective(world.objective, billing=Billing(world.billing))


def view_of(world: World) -> PlanView:
    workspace = workspace_of(world)
    return PlanView(catalog_of(world), workspace, (), workspace.running)


def best_case(seed: int) -> Case:
    """Return a random world with the tiers of its optimum."""
    world, best = solved_world(seed)
    return Case(world, Bounds(view_of(world), mix_of(world)), dict(best.tiers))


def other_case(seed: int) -> Case:
    """Return a random world with the tiers of a plan that is best for another objective."""
    world = random_world(seed)
    rng = Random(seed)
    other = replace(world, objective=rng.choice([o for o in OBJECTIVES if o != world.objective]))
    rows = assignments_of(world, optimum(other, pooled=rng.random() < 0.5).rows)
    view = resolve_rows(workspace_of(world), catalog_of(world), rows).view
    values = {tier.name: tier.value for tier in tiers_of(view, mix_of(world))}
    return Case(world, Bounds(view_of(world), mix_of(world)), values)


def tiers_and_lists(case: Case, lists: int) -> Iterator[tuple[str, Random]]:
    """Yield every tier of a case so many times, each with its own source of chance."""
    for tier in case.bounds.tiers:
        for number in range(lists):
            yield tier, Random(f"{case.world.seed} {tier} {number}")
