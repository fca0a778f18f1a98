"""A table of very many deployments of one replica each on CPU nodes, drawn from a seed.

Nodes have 64 to 192 CPUs with 4 or 8 GiB per CPU, 70 % of them x86_64. Deployments take 0.25 to 4
CPUs with 1 to 8 GiB per CPU; half of them may run anywhere, the others in one continent or country
(as often as it has CPUs). About three quarters of the CPUs are asked for, by a few thousand shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.generator import REGIONS, base, cents, location, parts
from benchmarks.singles import tilt
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import UNIT, NodeGroup, Region
from placement.workspace.workspace import Environment

if TYPE_CHECKING:
    import pandas as pd

    from placement.policies.base import Policy

NODES = ((64, 4), (96, 8), (128, 4), (128, 8), (192, 4), (192, 8))
"""CPUs of a node, GiB per CPU."""
CPUS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
GIB_PER_CPU = (1, 2, 3, 4, 6, 8)
FLAVORS = {"x86_64": 0.45, "arm64": 0.15, "": 0.4}
"""Kind of CPU that is listed, none if any will do, and how often."""
X86 = 0.7
FILL = 0.75
USD_PER_CPU = 0.042
ANYWHERE = 0.5


@dataclass(frozen=True)
class Table:
    """A fleet, a table of deployments, and the environments that the table names."""

    catalog: Catalog
    frame: pd.DataFrame
    policies: tuple[Policy, ...]
    environments: tuple[Environment, ...]


def shapes(deployments: int, nodes: int, groups: int, seed: int) -> Table:
    """Return CPU nodes and a table of deployments."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    catalog = _catalog(rng, nodes, groups)
    policies = _policies(catalog)
    room = {name: _cpus(catalog, policy) for name, policy in policies.items()}
    total = sum(group.cpus * group.count for group in catalog.node_groups) / UNIT
    where = {"production": ANYWHERE}
    where |= {name: (1 - ANYWHERE) * cpus / sum(room.values()) for name, cpus in room.items()}
    sizes = np.array(CPUS)
    drawn = sizes ** tilt(sizes, np.ones(len(sizes)), FILL * total / deployments)
    kinds = list(product(where, CPUS, GIB_PER_CPU, FLAVORS))
    weights = np.array([where[p] * FLAVORS[f] for p, _, _, f in kinds])
    weights *= np.tile(np.repeat(drawn, len(GIB_PER_CPU) * len(FLAVORS)), len(where))
    chosen = rng.choice(len(kinds), deployments, p=weights / weights.sum())
    listed = {name: [{"type": "cpu", "name": name}] if name else [] for name in FLAVORS}
    frame = pd.DataFrame(
        {
            "name": [f"m{number:07}" for number in range(deployments)],
            "environment": [kinds[i][0] for i in chosen],
            "version": "1",
            "gpus": 0,
            "cpus": [kinds[i][1] for i in chosen],
            "memoryGiB": [kinds[i][1] * kinds[i][2] for i in chosen],
            "flavors": [listed[kinds[i][3]] for i in chosen],
        }
    )
    environments = tuple(Environment(name=name, policies=(name,)) for name in policies)
    return Table(catalog, frame, tuple(policies.values()), environments)


def _catalog(rng: np.random.Generator, nodes: int, groups: int) -> Catalog:
    known = list(base().regions.values())
    regions = [known[i] for i in rng.choice(len(known), REGIONS, replace=False)]
    counts = parts(rng, nodes, groups)
    found = [
        _group(rng, number, regions[int(rng.integers(len(regions)))], int(counts[number]))
        for number in range(groups)
    ]
    return make_catalog(regions, base().gpus.values(), found, name="shapes")


def _group(rng: np.random.Generator, number: int, region: Region, count: int) -> NodeGroup:
    cpus, ratio = NODES[int(rng.integers(len(NODES)))]
    flavor = "x86_64" if rng.random() < X86 else "arm64"
    return NodeGroup(
        name=f"{flavor}-{number:04}".replace("_", "-"),
        region=region,
        zone=f"{region.code}{rng.choice(list('abc'))}",
        instance_type=f"{flavor}.{cpus}x{ratio}",
        flavor_type="cpu",
        flavor=flavor,
        gpu_count=0,
        cpus=cpus * UNIT,
        memory=cpus * ratio * UNIT,
        price=cents(cpus * USD_PER_CPU * rng.uniform(0.7, 1.4) * (1 + ratio / 16)),
        count=count,
    )


def _policies(catalog: Catalog) -> dict[str, Policy]:
    """Return one policy per continent and country of the fleet; each has an environment."""
    regions = [group.region for group in catalog.node_groups]
    found: list[Policy] = [
        location(f"continent-{code.lower()}", "continent", [code])
        for code in sorted({region.continent for region in regions})
    ]
    found += [
        location(f"country-{code.lower()}", "country", [code])
        for code in sorted({region.country for region in regions})
    ]
    return {policy.name: policy for policy in found}


def _cpus(catalog: Catalog, policy: Policy) -> float:
    """Return the CPUs that a policy allows; few where only one kind of CPU is to be had."""
    allowed = [group for group in catalog.node_groups if policy.check(group, catalog)]
    of = [
        sum(g.cpus * g.count for g in allowed if g.flavor == flavor) / UNIT
        for flavor in ("x86_64", "arm64")
    ]
    return float(min(of[0] / X86, of[1] / (1 - X86), sum(of)))
