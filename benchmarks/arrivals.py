"""Fifty new replicas onto fleets that are more or less full: the grid of the DCM benchmark."""

from __future__ import annotations

import gc
from functools import partial
from itertools import count
from random import Random

import numpy as np

from benchmarks.fleets import CONTINENTS, SKUS, Instance, draw
from benchmarks.generator import base
from benchmarks.registry import Options, Row, Size
from benchmarks.standing import timed
from placement.planner import Planner
from placement.preview import Preview
from placement.workspace.workspace import ModelDeployment

REPLICAS = 50
LOADS = (0.0, 0.2, 0.4, 0.6, 0.8)
PER_NODE = 0.3
"""Deployments that run, per node."""
WARM_UP = 2
NAMES = count()


def measure(size: Size, options: Options) -> list[Row]:
    """Time deployments of fifty replicas, each onto the same fleet, at every load."""
    return [_row(size, load, options) for load in size.get("loads", LOADS)]


def _row(size: Size, load: float, options: Options) -> Row:
    nodes = size["nodes"]
    running = max(1, round(PER_NODE * nodes)) if load else 1
    fleet = draw(base(), nodes=nodes, deployments=running, fill=load or 1e-9, seed=options.seed)
    planner, rng = Planner(fleet.catalog), Random(options.seed)
    deploy = partial(planner.deploy, fleet.workspace, time_limit=options.limit)
    gc.collect()
    times, placed, open_ones = [], 0, 0
    for number in range(WARM_UP + size["calls"]):
        one = _arriving(rng, fleet)
        preview, took = timed(partial(deploy, one))
        if number >= WARM_UP:
            times.append(took)
            placed += _placed(preview, one)
            open_ones += any(tier.bound != tier.value for tier in preview.plan.tiers)
    row: Row = {
        "nodes": nodes,
        "load, %": round(100 * load),
        "running replicas": sum(row.replicas for row in fleet.workspace.running),
        "calls": size["calls"],
        "p50, s": float(np.percentile(times, 50)),
        "p95, s": float(np.percentile(times, 95)),
        "goal p95, s": size["within"],
        "placed of 50, mean": placed / size["calls"],
        "not proved": open_ones,
    }
    late = row["p95, s"] > size["within"]
    lost = f"p95 {row['p95, s']:.2f} s at {nodes:,} nodes and {100 * load:.0f} % load"
    return row | ({"lost": lost} if late else {})


def _arriving(rng: Random, fleet: Instance) -> ModelDeployment:
    """Return a deployment that takes one or two GPU models, or any, here or anywhere."""
    while True:
        listed = rng.sample(list(SKUS), rng.randint(1, 2)) if rng.random() < 0.5 else []
        place = rng.choice(["production", rng.choice(CONTINENTS).lower()])
        if _has_nodes(fleet, listed, place):
            break
    return ModelDeployment.model_validate(
        {
            "name": f"arriving-{next(NAMES):05}",
            "environment": place,
            "version": "1",
            "replicas": REPLICAS,
            "flavors": [{"type": "gpu", "name": name} for name in listed],
            "resources": {"gpus": 1, "cpus": 4, "memoryGiB": 16},
        }
    )


def _has_nodes(fleet: Instance, listed: list[str], place: str) -> bool:
    return any(
        (not listed or group.flavor in listed)
        and place in ("production", group.region.continent.lower())
        for group in fleet.catalog.node_groups
    )


def _placed(preview: Preview, one: ModelDeployment) -> int:
    rows = preview.plan.assignments
    return sum(row.replicas for row in rows if row.model == one.name)
