"""Why here, why not there: deployments explained on a fleet that runs, and places asked about."""

from __future__ import annotations

import gc
from functools import partial
from random import Random

import numpy as np

from benchmarks.generator import drawn
from benchmarks.registry import Options, Row, Size
from benchmarks.standing import timed
from benchmarks.wishes import Drawing
from placement.catalog.catalog import Catalog
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
    cold = [_cold(instance.catalog, running, one) for one in asked[: size["cold"]]]
    planner = Planner(instance.catalog)
    explain = partial(planner.explain, running)
    explain(asked[0].name, environment=asked[0].environment)
    regions = sorted({group.region.key for group in instance.catalog.node_groups})
    gc.collect()
    warm = [
        timed(partial(explain, d.name, environment=d.environment, region=rng.choice(regions)))[1]
        for d in asked
    ]
    return [
        _row("one deployment, planner cold", cold, size.get("cold within")),
        _row("a region asked about, planner warm", warm, size.get("warm within")),
    ]


def _cold(catalog: Catalog, running: Workspace, one: ModelDeployment) -> float:
    explain = Planner(catalog).explain
    return timed(partial(explain, running, one.name, environment=one.environment))[1]


def _row(what: str, times: list[float], within: float | None) -> Row:
    row: Row = {
        "what": what,
        "calls": len(times),
        "p50, s": float(np.percentile(times, 50)),
        "worst, s": max(times),
        "goal, s": within,
    }
    late = within is not None and max(times) > within
    return row | ({"lost": f"{what}: {max(times):.2f} s"} if late else {})
