"""Fleets of any size with what is asked of them, drawn from a seed by stated distributions.

An instance is feasible by construction: every deployment is given room on drawn nodes while it is
drawn (large replicas first), and asks for as many replicas as had room. Nothing runs yet.

- *Regions* of the public-cloud catalog in North America, Europe and Asia, weighted like 1 / rank.
- *Node groups*: a GPU model by its share in ``SKUS``, a region, one of three zones, a price within
  10 % of 2, 1 or 0.4 times the model's (on demand, reserved, spot). How many groups there are
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
from benchmarks.wishes import SKUS, Drawing, Wishes
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

CONTINENTS = ("NA", "EU", "AS")
REGIONS = 40
TERMS = ((2.0, 0.3), (1.0, 0.4), (0.4, 0.3))
"""Part of the price, and share of the groups that have it."""
MOST_PER_GPU = 2.0
"""USD per GPU and hour: the price limit of the environment that has one."""


@dataclass(frozen=True)
class Instance:
    """A fleet and everything that is asked of it; nothing runs yet."""

    catalog: Catalog
    workspace: Workspace


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
