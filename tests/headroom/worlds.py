"""Small worlds with something running, and the room that is left counted by trying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from random import Random

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeGroup
from placement.constraints.spread import Spread as SpreadRule
from placement.plan.view import PlacedRow, PlanView
from placement.verifier.rules import plan_faults
from placement.workspace.assignment import Assignment
from placement.workspace.fields import MAX_REPLICAS
from placement.workspace.workspace import Domain, ModelDeployment, Spread, Workspace
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

Place = tuple[NodeGroup, int]
NOT_ASKED = {"demand"}
"""Rules on how many replicas are wanted."""


@dataclass(frozen=True)
class Case:
    """A fleet, what runs on it, and the deployment of which more replicas are asked for."""

    catalog: Catalog
    workspace: Workspace
    deployment: ModelDeployment

    @property
    def places(self) -> list[Place]:
        return [(group, i) for group in self.catalog.node_groups for i in range(group.count)]


def random_case(seed: int) -> Case:
    """Return a random world, filled at random with what breaks no rule."""
    rng = Random(seed)
    world = random_world(seed)
    catalog = catalog_of(world)
    asked = workspace_of(replace(world, running=()))
    deployments = [
        one.model_copy(update={"enabled": True, "replicas": MAX_REPLICAS, "min_replicas": 0})
        for one in asked.deployments
    ]
    mine = rng.choice(deployments)
    if rng.random() < 0.6:
        wished = mine.model_copy(update={"spread": tuple(_spread(rng))})
        deployments[deployments.index(mine)] = wished
        mine = wished
    workspace = asked.revised(deployments=tuple(deployments))
    rows = _filled(rng, workspace, catalog)
    return Case(catalog, workspace.revised(running=tuple(map(assignment, rows))), mine)


def _spread(rng: Random) -> Iterator[Spread]:
    for over in rng.sample(list(Domain), rng.choice((1, 1, 1, 2, 3))):
        field = rng.choice(("max_per_domain", "max_per_domain", "min_domains", "max_skew"))
        yield Spread(over=over, **{field: rng.randint(1, 3)})


def _filled(rng: Random, workspace: Workspace, catalog: Catalog) -> list[PlacedRow]:
    rows: list[PlacedRow] = []
    places = [(group, i) for group in catalog.node_groups for i in range(group.count)]
    for _ in range(rng.randint(0, 6)):
        one = rng.choice(workspace.deployments)
        tried = with_one_more(rows, one, rng.choice(places))
        for more in tried:
            if not broken(PlanView(catalog, workspace, tuple(more))):
                rows = more
                break
    return rows


def broken(view: PlanView) -> list[str]:
    """Return what the verifier's rules say against rows, but for how many are wanted.

    New replicas on cordoned nodes are not told from running ones: the caller asks for that.
    """
    return [str(v) for v in plan_faults(view) if v.rule not in NOT_ASKED]


def with_one_more(
    rows: list[PlacedRow], one: ModelDeployment, place: Place
) -> Iterator[list[PlacedRow]]:
    """Yield the rows with one more replica on a node, on each GPU of it for a share."""
    group, index = place
    for gpu in range(len(group.gpu_slots)) if one.is_share else (None,):
        found, added = [], False
        for row in rows:
            same = (row.deployment.key, row.node, row.gpu) == (one.key, group.node(index), gpu)
            found.append(replace(row, replicas=row.replicas + 1) if same else row)
            added = added or same
        yield found if added else [*found, PlacedRow(one, group, index, gpu, 1)]


def assignment(row: PlacedRow) -> Assignment:
    group, region = row.group, row.group.region
    return Assignment(
        model=row.deployment.name,
        environment=row.deployment.environment,
        version=row.deployment.version,
        node=row.node,
        provider=region.provider,
        region=region.code,
        zone=group.zone,
        country=region.country,
        continent=region.continent,
        flavor=group.flavor,
        replicas=row.replicas,
        gpus=row.deployment.gpus * row.replicas,
        cost=0,
        gpu=row.gpu,
    )


def placed(case: Case) -> list[PlacedRow]:
    """Return what runs as rows of a plan."""
    found = []
    for row in case.workspace.running:
        place = case.catalog.find_node(row.node)
        assert place is not None
        one = case.workspace.by_key[row.key]
        found.append(PlacedRow(one, *place, row.gpu, row.replicas))
    return found


def fits_by_trying(case: Case) -> dict[str, int]:
    """Return by node how many replicas can be added there one by one until a rule breaks.

    ``spread`` is left out: it is the only rule that counts replicas over several nodes.
    """
    bare = case.deployment.model_copy(update={"spread": ()})
    workspace = swapped(case.workspace, bare)
    found = {}
    for group, index in case.places:
        rows, steps = [_of(row, bare) for row in placed(case)], 0
        while (more := _one_more(case.catalog, workspace, rows, bare, (group, index))) is not None:
            rows, steps = more, steps + 1
        found[group.node(index)] = steps
    return found


def _one_more(
    catalog: Catalog,
    workspace: Workspace,
    rows: list[PlacedRow],
    one: ModelDeployment,
    place: Place,
) -> list[PlacedRow] | None:
    for more in with_one_more(rows, one, place):
        if not broken(PlanView(catalog, workspace, tuple(more), workspace.running)):
            return more
    return None


def _of(row: PlacedRow, one: ModelDeployment) -> PlacedRow:
    return replace(row, deployment=one) if row.deployment.key == one.key else row


def swapped(workspace: Workspace, one: ModelDeployment) -> Workspace:
    """Return a workspace with another deployment in the place of the one of its key."""
    others = tuple(one if other.key == one.key else other for other in workspace.deployments)
    return workspace.revised(deployments=others)


def most_by_trying(case: Case, fits: Mapping[str, int]) -> int:
    """Return the greatest number of replicas over nodes of which ``spread`` says nothing.

    Every way to deal them out is tried, from the largest number down.
    """
    nodes = [node for node, fit in fits.items() if fit]
    ways = sorted(product(*(range(fits[node] + 1) for node in nodes)), key=sum, reverse=True)
    own = [row for row in placed(case) if row.deployment.key == case.deployment.key]
    for way in ways:
        new = [
            PlacedRow(case.deployment, *case.catalog.find_node(node), None, count)
            for node, count in zip(nodes, way, strict=True)
            if count
        ]
        view = PlanView(case.catalog, case.workspace, (*own, *new))
        if not list(SpreadRule().check(view)):
            return sum(way)
    return 0
