"""The trace as subjects of the benchmarks: baselines, our online mode, our batch plan."""

from __future__ import annotations

import atexit
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.openb import made_up
from benchmarks.openb.arrivals import ASKED, arriving
from benchmarks.openb.expecting import LeastStranded
from benchmarks.openb.online import run_online
from benchmarks.openb.policies import POLICIES
from benchmarks.openb.replay import replay
from benchmarks.openb.trace import published, read_nodes, read_pods
from benchmarks.openb.worlds import catalog_of, deployments_of, workspace_of
from placement.planner import Planner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.openb.policies import Policy
    from benchmarks.openb.trace import Nodes, Pods
    from benchmarks.registry import Options, Row, Size
    from placement.plan.plan import Plan

FOLDER = "openb-2023"
"""Where the trace is in the folder of stored instances."""
MADE_UP = "made-up"
"""Workload of the tiny trace that is written where no data are needed."""
PERCENT = 130
NEAR = 0.7
"""Points by which a baseline may differ from what is published."""
GOALS = {"allocated": 96.4, "gap": 0.5, "first": 95.2, "seconds": 2.0, "chosen": 99.8}


def measure_policies(size: Size, options: Options) -> list[Row]:
    """Replay the six policies, and set them beside what is published."""
    found: list[Row] = []
    for workload in size["workloads"]:
        data = _folder(workload, options)
        if data is None:
            return [_missing()]
        known = _published(data, workload)
        for name, policy in POLICIES.items():
            row = _replayed(data, workload, policy, size["seeds"], options)
            found.append(_beside({"workload": workload, "policy": name, **row}, known.get(name)))
    return found


def _beside(row: Row, known: float | None) -> Row:
    if known is None:
        return row
    apart = row["unallocated, %"] - known
    row = {**row, "published, %": known, "difference": round(apart, 2)}
    if abs(apart) > NEAR:
        row["lost"] = f"{row['policy']} on {row['workload']} is {apart:+.2f} points off"
    return row


def measure_arrays(size: Size, options: Options) -> list[Row]:
    """Replay our online mode on arrays, beside the published figures of FGD."""
    found: list[Row] = []
    for workload in size["workloads"]:
        data = _folder(workload, options)
        if data is None:
            return [_missing()]
        row: Row = {
            "workload": workload,
            **_replayed(data, workload, LeastStranded, size["seeds"], options),
        }
        found.append(_against_fgd(row, _published(data, workload).get("FGD")))
    return found


def _against_fgd(row: Row, known: float | None) -> Row:
    if known is None:
        return row
    row = {**row, "FGD, published, %": known}
    if row["unallocated, %"] > known:
        row["lost"] = f"{row['unallocated, %']:.2f} % against {known:.2f} % of FGD"
    return row


def measure_online(size: Size, options: Options) -> list[Row]:
    """Put arriving pods through a warm planner, one by one."""
    found: list[Row] = []
    for workload in size["workloads"]:
        data = _folder(workload, options)
        if data is None:
            return [_missing()]
        nodes, pods = read_nodes(data), read_pods(data, workload)
        for seed in _seeds(size["seeds"], options):
            run = run_online(nodes, pods, seed)
            placed = sum(place is not None for place in run.places)
            row: Row = {
                "workload": workload,
                "seed of the arrivals": seed,
                "arrived": len(run.places),
                "placed": placed,
                "unallocated, %": run.unallocated,
                "CPU per arrival, ms": 1000 * run.cpu_seconds / len(run.places),
                "wall per arrival, ms": 1000 * run.seconds / len(run.places),
            }
            found.append(_against_fgd(row, _published(data, workload).get("FGD")))
    return found


def measure_offline(size: Size, options: Options) -> list[Row]:
    """Plan a whole pod list at once; all of it, or what 130 % of arrivals ask for."""
    data = _folder(size["workload"], options)
    if data is None:
        return [_missing()]
    nodes, pods = read_nodes(data), read_pods(data, size["workload"])
    order: Sequence[int] = pods.of.tolist()
    if size.get("arrivals"):
        order = arriving(pods, nodes, np.random.default_rng(options.seed), ASKED).tolist()
    return [_planned(nodes, pods, order, options, chosen=bool(size.get("arrivals")))]


def _planned(
    nodes: Nodes, pods: Pods, order: Sequence[int], options: Options, *, chosen: bool
) -> Row:
    workspace = workspace_of(deployments_of(pods, order, nodes))
    planner = Planner(catalog_of(nodes))
    wall, cpu = time.perf_counter(), time.process_time()
    plan = planner.plan(workspace, time_limit=options.limit)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    row = {
        "pods": len(order),
        "placed": sum(row.replicas for row in plan.assignments),
        **_shares(plan, nodes, int(pods.gpu_milli[list(order)].sum())),
        "plan, s": wall,
        "CPU, s": cpu,
        "stopped by": plan.stopped_by or "",
    }
    return _judged(row, chosen=chosen)


def _shares(plan: Plan, nodes: Nodes, asked: int) -> Row:
    """Return what is allocated in percent of all GPUs, now, at first, and at the very most.

    What is unplaced counts in GPUs, a pod without one as one. The most is what the bound of that
    leaves, if all pods without GPUs had a place; at first as many of these are taken to lack one
    as in the end.
    """
    used = sum(row.gpus for row in plan.assignments)
    tier = plan.tiers[0]
    whole = nodes.gpu_milli
    most = None if tier.bound is None else min(100 * (asked - tier.bound) / whole, 100.0)
    others = tier.value - (asked - used)
    first = plan.stats["firstPlan"]
    at_first = asked - 1000 * first["tiers"][tier.name] + others
    return {
        "allocated, %": 100 * used / whole,
        "at most, %": most,
        "gap, %": None if most is None else most - 100 * used / whole,
        "first plan, %": 100 * at_first / whole,
        "first plan, s": first["seconds"],
    }


def _judged(row: Row, *, chosen: bool) -> Row:
    goal = GOALS["chosen"] if chosen else GOALS["allocated"]
    faults = []
    if row["allocated, %"] < goal:
        faults.append(f"{row['allocated, %']:.2f} % allocated instead of {goal} %")
    if not chosen and (row["gap, %"] is None or row["gap, %"] > GOALS["gap"]):
        told = "none" if row["gap, %"] is None else f"{row['gap, %']:.2f} %"
        faults.append(f"proven gap {told} instead of {GOALS['gap']} %")
    late = row["first plan, s"] > GOALS["seconds"]
    if not chosen and (row["first plan, %"] < GOALS["first"] or late):
        faults.append(f"first plan {row['first plan, %']:.2f} % in {row['first plan, s']:.1f} s")
    return {**row, "lost": "; ".join(faults)} if faults else row


def _replayed(data: Path, workload: str, policy: type[Policy], seeds: int, options: Options) -> Row:
    nodes, pods = read_nodes(data), read_pods(data, workload)
    start = time.process_time()
    found = [
        replay(policy, nodes, pods, seed).unallocated(PERCENT) for seed in _seeds(seeds, options)
    ]
    return {
        "seeds": seeds,
        "unallocated, %": float(np.mean(found)),
        "deviation": float(np.std(found)),
        "CPU per run, s": (time.process_time() - start) / seeds,
    }


def _seeds(count: int, options: Options) -> range:
    return range(options.seed, options.seed + count)


def _published(data: Path, workload: str) -> Mapping[str, float]:
    return {} if workload == MADE_UP else published(data, PERCENT).get(workload, {})


def _folder(workload: str, options: Options) -> Path | None:
    if workload == MADE_UP:
        return made_up.write(_scratch(), workload=MADE_UP)
    return None if options.data is None else options.data / FOLDER


@cache
def _scratch() -> Path:
    """Return a folder that is gone when the process ends."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _missing() -> Row:
    return {"note": f"not measured: it needs `--data` with the folder `{FOLDER}`"}
