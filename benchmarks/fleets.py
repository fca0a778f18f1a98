"""Fleets of any size with deployments that already run on them, drawn from a seed.

The instance is drawn by these parameters and nothing else:

- regions of the public-cloud catalog, chosen at random; each holds node groups of ``SKUS``,
  ``PER_GROUP`` nodes each, until the wished number of nodes is there;
- deployments ask for 1, 2, 4 or 8 GPUs per replica (``SIZES``), Pareto-distributed in total;
  60 % list one or two GPU models, 40 % take any; 30 % are in an environment whose policy admits
  one continent, 5 % have at most 20 replicas in a zone or region;
- what runs is put on random eligible nodes that have room, up to the wished fill of the GPUs;
- every tenth deployment has a later version of itself in ``staging``, which runs nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import UNIT, NodeGroup, Region
from placement.plan.view import domain_of
from placement.policies.location import LocationPolicy
from placement.pricing import unit_price
from placement.workspace.assignment import Assignment
from placement.workspace.making import make_workspace
from placement.workspace.transitions.edits import remade
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

SKUS = {
    "T4": (4, 48, 192, 2.0),
    "L4": (4, 48, 192, 3.2),
    "A100-80GB": (8, 96, 1360, 29.0),
    "H100-SXM": (8, 192, 2048, 78.0),
}
"""GPU model to (GPUs, CPUs, GiB, USD per hour) of a node."""
PER_GROUP = 20
REGIONS = 40
SIZES = {1: 55, 2: 25, 4: 15, 8: 5}
SPREAD = 0.05
CONTINENTS = ("NA", "EU", "AS")
TRIES = 400
"""Random nodes that are tried for a replica before it is left out."""


@dataclass(frozen=True)
class Instance:
    """A fleet, what runs on it, and the models that may be released from staging."""

    catalog: Catalog
    workspace: Workspace
    releasable: tuple[tuple[str, str], ...]
    """Model, and the environment where it runs."""


def draw(
    base: Catalog,
    *,
    nodes: int,
    deployments: int,
    fill: float,
    seed: int = 1,
    larger: int = 1,
) -> Instance:
    """Return an instance of so many nodes and running deployments.

    Parameters
    ----------
    fill : float
        Share of the GPUs that is in use, about.
    larger : int
        So many times the GPUs per replica are asked for by the later versions, 8 at most.
    """
    rng = Random(seed)
    catalog = _fleet(base, nodes, rng)
    gpus = sum(group.gpu_count * group.count for group in catalog.node_groups)
    weights = [rng.paretovariate(1.8) for _ in range(deployments)]
    each = fill * gpus / sum(weights)
    running = _Running(catalog, rng)
    objects = []
    for number, weight in enumerate(weights):
        wish = _deployment(rng, number, weight * each)
        placed = running.put(wish)
        objects.append(wish.model_copy(update={"replicas": max(1, placed)}))
    later = [_later(one, larger) for one in objects[::10]]
    workspace = _workspace([*objects, *later], running.rows)
    return Instance(
        catalog,
        workspace,
        tuple((d.name, o.environment) for d, o in zip(later, objects[::10], strict=True)),
    )


def _fleet(base: Catalog, nodes: int, rng: Random) -> Catalog:
    known = [region for region in base.regions.values() if region.continent in CONTINENTS]
    regions = rng.sample(known, REGIONS)
    groups: list[NodeGroup] = []
    left = nodes
    while left > 0:
        groups.append(_group(rng, len(groups), rng.choice(regions), left))
        left -= groups[-1].count
    return make_catalog(regions, base.gpus.values(), groups, name="drawn")


def _group(rng: Random, number: int, region: Region, left: int) -> NodeGroup:
    gpu = rng.choice(list(SKUS))
    gpus, cpus, memory, price = SKUS[gpu]
    return NodeGroup(
        name=f"{gpu.lower()}-{number:05}",
        region=region,
        zone=f"{region.code}{rng.choice('abc')}",
        instance_type=f"{gpu.lower()}.{gpus}",
        flavor_type="gpu",
        flavor=gpu,
        gpu_count=gpus,
        cpus=cpus * UNIT,
        memory=memory * UNIT,
        price=round(price * rng.uniform(0.8, 1.4) * 100) * 10**7,
        count=min(left, rng.randint(1, 2 * PER_GROUP)),
    )


def _deployment(rng: Random, number: int, gpus: float) -> ModelDeployment:
    size = rng.choices(list(SIZES), list(SIZES.values()))[0]
    models = [name for name in SKUS if SKUS[name][0] >= size]
    listed = rng.sample(models, min(len(models), rng.randint(1, 2))) if rng.random() < 0.6 else []
    fields: dict[str, Any] = {
        "name": f"model-{number:05}",
        "environment": rng.choice(CONTINENTS).lower() if rng.random() < 0.3 else "production",
        "version": "1",
        "replicas": max(1, round(gpus / size)),
        "flavors": [{"type": "gpu", "name": name} for name in listed],
        "resources": {"gpus": size, "cpus": 4 * size, "memoryGiB": 16 * size},
    }
    if rng.random() < SPREAD:
        fields["spread"] = [{"over": rng.choice(["zone", "region"]), "maxPerDomain": 20}]
    return ModelDeployment.model_validate(fields)


def _later(one: ModelDeployment, larger: int) -> ModelDeployment:
    """Return the version in staging that is to replace a running one."""
    fields: dict[str, Any] = {"environment": "staging", "version": "2"}
    if larger > 1:
        gpus = Decimal(min(8 * UNIT, one.gpus * larger)) / UNIT
        resources = one.resources.model_copy(update={"gpus": gpus})
        replicas = max(1, one.replicas // (2 * larger))
        fields |= {"resources": resources, "replicas": replicas, "flavors": ()}
    return remade(one, **fields)


class _Running:
    """Puts replicas on random nodes that have room."""

    def __init__(self, catalog: Catalog, rng: Random) -> None:
        self.catalog, self.rng = catalog, rng
        self.rows: list[Assignment] = []
        self.free = {group.name: [group.gpu_count] * group.count for group in catalog.node_groups}

    def put(self, deployment: ModelDeployment) -> int:
        """Run a deployment; return how many of its replicas have a node."""
        names = {entry.name for entry in deployment.flavors}
        place = deployment.environment.upper()
        groups = [
            group
            for group in self.catalog.node_groups
            if (not names or group.flavor in names)
            and (place not in CONTINENTS or group.region.continent == place)
        ]
        size = deployment.gpus // UNIT
        counts: Counter[tuple[str, int]] = Counter()
        domains: Counter[str] = Counter()
        for _ in range(deployment.replicas):
            node = self._node(groups, size)
            if node is None:
                break
            group, index = node
            for entry in deployment.spread:
                domains[domain_of(group, index, entry.over)] += 1
            if any(count > 20 for count in domains.values()):
                break
            self.free[group.name][index] -= size
            counts[group.name, index] += 1
        self.rows += [self._row(deployment, *node, n) for node, n in sorted(counts.items())]
        return counts.total()

    def _node(self, groups: list[NodeGroup], size: int) -> tuple[NodeGroup, int] | None:
        for _ in range(TRIES):
            group = self.rng.choice(groups) if groups else None
            if group is None:
                return None
            index = self.rng.randrange(group.count)
            if self.free[group.name][index] >= size:
                return group, index
        return None

    def _row(self, deployment: ModelDeployment, name: str, index: int, count: int) -> Assignment:
        group = self.catalog.groups_by_name[name]
        return Assignment(
            model=deployment.name,
            environment=deployment.environment,
            version=deployment.version,
            node=group.node(index),
            provider=group.region.provider,
            region=group.region.code,
            zone=group.zone,
            country=group.region.country,
            continent=group.region.continent,
            flavor=group.flavor,
            replicas=count,
            gpus=deployment.gpus * count,
            cost=unit_price(deployment, group) * count,
        )


def _workspace(deployments: list[ModelDeployment], rows: list[Assignment]) -> Workspace:
    policies = [
        LocationPolicy.model_validate(
            {"name": code.lower(), "locations": [{"type": "continent", "name": code}]}
        )
        for code in CONTINENTS
    ]
    environments = [Environment(name=c.lower(), policies=(c.lower(),)) for c in CONTINENTS]
    return make_workspace(policies, [*environments, Environment(name="staging")], deployments, rows)
