"""Meta's Rebalancer (PyPI ``rebalancer``), in an environment of its own: it needs Python 3.12.

Its documents advise the optimal solver up to about 1,000 objects, HiGHS being the package that the
wheel has, and local search from there on, with the move types single, swap and triple loop. Both
are asked at every size that they take; local search has Kernighan-Lin search as well, which is what
gets replicas in that have no place. Goals are a tuple: what is out first, then cost. Both start at
the greedy answer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rivals.arrays import Answer, Arrays
from benchmarks.rivals.first_fit import best_fit
from benchmarks.rivals.linear import pairs_of

WORKER = Path(__file__).with_name("rebalancer_worker.py")
PACKAGE = "rebalancer==1.0.4"
PYTHONS = ("python3.12", "python3.13", "python3.14")
MOST_OBJECTS = {"optimal": 10_000, "local": 60_000}
"""Replicas from which a mode is not asked: its documents say less, and building takes minutes."""
MOST_PAIRS = 6_000_000
GRACE = 60.0
"""Seconds beyond its limit after which the worker is stopped."""


@dataclass(frozen=True)
class Rebalancer:
    """One of its solvers; an environment is made in the cache folder when it is first asked."""

    mode: str
    cache: Path | None

    def __call__(self, arrays: Arrays, limit: float, seed: int) -> Answer:
        """Return its answer."""
        del seed  # the optimal solver takes none, and local search orders equals by it only
        replicas = int(arrays.replicas.sum())
        pairs = pairs_of(arrays, nodes=False) * replicas // max(1, arrays.deployments)
        if replicas > MOST_OBJECTS[self.mode] or pairs > MOST_PAIRS:
            return Answer.none(f"not asked: {replicas:,} objects")
        if self.cache is None:
            return Answer.none("not asked: no --cache")
        python = _environment(self.cache)
        if python is None:
            return Answer.none("not installed: no Python 3.12 or later found")
        start = time.perf_counter()
        found = self._ask(python, arrays, best_fit(arrays, limit, 0), limit)
        seconds = time.perf_counter() - start
        if found is None:
            return Answer.none("failed, or stopped long after its limit", seconds)
        return _answer(found, seconds)

    def _ask(self, python: Path, arrays: Arrays, start: Answer, limit: float) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            told, said = Path(folder) / "told.json", Path(folder) / "said.json"
            told.write_text(json.dumps(_told(arrays, start, self.mode, limit)), encoding="utf-8")
            command = [str(python), "-P", str(WORKER), str(told), str(said)]
            try:
                subprocess.run(
                    command, check=True, timeout=limit + GRACE, stdout=sys.stderr, env=_bare()
                )
            except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
                return None
            return json.loads(said.read_text(encoding="utf-8"))


def _told(arrays: Arrays, start: Answer, mode: str, limit: float) -> dict[str, Any]:
    deployment, group = arrays.pairs
    edges = np.searchsorted(deployment, np.arange(arrays.deployments + 1)).tolist()
    cost = arrays.cost[arrays.shape[deployment], group].tolist()
    allowed = group.tolist()
    return {
        "mode": mode,
        "limit": limit,
        "count": arrays.count.tolist(),
        "room": arrays.room.tolist(),
        "replicas": arrays.replicas.tolist(),
        "need": arrays.need.tolist(),
        "allowed": [allowed[a:b] for a, b in pairwise(edges)],
        "cost": [cost[a:b] for a, b in pairwise(edges)],
        "spreads": [
            [s.deployment, None if s.domain is None else s.domain.tolist(), s.most]
            for s in arrays.spreads
        ],
        "start": [column.tolist()
                  for column in (start.deployment, start.group, start.index, start.replicas)],
    }  # fmt: skip


def _answer(found: dict[str, Any], seconds: float) -> Answer:
    columns = [np.array(column, np.int64) for column in found["rows"]]
    return Answer(columns[0], columns[1], columns[2], columns[3], seconds, found["note"])


# ----------------------------------------------------------------- environment


def _environment(cache: Path) -> Path | None:
    """Return the interpreter of an environment that has the package; make it if need be."""
    folder = cache.resolve() / "rebalancer"
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    found = next(_interpreters(), None)
    if found is None:
        return None
    subprocess.run([found, "-m", "venv", "--clear", str(folder)], check=True, env=_bare())
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", PACKAGE],
        check=True,
        stdout=sys.stderr,
        env=_bare(),
    )
    (folder / "ready").touch()
    return python


def _interpreters() -> Iterator[str]:
    known = [shutil.which(name) for name in PYTHONS]
    known += [str(p) for p in sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))]
    for python in known:
        if python is not None:
            done = subprocess.run([python, "-c", ""], capture_output=True, check=False)
            if done.returncode == 0:
                yield python


def _bare() -> dict[str, str]:
    """Return the environment without what belongs to this interpreter."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
