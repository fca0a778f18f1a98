"""Plans of drawn fleets from nothing: seconds per phase, first plan, gap, proof."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.generator import Drawing, Instance, drawn
from benchmarks.phases import phases
from benchmarks.registry import Options, Row, Size
from benchmarks.shapes import shapes
from placement.catalog.rows import UNIT
from placement.planner import Planner
from placement.verifier import verify
from placement.workspace.workspace import Workspace

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.plan.rows import Tier

GOAL = {"easy": 1e-4, "hard": 1e-3}
"""The gap of the cost that a plan is to reach, per variant."""
PERCENT = 100.0


def measure(size: Size, options: Options) -> list[Row]:
    """Plan one drawn fleet with default options but the gap that is the goal."""
    given = {key: value for key, value in size.items() if key != "within"}
    drawing = Drawing(**given, seed=options.seed)
    return [
        planned(
            drawn(drawing),
            goal=GOAL[drawing.variant],
            limit=options.limit,
            within=size.get("within"),
        )
    ]


def measure_times(size: Size, options: Options) -> list[Row]:
    """Plan a fleet, the same with ten times the nodes, and that with ten times the replicas."""
    times, most = size["times"], size.get("ratio")
    rows: list[Row] = []
    for nodes, replicas in ((1, 1), (times, 1), (times, times)):
        drawing = Drawing(
            **size["drawing"], seed=options.seed, times=nodes, replicas_times=replicas
        )
        row = planned(drawn(drawing), goal=GOAL[drawing.variant], limit=options.limit)
        ratio = row["plan, s"] / rows[0]["plan, s"] if rows else 1.0
        row = {"nodes times": nodes, "replicas times": replicas, "time, times": ratio, **row}
        if most is not None and replicas == 1 and ratio > most:
            row["lost"] = f"{ratio:.2f} times the time for {nodes} times the nodes"
        rows.append(row)
    return rows


def measure_frame(size: Size, options: Options) -> list[Row]:
    """Plan a table of deployments of one replica each, from the table on."""
    table = shapes(size["deployments"], size["nodes"], size["groups"], options.seed)
    start = time.perf_counter()
    workspace = Workspace.from_frames(
        table.frame, policies=table.policies, environments=table.environments
    )
    read = time.perf_counter() - start
    within = size.get("within")
    row = planned(Instance(table.catalog, workspace), goal=GOAL["hard"], limit=options.limit)
    total = read + row["plan, s"]
    row = {"from the table, s": read, "in all, s": total, **row}
    if within is not None and total > within:
        told = f"{total:.1f} s instead of {within:g} s from the table on"
        row["lost"] = "; ".join(filter(None, (row.get("lost"), told)))
    return [row]


def planned(instance: Instance, *, goal: float, limit: float, within: float | None = None) -> Row:
    """Plan an instance and tell all about it.

    Parameters
    ----------
    goal : float
        Relative gap of the last tier that is asked for.
    limit : float
        Seconds after which the plan is what was found by then.
    within : float, optional
        Seconds that the plan should take; more is a loss, not a failure.
    """
    start = time.perf_counter()
    with phases() as seconds:
        plan = Planner(instance.catalog).plan(instance.workspace, gap=goal, time_limit=limit)
    took = time.perf_counter() - start
    again = time.perf_counter()
    report = verify(instance.catalog, instance.workspace, plan)
    verified = time.perf_counter() - again
    if not report.ok:
        raise AssertionError(report.violations[:5])
    row = {**_shape(instance), "plan, s": took, "first plan, s": plan.stats["firstPlan"]["seconds"]}
    row |= {f"{phase}, s": spent for phase, spent in seconds.items()}
    row |= {"verify alone, s": verified, **_quality(plan)}
    if within is not None:
        row["goal, s"] = within
    return row | _lost(row, goal, within)


def _shape(instance: Instance) -> Row:
    groups = instance.catalog.node_groups
    deployments = instance.workspace.deployments
    there: float = sum(group.gpu_count * group.count for group in groups)
    asked = sum(d.replicas * d.gpus for d in deployments) / UNIT
    cpus = sum(group.cpus * group.count for group in groups) / UNIT
    if not there:
        there, asked = cpus, sum(d.replicas * d.cpus for d in deployments) / UNIT
    return {
        "deployments": len(deployments),
        "nodes": sum(group.count for group in groups),
        "groups": len(groups),
        "replicas": sum(d.replicas for d in deployments),
        "GPUs (CPUs) asked, %": PERCENT * asked / there,
    }


def _quality(plan: Plan) -> Row:
    cost = plan.tiers[-1]
    first = plan.stats["firstPlan"]["tiers"]
    bound = None if cost.bound is None else cost.bound / cost.scale
    out = [tier for tier in plan.tiers if tier.name.startswith("unplaced")]
    return {
        "unplaced, GPUs": sum(tier.value / tier.scale for tier in out),
        "unplaced proved": all(tier.proved for tier in plan.tiers[:-1]),
        "cost, USD/h": cost.value / cost.scale,
        "gap, %": _gap(cost),
        "greedy above bound, %": bound and PERCENT * (first[cost.name] - bound) / bound,
        "greedy unplaced, GPUs": sum(first[tier.name] for tier in out),
        "stopped by": plan.stopped_by,
    }


def _gap(tier: Tier) -> float | None:
    if tier.bound is None:
        return None
    return PERCENT * (tier.value - tier.bound) / max(tier.value, 1)


def _lost(row: Row, goal: float, within: float | None) -> Row:
    """Say what of the goals is missed."""
    found = []
    if row["gap, %"] is None or row["gap, %"] > PERCENT * goal:
        found.append(f"gap above {PERCENT * goal:g} %")
    if not row["unplaced proved"]:
        found.append("unplaced is not proved")
    if within is not None and row["plan, s"] > within:
        found.append(f"{row['plan, s']:.1f} s instead of {within:g} s")
    return {"lost": "; ".join(found)} if found else {}
