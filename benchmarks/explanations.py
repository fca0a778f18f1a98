"""Why here, why not there: deployments explained on a fleet that runs, and places asked about."""

from __future__ import annotations

import gc
import time
from random import Random

import numpy as np

from benchmarks.generator import drawn
from benchmarks.registry import Options, Row, Size
from benchmarks.wishes import Drawing
from placement.planner import Planner
from placement.workspace.workspace import ModelDeployment, Workspace

GAP = 0.01
"""Any good plan will do as what runs."""


def measure(size: Size, options: Options) -> list[Row]:
    """Plan a fleet, then explain deployments, with a new planner each and with one for all."""
    instance = drawn(Drawing(**size["drawing"], seed=options.seed))
    plan = Planner(instance.catalog).plan(instance.workspace, gap=GAP, time_limit=options.limit)
    running = instance.workspace.with_running(plan)
    rng = Random(options.seed)
    asked = [rng.choice(running.deployments) for _ in range(size["calls"])]
    regions = sorted({group.region.key for group in instance.catalog.node_groups})
    planner = Planner(instance.catalog)
    _explain(planner, running, asked[0], None)
    gc.collect()
    cold = [_explain(Planner(instance.catalog), running, d, None) for d in asked[: size["cold"]]]
    warm = [_explain(planner, running, d, rng.choice(regions)) for d in asked]
    return [
        _row("one deployment, planner cold", cold, size.get("cold within")),
        _row("a region asked about, planner warm", warm, size.get("warm within")),
    ]


def _explain(
    planner: Planner, running: Workspace, one: ModelDeployment, region: str | None
) -> tuple[float, float]:
    """Return the wall seconds and the CPU seconds of one explanation; it has one thread."""
    start, cpu = time.perf_counter(), time.process_time()
    planner.explain(running, one.name, environment=one.environment, region=region)
    return time.perf_counter() - start, time.process_time() - cpu


def _row(what: str, times: list[tuple[float, float]], within: float | None) -> Row:
    walls, cpus = zip(*times, strict=True)
    row: Row = {
        "what": what,
        "calls": len(times),
        "p50, s": float(np.percentile(walls, 50)),
        "worst, s": max(walls),
        "CPU p50, s": float(np.percentile(cpus, 50)),
        "CPU worst, s": max(cpus),
        "goal, CPU s": within,
    }
    late = within is not None and max(cpus) > within
    return row | ({"lost": f"{what}: {max(cpus):.2f} s of CPU"} if late else {})
