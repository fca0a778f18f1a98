"""Run subjects and write what is measured as tables.

    python -m benchmarks                      everything, from small to large
    python -m benchmarks fleets               all sizes of one subject
    python -m benchmarks fleets:easy-300x1k   one size
    python -m benchmarks --quick              the tiny size of everything; keeps nothing
    python -m benchmarks --report             only write the tables again

Every size runs in a process of its own, so that its peak of memory is its own. What was measured
is kept per size in ``benchmarks/results`` and all of it is written to ``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import cpu_seconds, machine, peak_mib
from benchmarks.registry import QUICK, SUBJECTS, Options, Subject, subject
from benchmarks.report import RESULTS, keep, write_report


def main() -> int:
    """Read the command line; run, keep and report."""
    told = _arguments()
    options = Options(told.seed, told.limit, told.cache, told.data)
    if told.inside:
        name, _, size = told.inside.partition(":")
        json.dump(measured(subject(name), size, options), sys.stdout)
        return 0
    if not told.report:
        for name, size in _chosen(told.subjects, quick=told.quick):
            print(f"{name}:{size}", file=sys.stderr, flush=True)
            found = _apart(name, size, told)
            if not told.quick:
                keep(found)
    if not told.quick:
        write_report(RESULTS)
    return 0


def measured(one: Subject, size: str, options: Options) -> dict[str, Any]:
    """Return the rows of one size with all that a reader needs to judge them."""
    start, busy = time.perf_counter(), cpu_seconds()
    rows = one.run(size, options)
    return {
        "subject": one.name,
        "size": size,
        "rows": [dict(row) for row in rows],
        "seconds": round(time.perf_counter() - start, 2),
        "cpuSeconds": round(cpu_seconds() - busy, 2),
        "peakMiB": peak_mib(),
        "seed": options.seed,
        "limit": options.limit,
        "machine": machine(),
    }


def _apart(name: str, size: str, told: argparse.Namespace) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "--inside", f"{name}:{size}"]
    for option in ("seed", "limit", "cache", "data"):
        if (value := getattr(told, option)) is not None:
            command += [f"--{option}", str(value)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    for row in found["rows"]:
        print(f"  {row}", file=sys.stderr, flush=True)
    return found


def _chosen(wanted: list[str], *, quick: bool) -> Iterator[tuple[str, str]]:
    for one in SUBJECTS:
        for size in one.sizes:
            named = not wanted or one.name in wanted or f"{one.name}:{size}" in wanted
            if named and quick == (size == QUICK):
                yield one.name, size


def _arguments() -> argparse.Namespace:
    default = asdict(Options())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT[:SIZE]")
    parser.add_argument("--quick", action="store_true", help="the tiny sizes only")
    parser.add_argument("--report", action="store_true", help="write the tables of what is kept")
    parser.add_argument("--seed", type=int, default=default["seed"])
    parser.add_argument(
        "--limit", type=float, default=default["limit"], help="seconds of each solver"
    )
    parser.add_argument("--cache", type=Path, help="folder for the environments of rivals")
    parser.add_argument("--data", type=Path, help="folder of stored instances")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
