"""Random tiny worlds in which something runs that breaks no rule, and what may be added to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeGroup
from placement.constraints.base import Violation
from placement.constraints.eligibility import Eligibility
from placement.explanation.standing import Standing
from placement.plan.view import PlacedRow, PlanView
from placement.verifier.rules import plan_faults
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.worlds.generator import random_world
from tests.worlds.package import assignments_of, catalog_of, workspace_of
from tests.worlds.world import Row, World

FIRST_SEED = 500_000
MOST = 12
"""How many replicas are thrown at a world."""

Spot = tuple[ModelDeployment, NodeGroup, int, int | None]
"""Deployment, node group, node index, and for a share the GPU."""


@dataclass(frozen=True)
class Case:
    """A world and what runs in it, as the package's own objects."""

    world: World
    catalog: Catalog
    workspace: Workspace

    @property
    def rows(self) -> tuple[PlacedRow, ...]:
        return Standing(self.workspace, self.catalog).view.rows

    def faults(self, *added: PlacedRow) -> list[Violation]:
        """Return the rules that are broken by what runs, with more replicas beside it."""
        rows = (*self.rows, *added)
        view = PlanView(self.catalog, self.workspace, rows, self.workspace.running)
        return list(plan_faults(view))


def cases(count: int, first: int = FIRST_SEED) -> Iterator[Case]:
    """Yield so many cases."""
    for seed in range(first, first + count):
        yield case_of(random_world(seed), Random(seed))


def case_of(world: World, rng: Random) -> Case:
    """Return a world in which some random replicas run: as many as break no rule."""
    catalog, workspace = catalog_of(world), workspace_of(world)
    judge = Eligibility(workspace, catalog)
    every = [
        spot
        for one in workspace.deployments
        if one.enabled
        for spot in spots(catalog, one)
        if judge.refusal(one, spot[1]) is None and catalog.state_of(*spot[1:3]).holds
    ]
    thrown = rng.choices(every, k=rng.randrange(MOST)) if every else []
    while True:
        rows = assignments_of(world, rows_of(thrown))
        found = Case(world, catalog, workspace.revised(running=rows))
        faults = found.faults()
        if not faults:
            return found
        thrown.remove(rng.choice(_to_blame(thrown, faults[0].subject)))


def _to_blame(thrown: list[Spot], subject: str) -> list[Spot]:
    """Return the replicas of the deployment, or on the node, that a fault is about."""
    named = [
        spot
        for spot in thrown
        if subject in (f"{spot[0].name}@{spot[0].environment}", f"node {spot[1].node(spot[2])}")
    ]
    return named or thrown


def spots(catalog: Catalog, deployment: ModelDeployment) -> Iterator[Spot]:
    """Yield everywhere that one replica could be put, sensible or not."""
    for group in catalog.node_groups:
        slots = range(len(group.gpu_slots)) if deployment.is_share else (None,)
        for index in range(group.count):
            for gpu in slots or (None,):
                yield deployment, group, index, gpu


def rows_of(thrown: list[Spot]) -> list[Row]:
    """Return replicas as rows: those of one deployment in one spot together."""
    count = Counter((one.key, group.node(index), gpu) for one, group, index, gpu in thrown)
    asked = {one.key: one for one, *_ in thrown}
    return [
        Row(*key, asked[key].version, node, n, asked[key].gpus * n, gpu)
        for (key, node, gpu), n in count.items()
    ]
