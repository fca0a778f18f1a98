"""Plans of drawn fleets from nothing: seconds per phase, first plan, gap, proof."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.generator import Instance, drawn
from benchmarks.machine import cpu_seconds, peak_mib
from benchmarks.phases import phases
from benchmarks.registry import Options, Row, Size
from benchmarks.shapes import shapes
from benchmarks.wishes import Drawing
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
RECHECK = 1.0
"""Seconds that checking the prices of a plan may take."""


@dataclass(frozen=True)
class Goals:
    """What a plan is to reach; to miss one is a loss in the table, not a failure.

    Attributes
    ----------
    gap : float
        Relative gap of the last tier; the solve may end there.
    within : float or None
        Seconds.
    memory : int or None
        MiB at the peak, the drawing of the instance included.
    """

    gap: float
    within: float | None = None
    memory: int | None = None

    def missed(self, row: Row) -> Iterator[str]:
        """Yield what of the goals is missed."""
        if row["gap, %"] is None or row["gap, %"] > PERCENT * self.gap:
            yield f"gap above {PERCENT * self.gap:g} %"
        if row["proof"] != "dual":
            yield "the gap is not proved by prices"
        if not row["unplaced proved"]:
            yield "unplaced is not proved"
        if self.within is not None and row["plan, s"] > self.within:
            yield f"{row['plan, s']:.1f} s instead of {self.within:g} s"
        if self.memory is not None and row["peak, MiB"] > self.memory:
            yield f"{row['peak, MiB']:,} MiB instead of {self.memory:,}"
        if row["of it prices, s"] > RECHECK:
            yield f"prices are checked in {row['of it prices, s']:.1f} s"


def measure(size: Size, options: Options) -> list[Row]:
    """Plan one drawn fleet with default options but the gap that is the goal."""
    drawing = Drawing(**size["drawing"], seed=options.seed)
    goals = Goals(GOAL[drawing.variant], size.get("within"), size.get("memory"))
    return [planned(drawn(drawing), goals, limit=options.limit)]


def measure_times(size: Size, options: Options) -> list[Row]:
    """Plan a fleet, the same with ten times the nodes, and that with ten times the replicas."""
    times, most = size["times"], size.get("ratio")
    rows: list[Row] = []
    for nodes, replicas in ((1, 1), (times, 1), (times, times)):
        drawing = Drawing(
            **size["drawing"], seed=options.seed, times=nodes, replicas_times=replicas
        )
        row = planned(drawn(drawing), Goals(GOAL[drawing.variant]), limit=options.limit)
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
    row = planned(Instance(table.catalog, workspace), Goals(GOAL["hard"]), limit=options.limit)
    total = read + row["plan, s"]
    row = {"from the table, s": read, "in all, s": total, **row}
    if within is not None and total > within:
        told = f"{total:.1f} s instead of {within:g} s from the table on"
        row["lost"] = "; ".join(filter(None, (row.get("lost"), told)))
    return [row]


def planned(instance: Instance, goals: Goals, *, limit: float) -> Row:
    """Plan an instance and tell all about it.

    Parameters
    ----------
    limit : float
        Seconds after which the plan is what was found by then.
    """
    start, busy = time.perf_counter(), cpu_seconds()
    with phases() as seconds:
        plan = Planner(instance.catalog).plan(instance.workspace, gap=goals.gap, time_limit=limit)
    took, cpu, peak = time.perf_counter() - start, cpu_seconds() - busy, peak_mib()
    again = time.perf_counter()
    report = verify(instance.catalog, instance.workspace, plan)
    verified = time.perf_counter() - again
    if not report.ok:
        raise AssertionError(report.violations[:5])
    row = {**_shape(instance), "plan, s": took, "CPU, s": cpu}
    row["first plan, s"] = plan.stats["firstPlan"]["seconds"]
    row |= {f"{phase}, s": spent for phase, spent in seconds.items()}
    row |= {"verify alone, s": verified, "of it prices, s": sum(p.seconds for p in report.proofs)}
    row |= {"peak, MiB": peak, **_quality(plan)}
    lost = "; ".join(goals.missed(row))
    return row | ({"lost": lost} if lost else {})


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
        "proof": cost.proof,
        "greedy above bound, %": bound and PERCENT * (first[cost.name] - bound) / bound,
        "greedy unplaced, GPUs": sum(first[tier.name] for tier in out),
        "stopped by": plan.stopped_by,
    }


def _gap(tier: Tier) -> float | None:
    if tier.bound is None:
        return None
    return PERCENT * (tier.value - tier.bound) / max(tier.value, 1)
