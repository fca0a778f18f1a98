"""Rivals on the same instance, under the same limit, scored by the same verifier."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from benchmarks.generator import Instance, drawn
from benchmarks.machine import cpu_seconds, peak_mib
from benchmarks.registry import Options, Row, Size
from benchmarks.rivals import cpsat, first_fit, mip
from benchmarks.rivals.arrays import Answer, Arrays, Rival, arrays_of
from benchmarks.rivals.rebalancer import Rebalancer
from benchmarks.rivals.scoring import Score, score_of, scored
from benchmarks.singles import singles
from benchmarks.wishes import Drawing
from placement.options import Progress
from placement.planner import Planner

OURS = "placement"
SOONER = 10
"""Times sooner than these we are to be at least as good, at the sizes that ask for it."""
CHALLENGED = ("HiGHS", "Rebalancer, optimal", "Rebalancer, local search")
LATE, SPARE = 1.02, 0.1
"""A run that is to repeat what another had after some seconds gets this much longer."""


def rivals(cache: Path | None) -> dict[str, Rival]:
    """Return all rivals by name."""
    return {
        "greedy, first fit": first_fit.first_fit,
        "greedy, best fit": first_fit.best_fit,
        "CP-SAT on nodes": cpsat.on_nodes,
        "CP-SAT on cells": cpsat.on_cells,
        "HiGHS": mip.highs,
        "SCIP": mip.scip,
        "Rebalancer, optimal": Rebalancer("optimal", cache),
        "Rebalancer, local search": Rebalancer("local", cache),
    }


def measure(size: Size, options: Options) -> list[Row]:
    """Ask everybody, and compare."""
    limit = min(size.get("limit", options.limit), options.limit)
    instance = _instance(size, options.seed)
    ours = Ours(instance, limit)
    rows = [ours.row()]
    arrays = arrays_of(instance.catalog, instance.workspace)
    for name, rival in rivals(options.cache).items():
        found = asked(rival, arrays, limit, options.seed, apart=size.get("apart", True))
        rows.append(compared(name, found, ours, sooner=size.get("sooner", False)))
    return rows


def _instance(size: Size, seed: int) -> Instance:
    if "single" in size:
        return singles(size["single"], size["nodes"], seed)
    return drawn(Drawing(**size["drawing"], seed=seed))


@dataclass(frozen=True)
class Asked:
    """What a rival answered, the CPU seconds that it took, and the peak of its process."""

    answer: Answer
    cpu: float | None = None
    peak: int | None = None


def asked(rival: Rival, arrays: Arrays, limit: float, seed: int, *, apart: bool) -> Asked:
    """Ask a rival, in a process of its own unless told otherwise."""
    if not apart:
        return Asked(rival(arrays, limit, seed))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(_asked, rival, arrays, limit, seed).result()
        except BrokenProcessPool:
            return Asked(Answer.none("its process was ended: out of memory, most likely"))


def _asked(rival: Rival, arrays: Arrays, limit: float, seed: int) -> Asked:
    busy = cpu_seconds()
    answer = rival(arrays, limit, seed)
    return Asked(answer, cpu_seconds() - busy, peak_mib())


@dataclass
class Ours:
    """Our plans of an instance: one up to the limit, and shorter ones where they are asked for."""

    instance: Instance
    limit: float
    seconds: float = 0.0
    first: tuple[float, Score] = field(default=(0.0, Score(0.0, 0.0)))
    last: Score = field(default=Score(0.0, 0.0))
    cpu: float = 0.0
    peak: int = 0

    def __post_init__(self) -> None:
        """Solve up to the limit, without a gap at which to end."""
        self.progress: list[tuple[float, str, float]] = []
        self._shorter: dict[float, tuple[float, Score]] = {}
        start, busy = time.perf_counter(), cpu_seconds()
        plan = Planner(self.instance.catalog).plan(
            self.instance.workspace, time_limit=self.limit, on_progress=self._note
        )
        self.seconds, self.cpu = time.perf_counter() - start, cpu_seconds() - busy
        self.last = score_of(plan)
        told = plan.stats["firstPlan"]
        out = sum(v for name, v in told["tiers"].items() if name.startswith("unplaced"))
        self.first = told["seconds"], Score(out, told["tiers"][plan.tiers[-1].name])
        self.bound = plan.tiers[-1].bound
        self.scale = plan.tiers[-1].scale
        self.peak = peak_mib()

    def _note(self, progress: Progress) -> None:
        if progress.value is not None:
            self.progress.append((progress.seconds, progress.tier, progress.value))

    def after(self, seconds: float) -> Score:
        """Return the score of our plan after so many seconds, or as soon as there is one."""
        seconds = max(seconds, self.first[0] * LATE + SPARE)
        if seconds >= self.seconds:
            return self.last
        return self._run(seconds)[1]

    def as_good_as(self, score: Score) -> float | None:
        """Return after how many seconds we had a verified plan as good; None if we never had."""
        if self.first[1] <= score:
            return self.first[0]
        for seconds in self._guesses(score):
            took, found = self._run(seconds)
            if found <= score:
                return took
        return self.seconds if self.last <= score else None

    def _guesses(self, score: Score) -> Iterator[float]:
        """Yield when the cost was reached, as progress tells: whether it was, a run shows."""
        last = self.progress[-1][1] if self.progress else ""
        found = (s for s, tier, value in self.progress if tier == last and value <= score.cost)
        for seconds in sorted(found)[:1]:
            if seconds * LATE + SPARE < self.seconds:
                yield seconds * LATE + SPARE

    def _run(self, seconds: float) -> tuple[float, Score]:
        key = round(seconds, 1)
        if key not in self._shorter:
            start = time.perf_counter()
            planner = Planner(self.instance.catalog)
            plan = planner.plan(self.instance.workspace, time_limit=max(key, SPARE))
            self._shorter[key] = time.perf_counter() - start, score_of(plan)
        return self._shorter[key]

    def row(self) -> Row:
        """Return our own row."""
        bound = None if self.bound is None else self.bound / self.scale
        return {
            "solver": OURS,
            "seconds": self.seconds,
            "CPU, s": self.cpu,
            "unplaced, GPUs": self.last.unplaced,
            "cost, USD/h": self.last.cost,
            "peak, MiB": self.peak,
            "note": f"first plan after {self.first[0]:.2f} s; bound {bound}",
        }


def compared(name: str, found: Asked, ours: Ours, *, sooner: bool) -> Row:
    """Return the row of a rival; what it is better at is lost."""
    answer = found.answer
    row: Row = {"solver": name, "seconds": answer.seconds, "CPU, s": found.cpu}
    row |= {"peak, MiB": found.peak, "note": answer.note}
    if not len(answer.deployment):
        return row
    instance = ours.instance
    score = scored(instance.catalog, instance.workspace, answer)
    then = ours.after(answer.seconds)
    good = ours.as_good_as(score)
    row |= {
        "unplaced, GPUs": score.unplaced,
        "cost, USD/h": score.cost,
        "ours then: unplaced": then.unplaced,
        "ours then: cost": then.cost,
        "ours as good after, s": good,
        "times sooner": None if good is None else answer.seconds / good,
    }
    lost = []
    if then > score:
        lost.append(f"{name} is better when it ends")
    if ours.last > score:
        lost.append(f"{name} is better at the limit")
    if sooner and name in CHALLENGED and (good is None or answer.seconds / good < SOONER):
        lost.append(f"less than {SOONER} times sooner than {name}")
    return row | ({"lost": "; ".join(lost)} if lost else {})
