"""500 deployments that compete for three GPU models on the public-cloud catalog.

The instance is drawn from a seed by these parameters and nothing else:

- three contended GPU models; the deployments that list one of them ask together for ``FILL`` of
  its GPUs. Replica sizes and the share of deployments per model are in ``CONTENDED``;
- every contended deployment sits in one of four environments (Americas, Europe, Asia-Pacific,
  anywhere); a regional one takes at most ``REGIONAL_FILL`` of its GPUs there;
- of every ten deployments, two spread over regions or nodes and two need more CPUs or memory per
  GPU than the cheapest nodes have;
- the rest accepts several GPU models or runs on CPUs.

Run ``python benchmarks/contended.py`` to solve and print what is measured.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from operator import mul
from pathlib import Path
from random import Random
from typing import Any

from placement.catalog.catalog import Catalog
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

CONTENDED = {
    "T4": (190, {1: 60, 2: 25, 4: 15}),
    "A100-80GB": (120, {1: 45, 2: 30, 4: 15, 8: 10}),
    "H100-SXM": (90, {1: 45, 2: 30, 4: 10, 8: 15}),
}
"""Deployments and replica sizes (GPUs to relative weight) per contended GPU model."""
FALLBACK = {"T4": "L4", "A100-80GB": "A100-40GB", "H100-SXM": "H200-SXM"}
"""What a flexible deployment accepts besides its contended GPU model."""
FLEXIBLE = 0.35
"""Share of the contended deployments that are flexible; they have the higher priority, so an
order of arrival gives them the cheap nodes that the others need more."""
OTHERS = 100
FILL = 0.96
REGIONAL_FILL = 0.4
MOST_GPUS = 48
"""The most GPUs of one deployment, where one replica does not need more."""
CONTINENTS = {"americas": ("NA", "SA"), "europe": ("EU",), "asia": ("AS", "OC")}


def contended_workspace(catalog: Catalog, *, seed: int = 1) -> Workspace:
    """Return the 500 deployments with their environments and policies."""
    from placement.policies.location import LocationPolicy
    from placement.workspace.making import make_workspace

    rng = Random(seed)
    policies = [
        LocationPolicy.model_validate(
            {
                "name": name,
                "type": "location",
                "locations": [{"type": "continent", "name": code} for code in codes],
            }
        )
        for name, codes in CONTINENTS.items()
    ]
    environments = [Environment(name=name, policies=(name,)) for name in CONTINENTS]
    deployments = [*_contended(rng, catalog), *_others(rng)]
    return make_workspace(policies=policies, environments=environments, deployments=deployments)


def _contended(rng: Random, catalog: Catalog) -> Iterator[ModelDeployment]:
    for gpu, (count, sizes) in CONTENDED.items():
        there, whole = _supply(catalog, gpu)
        wanted = [rng.choices(list(sizes), list(sizes.values()))[0] for _ in range(count)]
        replicas = _replicas(rng, wanted, FILL * whole)
        used: Counter[str] = Counter()
        for i, (size, number) in enumerate(zip(wanted, replicas, strict=True)):
            places = list(CONTINENTS)
            place = rng.choices(places, [there[p] + 1 for p in places])[0]
            if rng.random() < 0.35 or used[place] + size * number > REGIONAL_FILL * there[place]:
                place = "production"
            used[place] += size * number
            yield _deployment(rng, f"{gpu.lower()}-{i:03}", place, gpu, size, number, i)


def _supply(catalog: Catalog, gpu: str) -> tuple[Counter[str], int]:
    there: Counter[str] = Counter()
    for group in catalog.node_groups:
        if group.flavor == gpu and group.gpu_fraction is None:
            place = next(p for p, c in CONTINENTS.items() if group.region.continent in (*c, "AF"))
            there[place] += group.count * group.gpu_count
    return there, sum(there.values())


def _replicas(rng: Random, sizes: list[int], target: float) -> list[int]:
    """Return replicas per deployment so that all together ask for ``target`` GPUs."""
    weights = [rng.paretovariate(1.6) / size**0.5 for size in sizes]
    total = sum(w * s for w, s in zip(weights, sizes, strict=True))
    most = [max(1, MOST_GPUS // size) for size in sizes]
    replicas = [min(m, max(1, int(w * target / total))) for w, m in zip(weights, most, strict=True)]
    while (short := target - sum(map(mul, replicas, sizes))) > 0:
        open_ones = [i for i, (r, m) in enumerate(zip(replicas, most, strict=True)) if r < m]
        for i in rng.sample(open_ones, len(open_ones)):
            if sizes[i] <= short:
                replicas[i] += 1
                short -= sizes[i]
        if short < min(sizes):
            break
    return replicas


def _deployment(
    rng: Random, name: str, place: str, gpu: str, size: int, replicas: int, i: int
) -> ModelDeployment:
    cpus, memory = 3 * size, 10 * size
    if i % 10 in (0, 1):
        cpus, memory = rng.choice([(6, 20), (8, 28), (11, 45)])
        cpus, memory = cpus * size, memory * size
    flexible = rng.random() < FLEXIBLE
    accepted = [gpu, FALLBACK[gpu]] if flexible else [gpu]
    return ModelDeployment.model_validate(
        {
            "name": name,
            "environment": place,
            "version": "1",
            "replicas": replicas,
            "priority": int(flexible),
            "flavors": [{"type": "gpu", "name": accept} for accept in accepted],
            "resources": {"gpus": size, "cpus": cpus, "memoryGiB": memory},
            "spread": _spread(rng, replicas, i),
        }
    )


def _spread(rng: Random, replicas: int, i: int) -> list[dict[str, Any]]:
    if i % 10 == 2 and replicas > 1:
        return [{"over": "region", "minDomains": min(replicas, rng.choice([2, 3]))}]
    if i % 10 == 3 and replicas > 1:
        return [{"over": "node", "maxPerDomain": rng.choice([1, 2]) + replicas // 12}]
    return []


def _others(rng: Random) -> Iterator[ModelDeployment]:
    kinds = (["L4", "A10"], ["V100"], ["L4"], ["A100"], ["RTXPRO6000", "H100-NVL"])
    for i in range(OTHERS):
        flavors: list[dict[str, str]] = []
        resources: dict[str, Any] = {"gpus": 0, "cpus": rng.choice([2, 4, 8]), "memoryGiB": 8}
        if i % 4:
            flavors = [{"type": "gpu", "name": name} for name in rng.choice(kinds)]
            resources = {"gpus": rng.choice([Decimal("0.5"), 1, 1, 2]), "cpus": 3, "memoryGiB": 12}
        yield ModelDeployment.model_validate(
            {
                "name": f"other-{i:03}",
                "environment": rng.choice([*CONTINENTS, "production"]),
                "version": "1",
                "replicas": rng.randint(1, 8),
                "flavors": flavors,
                "resources": resources,
                "spread": _spread(rng, 2, i),
            }
        )


def properties(catalog: Catalog, workspace: Workspace) -> dict[str, Any]:
    """Return what makes the instance hard: GPUs asked for, and deployments with special wishes."""
    asked = {}
    for gpu in CONTENDED:
        wanted = sum(
            d.gpus * d.replicas
            for d in workspace.deployments
            if any(entry.name == gpu for entry in d.flavors)
        )
        asked[gpu] = round(wanted / 1000 / _supply(catalog, gpu)[1], 3)
    special = sum(
        bool(d.spread) or (d.gpus > 0 and d.cpus > 3 * d.gpus) for d in workspace.deployments
    )
    return {"askedOfEligible": asked, "spreadOrBinding": special}


def measure(catalog: Catalog, *, seed: int, gap: float, time_limit: float | None) -> dict[str, Any]:
    """Solve one instance and return what is to be reported."""
    from placement.planner import Planner

    workspace = contended_workspace(catalog, seed=seed)
    started = time.perf_counter()
    plan = Planner(catalog).plan(workspace, gap=gap, time_limit=time_limit)
    seconds = time.perf_counter() - started
    cost = plan.tiers[-1]
    bound = cost.bound or 0
    greedy = plan.stats["firstPlan"]["tiers"]
    return {
        "seed": seed,
        **properties(catalog, workspace),
        "seconds": round(seconds, 2),
        "firstPlanSeconds": plan.stats["firstPlan"]["seconds"],
        "greedy": greedy,
        "tiers": {
            t.name: (t.value / t.scale, None if t.bound is None else t.bound / t.scale)
            for t in plan.tiers
        },
        "gap": (cost.value - bound) / cost.value,
        "greedyAboveBound": greedy["cost"] / (bound / cost.scale) - 1 if bound else None,
        "status": str(plan.status),
        "stoppedBy": plan.stopped_by,
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Solve and print."""
    from placement.catalog.load import load_catalog
    from placement.catalog.shipped import shipped

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalog", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--gap", type=float, default=0.001)
    parser.add_argument("--time-limit", type=float, default=None)
    arguments = parser.parse_args()
    catalog = load_catalog(arguments.catalog or shipped("catalogs", "public-cloud"))
    print(platform.platform(), platform.python_version(), file=sys.stderr)
    for seed in arguments.seeds:
        result = measure(catalog, seed=seed, gap=arguments.gap, time_limit=arguments.time_limit)
        print(json.dumps(result))


if __name__ == "__main__":
    main()
