"""The loss of every region in turn, with 300 deployments on the public-cloud catalog.

The instance is drawn from a seed: deployments of one to eight GPUs per replica, or none, in four
environments (Americas, Europe, Asia-Pacific, anywhere). They ask for a small part of every GPU
model, so that all are placed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from random import Random
from typing import Any

from benchmarks.machine import cpu_seconds
from benchmarks.registry import Options, Row, Size
from placement.catalog.catalog import Catalog
from placement.catalog.load import load_catalog
from placement.catalog.shipped import shipped
from placement.planner import Planner
from placement.policies.location import LocationPolicy
from placement.simulation.outcome import Outcome, Verdict
from placement.simulation.processes import processes
from placement.simulation.simulate import simulate
from placement.simulation.sweep import sweep
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


def measure(size: Size, options: Options) -> list[Row]:
    """Lose every region in turn, here and on some processes."""
    catalog = load_catalog(shipped("catalogs", "public-cloud"))
    asked = cloud_workspace(catalog, deployments=size["deployments"], seed=options.seed)
    plan = Planner(catalog).plan(asked)
    if plan.unplaced:
        raise AssertionError(plan.unplaced[:5])
    running = asked.with_running(plan)
    row, here = _swept(catalog, running, None, size)
    rows = [row]
    for workers in size.get("processes", ()):
        row, found = _swept(catalog, running, workers, size)
        if found != here:
            row["lost"] = "other outcomes than here"
        rows.append(row)
    return rows


def _swept(
    catalog: Catalog, running: Workspace, workers: int | None, size: Size
) -> tuple[Row, list[str]]:
    """Return what is to be told of one sweep, and the digests of its outcomes."""
    start, busy = time.perf_counter(), cpu_seconds()
    with nullcontext() if workers is None else processes(workers) as pool:
        outcomes = simulate(catalog, running, sweep(catalog, "region"), executor=pool)
    took, cpu = time.perf_counter() - start, cpu_seconds() - busy
    where = "here" if workers is None else f"{workers} processes"
    row = {"where": where, "seconds": took, "CPU, s": cpu, **_told(running, outcomes)}
    within = size.get("within")
    if within is not None and took > within:
        row["lost"] = f"{took:.0f} s instead of {within} s"
    return row, [outcome.digest for outcome in outcomes]


def _told(running: Workspace, outcomes: Sequence[Outcome]) -> Row:
    """Return what a sweep found."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    planned = [outcome for outcome in outcomes if outcome.verdict is not Verdict.UNCHANGED]
    return {
        "deployments": len(running.deployments),
        "replicas": sum(row.replicas for row in running.running),
        "regions": len(outcomes),
        "that run something": len(planned),
        "survived by all": counts[Verdict.SURVIVES],
        "that cost a place": counts[Verdict.LOSES],
        "moves proved": all(outcome.certificate == "global" for outcome in planned),
        "slowest, s": max((outcome.seconds for outcome in outcomes), default=0.0),
    }
