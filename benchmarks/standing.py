"""What a fleet that runs already costs: nothing new asked, or one node in a hundred gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np

from benchmarks.generator import drawn
from benchmarks.registry import Options, Row, Size
from benchmarks.wishes import Drawing
from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import NodeState
from placement.plan.plan import Plan
from placement.planner import Planner

T = TypeVar("T")
GAP = 1e-4
LOST_SHARE = 0.01


def measure(size: Size, options: Options) -> list[Row]:
    """Plan a fleet, then the same again on what runs, then without some of its nodes."""
    instance = drawn(Drawing(**size["drawing"], seed=options.seed))
    catalog = instance.catalog
    planner, limit = Planner(catalog), options.limit
    whole = partial(Planner.plan, gap=GAP, time_limit=limit)
    change = partial(planner.apply_change, time_limit=limit)
    plan, took = timed(partial(whole, planner, instance.workspace))
    running = instance.workspace.with_running(plan)
    rows: list[Row] = [{"what": "from nothing", "seconds": took, "replicas": _replicas(plan)}]
    fresh, within = Planner(catalog), size.get("within")
    for what in ("unchanged, planner cold", "unchanged, planner warm"):
        again, took = timed(partial(whole, fresh, running))
        rows.append(_unchanged(what, plan, again, took, within))
    preview, took = timed(partial(change, running))
    rows.append(_unchanged("unchanged, as a change", plan, preview.plan, took, within))
    less = _less(catalog, options.seed)
    after, took = timed(partial(whole, Planner(less), running))
    rows.append(_moved("nodes lost, whole plan", after, took))
    preview, took = timed(partial(change, running, catalog=less))
    rows.append(_moved("nodes lost, as a change", preview.plan, took))
    return rows


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return a result and the wall seconds it took."""
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


def _replicas(plan: Plan) -> int:
    return sum(row.replicas for row in plan.assignments)


def _unchanged(what: str, before: Plan, after: Plan, took: float, within: float | None) -> Row:
    same = before.assignments == after.assignments
    row = _moved(what, after, took) | {"same plan": same}
    lost = []
    if not same or row["moves"]:
        lost.append("an unchanged state gives another plan")
    if within is not None and took > within:
        lost.append(f"{what}: {took:.2f} s instead of {within:g} s")
    return row | ({"lost": "; ".join(lost)} if lost else {})


def _moved(what: str, plan: Plan, took: float) -> Row:
    moves = next(tier for tier in plan.tiers if tier.name == "moves")
    row = {
        "what": what,
        "seconds": took,
        "replicas": _replicas(plan),
        "forced": sum(one.replicas for one in plan.forced),
        "moves": moves.value / moves.scale,
        "at least": None if moves.bound is None else moves.bound / moves.scale,
        "unplaced, GPUs": sum(
            tier.value / tier.scale for tier in plan.tiers if tier.name.startswith("unplaced")
        ),
    }
    proved = moves.bound == moves.value
    return row | ({} if proved else {"lost": f"{what}: the least number of moves is not proved"})


def _less(catalog: Catalog, seed: int) -> Catalog:
    """Return the catalog with one node in a hundred lost, at random."""
    rng = np.random.default_rng(seed)
    nodes = [group.node(i) for group in catalog.node_groups for i in range(group.count)]
    gone = rng.choice(len(nodes), max(1, round(LOST_SHARE * len(nodes))), replace=False)
    return make_catalog(
        catalog.regions.values(),
        catalog.gpus.values(),
        catalog.node_groups,
        states={nodes[i]: NodeState.LOST for i in gone},
        name=catalog.name,
    )
