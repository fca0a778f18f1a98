"""Fleets of any size with what is asked of them, drawn from a seed by stated distributions.

An instance is feasible by construction: every deployment is given room on drawn nodes while it is
drawn (large replicas first), and asks for as many replicas as had room. Nothing runs yet.

- *Regions* of the public-cloud catalog in North America, Europe and Asia, weighted like 1 / rank.
- *Node groups*: a GPU model by its share in ``SKUS``, a region, one of three zones, a price within
  10 % of 1.6, 1 or 0.5 times the model's (on demand, reserved, spot). How many groups there are
  does not depend on the number of nodes.
- *Environments*: none, one continent, one country, one provider, or a price limit (``KINDS``).
- *Deployments* list one to three GPU models (85 %) or any, ask for 1, 2, 4 or 8 GPUs per replica
  (``SIZES``), and are Pareto-distributed in GPUs.

``easy``: GPUs alone bind. ``hard``: the deployments that list one of three ``CONTENDED`` models ask
for ``HARD_FILL`` of its GPUs; 10 % are spread, 10 % need more CPUs and 10 % more memory per GPU
than the nodes have; seven of ten contended ones accept a second model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from benchmarks.planting import Ints, Planting, Room, Wish
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.load import load_catalog
from placement.catalog.rows import UNIT, NodeGroup, Region
from placement.catalog.shipped import shipped
from placement.policies.base import Policy
from placement.policies.location import LocationPolicy
from placement.policies.price import PricePolicy
from placement.policies.provider import ProviderPolicy
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment, ModelDeployment, Workspace


@dataclass(frozen=True)
class Sku:
    """A kind of node: GPUs, CPUs and GiB per GPU, USD per GPU and hour, share of the groups."""

    gpus: int
    cpus: int
    memory: int
    price: float
    share: float


SKUS = {
    "T4": Sku(4, 12, 48, 0.5, 0.12),
    "L4": Sku(8, 12, 48, 0.8, 0.15),
    "A10G": Sku(8, 12, 48, 1.1, 0.07),
    "L40S": Sku(8, 16, 96, 1.9, 0.08),
    "A100-40GB": Sku(16, 6, 85, 2.9, 0.23),
    "A100-80GB": Sku(8, 12, 170, 3.6, 0.15),
    "H100-SXM": Sku(8, 24, 256, 6.2, 0.15),
    "H200-SXM": Sku(8, 24, 256, 7.5, 0.05),
}
CONTENDED = {"A100-40GB": "A100-80GB", "A100-80GB": "H100-SXM", "H100-SXM": "H200-SXM"}
"""Contended model to what a flexible deployment accepts besides."""
CONTINENTS = ("NA", "EU", "AS")
REGIONS = 40
TERMS = ((1.6, 0.3), (1.0, 0.4), (0.5, 0.3))
"""Part of the price, and share of the groups that have it."""
SIZES = {1: 0.45, 2: 0.25, 4: 0.18, 8: 0.12}
KINDS = {"none": 0.4, "continent": 0.3, "country": 0.15, "provider": 0.1, "price": 0.05}
MOST_PER_GPU = 2.0
"""USD per GPU and hour: the price limit of the environment that has one."""
HARD_FILL = 0.88
REST_FILL = 0.55
FLEXIBLE = 0.7
ANY = 0.15
"""Of the deployments list no GPU model."""
LEAN_CPUS, LEAN_MEMORY = (1, 5), (8, 40)
"""Per GPU; no node has fewer CPUs than 6 or less memory than 48 GiB per GPU."""
REDRAWS = 10
ROOMY = 3
"""Times the GPUs that a deployment should get, its environment has at least."""


@dataclass(frozen=True)
class Instance:
    """A fleet and everything that is asked of it; nothing runs yet."""

    catalog: Catalog
    workspace: Workspace


@dataclass(frozen=True)
class Drawing:
    """The parameters of a drawn instance.

    Attributes
    ----------
    variant : str
        ``easy`` or ``hard``.
    deployments, nodes, groups : int
    fill : float
        Share of all GPUs that is asked for, about (``easy``).
    times, replicas_times : int
        So many times the nodes of each group, and the replicas of each deployment.
    single_gpus : bool
        Whether every replica takes one GPU.
    """

    variant: str = "easy"
    deployments: int = 300
    nodes: int = 1_000
    groups: int = 100
    fill: float = 0.8
    seed: int = 1
    times: int = 1
    replicas_times: int = 1
    single_gpus: bool = False


def drawn(drawing: Drawing) -> Instance:
    """Return the instance of a drawing."""
    rng = np.random.default_rng(drawing.seed)
    regions = _regions(rng)
    groups = _groups(rng, regions, drawing)
    policies = _policies(regions)
    room = Room(make_catalog(regions, base().gpus.values(), groups), policies)
    wishes = Wishes(rng, drawing, room).drawn()
    asked = Planting(rng, room, wishes).planted()
    grown = [replace(group, count=group.count * drawing.times) for group in groups]
    catalog = make_catalog(regions, base().gpus.values(), grown, name=drawing.variant)
    deployments = [
        _deployment(number, wish, count * drawing.replicas_times)
        for number, (wish, count) in zip(rng.permutation(len(asked)).tolist(), asked, strict=True)
    ]
    environments = [Environment(name=name, policies=(name,)) for name in policies]
    return Instance(catalog, make_workspace(policies.values(), environments, deployments))


def _deployment(number: int, wish: Wish, replicas: int) -> ModelDeployment:
    fields: dict[str, Any] = {
        "name": f"model-{number:06}",
        "environment": wish.environment,
        "version": "1",
        "replicas": replicas,
        "flavors": [{"type": "gpu", "name": name} for name in wish.flavors],
        "resources": {"gpus": wish.size, "cpus": wish.cpus, "memoryGiB": wish.memory},
    }
    if wish.domain is not None:
        fields["spread"] = [{"over": wish.domain, "maxPerDomain": wish.most}]
    return ModelDeployment.model_validate(fields)


@cache
def base() -> Catalog:
    """Return the public-cloud catalog, for its regions and GPU models."""
    return load_catalog(shipped("catalogs", "public-cloud"))


# ----------------------------------------------------------------------- fleet


def _regions(rng: np.random.Generator) -> list[Region]:
    known = [region for region in base().regions.values() if region.continent in CONTINENTS]
    return [known[i] for i in rng.choice(len(known), REGIONS, replace=False)]


def _groups(rng: np.random.Generator, regions: list[Region], drawing: Drawing) -> list[NodeGroup]:
    shares = np.array([sku.share for sku in SKUS.values()])
    # Every model has its share of the groups; which group has which is drawn.
    models = np.repeat(list(SKUS), np.maximum(1, np.round(shares * drawing.groups).astype(int)))
    models = rng.permutation(np.resize(models, drawing.groups))
    weights = 1 / np.arange(1, len(regions) + 1)
    where = rng.choice(len(regions), drawing.groups, p=weights / weights.sum())
    counts = parts(rng, drawing.nodes, drawing.groups)
    return [
        _group(rng, i, str(models[i]), regions[where[i]], int(counts[i]))
        for i in range(drawing.groups)
    ]


def parts(rng: np.random.Generator, total: int, number: int) -> Ints:
    """Return so many drawn whole numbers of at least 1 that add up to a total."""
    weights = rng.exponential(size=number)
    edges = np.round(np.cumsum(weights) / weights.sum() * (total - number)).astype(np.int64)
    found: Ints = np.diff(edges, prepend=0) + 1
    return found


def _group(
    rng: np.random.Generator, number: int, model: str, region: Region, count: int
) -> NodeGroup:
    sku = SKUS[model]
    term = rng.choice([t for t, _ in TERMS], p=[share for _, share in TERMS])
    return NodeGroup(
        name=f"{model.lower()}-{number:05}",
        region=region,
        zone=f"{region.code}{rng.choice(list('abc'))}",
        instance_type=f"{model.lower()}.{sku.gpus}",
        flavor_type="gpu",
        flavor=model,
        gpu_count=sku.gpus,
        cpus=sku.gpus * sku.cpus * UNIT,
        memory=sku.gpus * sku.memory * UNIT,
        price=cents(sku.gpus * sku.price * term * rng.uniform(0.9, 1.1)),
        count=count,
    )


def cents(usd: float) -> int:
    """Return a price in nano-USD, rounded to cents."""
    return round(usd * 100) * 10**7


def _policies(regions: Sequence[Region]) -> dict[str, Policy]:
    """Return the policies by name; each has an environment of its own name."""
    found: list[Policy] = [
        location(f"continent-{code.lower()}", "continent", [code]) for code in CONTINENTS
    ]
    found += [
        location(f"country-{code.lower()}", "country", [code])
        for code in _most_common(region.country for region in regions)[:6]
    ]
    found += [
        ProviderPolicy.model_validate({"name": f"provider-{name}", "providers": [name]})
        for name in _most_common(region.provider for region in regions)[:3]
    ]
    limit = {"name": "price", "maxPricePerGpuHour": MOST_PER_GPU}
    found.append(PricePolicy.model_validate(limit))
    return {policy.name: policy for policy in found}


def location(name: str, kind: str, codes: Sequence[str]) -> LocationPolicy:
    """Return a policy that allows some places of one kind."""
    entries = [{"type": kind, "name": code} for code in codes]
    return LocationPolicy.model_validate({"name": name, "locations": entries})


def _most_common(names: Iterable[str]) -> list[str]:
    found, counts = np.unique(list(names), return_counts=True)
    return [str(found[i]) for i in np.lexsort((found, -counts))]


# ---------------------------------------------------------------------- wishes


class Wishes:
    """Draws deployments, with the GPUs that each of them should get."""

    def __init__(self, rng: np.random.Generator, drawing: Drawing, room: Room) -> None:
        self.rng, self.drawing, self.room = rng, drawing, room
        self.is_hard = drawing.variant == "hard"

    def drawn(self) -> list[Wish]:
        """Return all of them, large replicas first."""
        wishes = [self._wish(model, target) for model, target in self._targets()]
        return sorted(wishes, key=lambda wish: -wish.size)

    def _targets(self) -> list[tuple[str, float]]:
        """Return per deployment the GPU model that it is for, and its GPUs.

        Every model gets deployments by its GPUs, and they ask for its fill of them.
        """
        names = list(SKUS)
        sizes = np.array([float(self.room.gpus_of(name)) for name in names])
        weights = self.rng.pareto(1.8, self.drawing.deployments) + 1
        own = self.rng.choice(len(names), len(weights), p=sizes / sizes.sum())
        sums = np.bincount(own, weights, len(names))
        return [
            (names[i], self._fill(names[i]) * sizes[i] / sums[i] * weight)
            for i, weight in zip(own, weights, strict=True)
        ]

    def _fill(self, model: str) -> float:
        if not self.is_hard:
            return self.drawing.fill
        return HARD_FILL if model in CONTENDED else REST_FILL

    def _wish(self, model: str, target: float) -> Wish:
        """Return a deployment; anywhere if the drawn environments have no room for it."""
        environments = [*(self._environment() for _ in range(REDRAWS)), "production"]
        flavors = self._flavors(model)
        for environment in environments:
            wish = self._made(model, flavors, environment, target)
            if environment == "production" or self._is_roomy(wish, target):
                break
        return wish

    def _is_roomy(self, wish: Wish, target: float) -> bool:
        return self.room.gpus(self.room.eligible(wish)) > ROOMY * target

    def _environment(self) -> str:
        kind = str(self.rng.choice(list(KINDS), p=list(KINDS.values())))
        names = [name for name in self.room.policies if name.startswith(kind)]
        return str(self.rng.choice(names)) if names else "production"

    def _made(self, model: str, flavors: tuple[str, ...], environment: str, target: float) -> Wish:
        largest = min(SKUS[name].gpus for name in flavors or SKUS)
        sizes = {size: weight for size, weight in SIZES.items() if size <= largest}
        if self.drawing.single_gpus:
            sizes = {1: 1.0}
        weights = np.array(list(sizes.values()))
        size = int(self.rng.choice(list(sizes), p=weights / weights.sum()))
        wish = Wish(model, flavors, environment, size, target=max(1, round(target / size)))
        return self._needy(wish) if self.is_hard else self._lean(wish)

    def _flavors(self, model: str) -> tuple[str, ...]:
        if self.is_hard and model in CONTENDED:
            return (model, CONTENDED[model]) if self.rng.random() < FLEXIBLE else (model,)
        if self.rng.random() < ANY and not self.is_hard:
            return ()
        others = [n for n in SKUS if n != model and not (self.is_hard and n in CONTENDED)]
        more = self.rng.choice(others, int(self.rng.integers(3)), replace=False)
        return (model, *(str(name) for name in more))

    def _lean(self, wish: Wish) -> Wish:
        """Ask for fewer CPUs and less memory per GPU than any node has."""
        cpus, memory = self.rng.integers(*LEAN_CPUS), self.rng.integers(*LEAN_MEMORY)
        return replace(wish, cpus=int(cpus) * wish.size, memory=int(memory) * wish.size)

    def _needy(self, wish: Wish) -> Wish:
        """Spread one in ten, and let two in ten ask for more than their share of a node."""
        lean = self._lean(wish)
        more = self.rng.uniform(1.2, 1.9) * wish.size
        sku = SKUS[wish.model]
        match self.rng.integers(10):
            case 0:
                domain = str(self.rng.choice(["region", "zone", "node"]))
                parts = 1 if domain == "node" else int(self.rng.integers(2, 6))
                most = 1 if domain == "node" else -(-wish.target // parts)
                return replace(lean, domain=domain, most=most)
            case 1 if wish.size * 2 <= sku.gpus:
                return replace(lean, cpus=int(sku.cpus * more))
            case 2 if wish.size * 2 <= sku.gpus:
                return replace(lean, memory=int(sku.memory * more))
            case _:
                return lean
