"""Deployments of one replica each on GPU nodes, drawn from a seed.

Nodes of 16 GPUs, 8 GPU models, 60 regions in 24 countries; a deployment asks for 1, 2,
4 or 8 GPUs, lists one to three models, and may run anywhere, in one continent, or in two to four
countries. About three quarters of the GPUs are asked for, all of them at once to be had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.generator import Instance, base, cents, location
from benchmarks.planting import Planting, Room, Wish
from placement.catalog.catalog import make_catalog
from placement.catalog.rows import UNIT, NodeGroup, Region
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment, ModelDeployment

if TYPE_CHECKING:
    from placement.policies.base import Policy

Floats = NDArray[np.float64]
MODELS = {
    "T4": 0.5,
    "L4": 0.8,
    "A10G": 1.1,
    "L40S": 1.9,
    "A100-40GB": 2.9,
    "A100-80GB": 3.6,
    "H100-SXM": 6.2,
    "H200-SXM": 7.5,
}
"""GPU model to USD per GPU and hour, before the region's factor."""
GPUS = 16
COUNTRIES, PLACES = 24, 60
SIZES = {1: 0.3, 2: 0.25, 4: 0.25, 8: 0.2}
FILL = 0.75
ENVIRONMENTS = 24
"""Of two to four drawn countries each."""


def singles(deployments: int, nodes: int, seed: int) -> Instance:
    """Return deployments of one replica each, on nodes of 16 GPUs."""
    rng = np.random.default_rng(seed)
    regions = _regions(rng)
    groups = _groups(rng, regions, nodes)
    policies = _policies(rng, regions)
    catalog = make_catalog(regions, base().gpus.values(), groups, name="singles")
    room = Room(catalog, policies)
    wishes = sorted(_wishes(rng, deployments, policies, nodes), key=lambda wish: -wish.size)
    planted = Planting(rng, room, wishes).planted()
    numbers = rng.permutation(len(planted)).tolist()
    found = [_single(number, wish) for number, (wish, _) in zip(numbers, planted, strict=True)]
    environments = [Environment(name=name, policies=(name,)) for name in policies]
    return Instance(catalog, make_workspace(policies.values(), environments, found))


def _regions(rng: np.random.Generator) -> list[Region]:
    """Return regions of the countries that have the most, each country at least once."""
    of: dict[str, list[Region]] = {}
    for region in base().regions.values():
        of.setdefault(region.country, []).append(region)
    countries = sorted(of, key=lambda code: (-len(of[code]), code))[:COUNTRIES]
    first = [of[code][0] for code in countries]
    rest = [region for code in countries for region in of[code][1:]]
    more = rng.choice(len(rest), PLACES - len(first), replace=False)
    return [*first, *(rest[i] for i in sorted(more.tolist()))]


def _groups(rng: np.random.Generator, regions: list[Region], nodes: int) -> list[NodeGroup]:
    """Return one node group per drawn (region, model), with as many nodes as were drawn there."""
    drawn = rng.integers(len(regions) * len(MODELS), size=nodes)
    names = list(MODELS)
    factor = rng.uniform(0.8, 1.4, size=(len(regions), len(names)))
    where, counts = np.unique(drawn, return_counts=True)
    return [
        _group(regions[w // len(names)], names[w % len(names)],
               float(factor[w // len(names), w % len(names)]), int(count))
        for w, count in zip(where.tolist(), counts, strict=True)
    ]  # fmt: skip


def _group(region: Region, model: str, factor: float, count: int) -> NodeGroup:
    return NodeGroup(
        name=f"{model.lower()}-{region.provider}-{region.code}",
        region=region,
        zone=f"{region.code}a",
        instance_type=f"{model.lower()}.{GPUS}",
        flavor_type="gpu",
        flavor=model,
        gpu_count=GPUS,
        cpus=GPUS * 12 * UNIT,
        memory=GPUS * 96 * UNIT,
        price=cents(GPUS * MODELS[model] * factor),
        count=count,
    )


def _policies(rng: np.random.Generator, regions: list[Region]) -> dict[str, Policy]:
    continents = sorted({region.continent for region in regions})
    found = [location(f"continent-{c.lower()}", "continent", [c]) for c in continents]
    countries = sorted({region.country for region in regions})
    for number in range(ENVIRONMENTS):
        chosen = rng.choice(countries, int(rng.integers(2, 5)), replace=False)
        found.append(location(f"countries-{number:02}", "country", [str(c) for c in chosen]))
    return {policy.name: policy for policy in found}


def _wishes(
    rng: np.random.Generator, deployments: int, policies: dict[str, Policy], nodes: int
) -> list[Wish]:
    """Return deployments whose GPUs add up to the fill, about."""
    sizes = np.array(list(SIZES), float)
    weights = np.array(list(SIZES.values()))
    # So many more or fewer large replicas that the mean size gives the fill.
    tilted = weights * sizes ** tilt(sizes, weights, FILL * nodes * GPUS / deployments)
    size = rng.choice(sizes, deployments, p=tilted / tilted.sum())
    names = list(MODELS)
    wishes = []
    for gpus in size.astype(int).tolist():
        listed = [str(n) for n in rng.choice(names, int(rng.integers(1, 4)), replace=False)]
        kind = rng.choice(["production", "continent", "countries"], p=[0.4, 0.3, 0.3])
        chosen = [name for name in policies if name.startswith(str(kind))]
        place = str(rng.choice(chosen)) if chosen else "production"
        wishes.append(Wish(listed[0], tuple(listed), place, gpus, cpus=4 * gpus, memory=16 * gpus))
    return wishes


def tilt(sizes: Floats, weights: Floats, mean: float) -> float:
    """Return the power of the size whose weights have a mean size, by bisection."""
    low, high = -4.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        tilted = weights * sizes**middle
        low, high = (middle, high) if (tilted @ sizes) / tilted.sum() < mean else (low, middle)
    return low


def _single(number: int, wish: Wish) -> ModelDeployment:
    return ModelDeployment.model_validate(
        {
            "name": f"single-{number:05}",
            "environment": wish.environment,
            "version": "1",
            "flavors": [{"type": "gpu", "name": name} for name in wish.flavors],
            "resources": {"gpus": wish.size, "cpus": wish.cpus, "memoryGiB": wish.memory},
        }
    )
