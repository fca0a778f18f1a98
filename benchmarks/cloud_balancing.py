"""Cloud balancing: processes on computers that are paid for whole, against lower bounds.

Computers alike in hardware and cost are a node group; processes alike are one deployment.
"""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.registry import Options, Row, Size
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import UNIT, NodeGroup, Region
from placement.options import Billing
from placement.planner import Planner
from placement.verifier import verify
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment, Workspace

FOLDER = "timefold-cloudbalancing"
BOUNDS = "lower_bounds_computed_here.csv"
MADE_UP = "made-up"
NETWORK = "network"
MICRO = 1_000_000
"""Steps of the tier of cost in one of it."""
NANO = 1_000_000_000
"""Units of a price in the catalog."""
GOAL = 1.0
"""Percent above the better bound that a plan may cost."""
HERE = Region("cloud", "here", "here", "BE", "EU", 50.0, 4.0, None)
COMPUTER = ("cpuPower", "memory", "networkBandwidth", "cost")
PROCESS = ("requiredCpuPower", "requiredMemory", "requiredNetworkBandwidth")


def measure(size: Size, options: Options) -> list[Row]:
    """Plan one instance with billing by node."""
    name = size["instance"]
    if name == MADE_UP:
        content, known = made_up(options.seed), None
    elif options.data is None:
        return [{"note": "no folder of stored instances was given"}]
    else:
        folder = options.data / FOLDER
        content = json.loads((folder / f"{name}.json").read_text())
        known = known_bound(folder, name)
    return [_row(name, content, known, options)]


def _row(name: str, content: Mapping[str, Any], known: int | None, options: Options) -> Row:
    catalog, workspace = catalog_of(content), workspace_of(content)
    wall, cpu = time.perf_counter(), time.process_time()
    plan = Planner(catalog).plan(workspace, billing=Billing.NODE, time_limit=options.limit)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    report = verify(catalog, workspace, plan, billing=Billing.NODE)
    tiers = {tier.name: tier for tier in plan.tiers}
    cost, own = tiers["cost"].value // MICRO, tiers["cost"].bound
    bounds = [bound for bound in (known, None if own is None else -(-own // MICRO)) if bound]
    above = 100 * (cost / max(bounds) - 1) if bounds else None
    row: Row = {
        "instance": name,
        "unplaced": tiers["unplaced"].value // UNIT,
        "cost": cost,
        "bound known": known,
        "bound proved": None if own is None else own / MICRO,
        "above the better, %": above,
        "plan, s": wall,
        "CPU, s": cpu,
        "verified": report.ok,
    }
    missed = known is not None and (above is None or above > GOAL)
    return row | ({"lost": f"{above:.2f} % above the bound of {name}"} if missed else {})


def known_bound(folder: Path, name: str) -> int:
    """Return the lower bound that is stored for an instance."""
    with (folder / BOUNDS).open(newline="") as lines:
        rows = {row["file"]: row for row in csv.DictReader(lines)}
    return int(rows[f"{name}.json"]["cost_lower_bound"])


def catalog_of(content: Mapping[str, Any]) -> Catalog:
    """Return the computers as node groups; the network is a further resource."""
    alike = Counter(tuple(one[key] for key in COMPUTER) for one in content["computerList"])
    groups = [
        NodeGroup(
            name=f"c{number:03}",
            region=HERE,
            zone="a",
            instance_type=f"c{number:03}",
            flavor_type="cpu",
            flavor="x86_64",
            gpu_count=0,
            cpus=cpus * UNIT,
            memory=memory * UNIT,
            price=cost * NANO,
            count=count,
            extra={NETWORK: network * UNIT},
        )
        for number, ((cpus, memory, network, cost), count) in enumerate(sorted(alike.items()))
    ]
    return make_catalog(regions=[HERE], gpus=[], node_groups=groups)


def workspace_of(content: Mapping[str, Any]) -> Workspace:
    """Return the processes, alike ones as the replicas of one deployment."""
    alike = Counter(tuple(one[key] for key in PROCESS) for one in content["processList"])
    return make_workspace(
        deployments=[
            ModelDeployment.model_validate(
                {
                    "name": f"p{number:04}",
                    "version": "1",
                    "replicas": count,
                    "resources": {
                        "gpus": Decimal(0),
                        "cpus": cpus,
                        "memoryGiB": memory,
                        "extra": {NETWORK: network},
                    },
                }
            )
            for number, ((cpus, memory, network), count) in enumerate(sorted(alike.items()))
        ]
    )


def made_up(seed: int) -> dict[str, Any]:
    """Return an instance of twenty computers of four kinds and thirty processes."""
    rng = Random(seed)
    kinds = [(4, 4, 4, 500), (8, 16, 8, 900), (12, 32, 16, 1_600), (24, 96, 16, 4_800)]
    computers = [dict(zip(COMPUTER, kinds[i % len(kinds)], strict=True)) for i in range(20)]
    sizes = (1, 1, 1, 2, 3)
    processes = [{key: rng.choice(sizes) for key in PROCESS} for _ in range(30)]
    return {"computerList": computers, "processList": processes}
