"""The loss of every region in turn, with 300 deployments on the public-cloud catalog.

The instance is drawn from a seed: deployments of one to eight GPUs per replica, or none, in four
environments (Americas, Europe, Asia-Pacific, anywhere). They ask for a small part of every GPU
model, so that all are placed.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from placement.catalog.catalog import Catalog
from placement.policies.location import LocationPolicy
from placement.workspace.making import make_workspace
from placement.workspace.workspace import PRODUCTION, Environment, ModelDeployment, Workspace

CONTINENTS = {"americas": ("NA", "SA"), "europe": ("EU",), "asia": ("AS", "OC")}
KINDS: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = (
    (("T4",), (1, 1, 1, 2, 4)),
    (("L4",), (1, 1, 2)),
    (("T4", "L4", "A10"), (1, 1, 2)),
    (("A10",), (1, 1, 2)),
    (("V100-16GB",), (1, 2)),
    (("A100-80GB",), (1, 1, 2, 4)),
    (("H100-SXM", "H100-NVL"), (1, 2)),
    (("x86_64",), (0,)),
)
"""Hardware that a deployment accepts, and the GPUs of a replica to choose from."""
SPREAD_SHARE = 0.2


def cloud_workspace(catalog: Catalog, *, deployments: int, seed: int = 1) -> Workspace:
    """Return so many deployments with their environments and policies."""
    rng = Random(seed)
    policies = [_continents(name, codes) for name, codes in CONTINENTS.items()]
    environments = [Environment(name=name, policies=(name,)) for name in CONTINENTS]
    return make_workspace(
        policies=policies,
        environments=environments,
        deployments=list(_deployments(rng, deployments)),
    )


def _continents(name: str, codes: tuple[str, ...]) -> LocationPolicy:
    locations = [{"type": "continent", "name": code} for code in codes]
    return LocationPolicy.model_validate({"name": name, "type": "location", "locations": locations})


def _deployments(rng: Random, count: int) -> Iterator[ModelDeployment]:
    for i in range(count):
        accepted, sizes = KINDS[i % len(KINDS)]
        gpus, replicas = rng.choice(sizes), rng.randint(1, 5)
        kind = "gpu" if gpus else "cpu"
        cpus, memory = (3 * gpus, 10 * gpus) if gpus else (rng.choice((2, 4)), 8)
        yield ModelDeployment.model_validate(
            {
                "name": f"model-{i:03}",
                "environment": rng.choice([*CONTINENTS, PRODUCTION]),
                "version": "1",
                "replicas": replicas,
                "flavors": [{"type": kind, "name": name} for name in accepted],
                "resources": {"gpus": gpus, "cpus": cpus, "memoryGiB": memory},
                "spread": _spread(rng, replicas),
            }
        )


def _spread(rng: Random, replicas: int) -> list[dict[str, Any]]:
    if replicas == 1 or rng.random() >= SPREAD_SHARE:
        return []
    return [{"over": "region", "minDomains": min(replicas, rng.choice((2, 3)))}]
