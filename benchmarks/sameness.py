"""Whether equal input gives equal plans: by workers and hash seeds; and what that costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.fleet_plans import PERCENT
from benchmarks.generator import Instance, drawn
from benchmarks.registry import Options, Row, Size
from benchmarks.singles import singles
from benchmarks.wishes import Drawing
from placement.planner import Planner

WORKERS = (2, 4, 8)
HASH_SEEDS = (0, 1)
FREE = 8
"""CP-SAT workers of the free-running search."""
GAP = 1e-3
INSTANCES: dict[str, dict[str, Any]] = {
    "easy": {"variant": "easy"},
    "easy, fuller": {"variant": "easy", "fill": 0.9},
    "hard": {"variant": "hard"},
    "hard, another seed": {"variant": "hard", "seed": 1},
    "singles": {},
}


def measure(size: Size, options: Options) -> list[Row]:
    """Plan every fleet with every number of workers and every hash seed, each in a process."""
    names = list(INSTANCES)[: size["fleets"]]
    return [_row(name, size, options) for name in names]


def _row(name: str, size: Size, options: Options) -> Row:
    runs = [
        _apart(name, size, options.seed, workers, hashing)
        for workers in size.get("workers", WORKERS)
        for hashing in HASH_SEEDS
    ]
    digests = {run["digest"] for run in runs}
    times = [run["seconds"] for run in runs]
    row: Row = {
        "fleet": name,
        "runs": len(runs),
        "digests": len(digests),
        "digest": min(digests)[:15],
        "fastest, s": min(times),
        "slowest, s": max(times),
        "gap, %": runs[0]["gap"],
    }
    row |= _free(name, size, options.seed)
    lost = f"{len(digests)} different plans of one fleet" if len(digests) > 1 else ""
    return row | ({"lost": lost} if lost else {})


def _apart(name: str, size: Size, seed: int, workers: int, hashing: int) -> dict[str, Any]:
    told = json.dumps([name, dict(size), seed, workers])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sameness", told],
        env={**os.environ, "PYTHONHASHSEED": str(hashing)},
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _free(name: str, size: Size, seed: int) -> Row:
    """Let CP-SAT search with several workers that do not wait for each other."""
    with patch("placement.solvers.cpsat.WORKERS", FREE):
        found = _planned(name, size, seed, None)
    return {"free-running, s": found["seconds"], "free-running gap, %": found["gap"]}


def _planned(name: str, size: Size, seed: int, workers: int | None) -> dict[str, Any]:
    instance = _instance(name, size, seed)
    start = time.perf_counter()
    plan = Planner(instance.catalog).plan(instance.workspace, gap=GAP, workers=workers)
    took = time.perf_counter() - start
    last = plan.tiers[-1]
    gap = None if last.bound is None else PERCENT * (last.value - last.bound) / max(last.value, 1)
    return {"digest": plan.digest, "seconds": took, "gap": gap}


def _instance(name: str, size: Size, seed: int) -> Instance:
    own = INSTANCES[name]
    if not own:
        return singles(size["deployments"], size["nodes"] // 3, seed)
    shape = {key: size[key] for key in ("deployments", "nodes", "groups")}
    return drawn(Drawing(**shape, **{**own, "seed": seed + own.get("seed", 0)}))


def main() -> None:
    """Plan what is told by another process; print the digest."""
    name, size, seed, workers = json.loads(sys.argv[1])
    print(json.dumps(_planned(name, size, seed, workers)))


if __name__ == "__main__":
    main()
