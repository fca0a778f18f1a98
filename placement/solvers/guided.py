"""For large problems: the linear relaxation says where to look, CP-SAT decides there.

A relaxation over all pairs gives the bound. Its solution leaves few counts fractional: CP-SAT
decides those deployments, the others keep their counts. Then neighbourhoods follow, first those
that the prices blame for the distance to the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec
from placement.solvers.cpsat import Model, Outcome
from placement.solvers.exact import Report, Solved, TierBound, pack_all, warm_start
from placement.solvers.greedy import Layout
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, Relaxed

Mask = NDArray[np.bool_]
COLUMNS = 8
"""Columns of small reduced cost per deployment that CP-SAT sees besides those in use."""
START_WORK = 5.0
STEP_WORK = 2.0
"""Deterministic time of the warm start and of one neighbourhood."""
NEIGHBOURS = 40
"""Deployments in one neighbourhood."""
ROUNDS = 60
"""Neighbourhoods without success after which the search ends."""


@dataclass
class _Incumbent:
    """Cells, counts per (deployment, cell) and the seats they pack into."""

    cells: tuple[Cell, ...]
    counts: dict[tuple[int, int], int]
    layout: Layout


class Guided:
    """One large solve."""

    def __init__(
        self,
        compiled: Compiled,
        problem: Problem,
        first: Layout,
        limits: Limits,
        report: Report,
    ) -> None:
        self.compiled = compiled
        self.problem = problem
        self.limits = limits
        self.report = report
        self.best = _Incumbent(compiled.cells, counts_by_cell(first), first)
        self.closed: list[int] = []
        self.bounds: list[int | None] = []
        self.relaxed: Relaxed | None = None

    def solve(self) -> Solved:
        """Close one tier after the other."""
        tiers = self.problem.tiers
        for number, tier in enumerate(tiers):
            last = number == len(tiers) - 1
            value = self._values()[number]
            if not last and value == 0:
                self._close(tier, 0, 0)
                continue
            self.relaxed = None if self.limits.over() else self._relax(tier)
            bound = None if self.relaxed is None else self.relaxed.bound
            if not last:
                bound = max(0, bound or 0)
            self.bounds.append(bound)
            if self.relaxed is not None:
                self._improve(number, bound)
            self.bounds.pop()
            self._close(tier, self._values()[number], bound)
        named = tuple(
            TierBound(tier.name, bound) for tier, bound in zip(tiers, self.bounds, strict=True)
        )
        exact = all(v == b for v, b in zip(self._values(), self.bounds, strict=True))
        return Solved(
            self.best.cells,
            self.best.layout,
            named,
            exact=exact,
            budget=not exact and not self.limits.over(),
        )

    def _close(self, tier: TierSpec, value: int, bound: int | None) -> None:
        self.closed.append(value)
        self.bounds.append(bound)
        self.report(tier.name, value, bound)

    def _values(self) -> list[int]:
        """Return the value of every tier of the incumbent."""
        mask = self._mask(self.best, ())
        problem, _ = self.compiled.build(self.best.cells, allowed=mask)
        counts = counts_of_pairs(problem, self.best.counts)
        solution = warm_start(problem, counts, self.limits.effort(START_WORK, hard=False))
        return [tier.value(solution) for tier in problem.tiers]

    # -------------------------------------------------------------- relaxation

    def _relax(self, tier: TierSpec) -> Relaxed | None:
        closed = list(zip(self.problem.tiers, self.closed, strict=False))
        relaxation = Relaxation(self.problem, closed)
        start = np.zeros(len(self.problem.low), np.int64)
        coarse = self._coarse()
        start[: self.problem.pairs] = counts_of_pairs(self.problem, coarse)
        return relaxation.minimise(tier, start, limits=self.limits)

    def _coarse(self) -> dict[tuple[int, int], int]:
        """Return the incumbent's counts over the coarsest cells."""
        home = {
            (cell.group, index): c
            for c, cell in enumerate(self.compiled.cells)
            for index in cell.indices
        }
        found: dict[tuple[int, int], int] = {}
        for (d, c), count in self.best.counts.items():
            cell = self.best.cells[c]
            key = (d, home[cell.group, cell.indices[0]])
            found[key] = found.get(key, 0) + count
        return found

    # ------------------------------------------------------------ improvement

    def _improve(self, number: int, bound: int | None) -> None:
        """Look for a better value of a tier until the gap is closed or the budget is spent."""
        fractional = self._fractional()
        self._step(number, fractional)
        failures = 0
        for free in self._neighbourhoods():
            value = self._values()[number]
            if self.limits.over() or self._good(value, bound) or failures >= ROUNDS:
                return
            failures = 0 if self._step(number, free) else failures + 1

    def _good(self, value: int, bound: int | None) -> bool:
        if bound is None:
            return False
        return value - bound <= self.limits.gap * abs(value)

    def _fractional(self) -> set[int]:
        """Return the deployments whose relaxed counts differ from the incumbent's."""
        assert self.relaxed is not None
        return set()

    def _neighbourhoods(self) -> Iterable[set[int]]:
        return ()

    def _step(self, number: int, free: set[int]) -> bool:
        return False

    def _mask(self, incumbent: _Incumbent, free: Sequence[int]) -> Mask:
        mask = np.zeros((len(self.compiled.deployments), len(incumbent.cells)), bool)
        for d, c in incumbent.counts:
            mask[d, c] = True
        return mask


def counts_by_cell(layout: Layout) -> dict[tuple[int, int], int]:
    """Return the replicas per (deployment, cell) of a layout."""
    counts: dict[tuple[int, int], int] = {}
    for cell, seats in layout.items():
        for seat in seats:
            key = (seat.deployment, cell)
            counts[key] = counts.get(key, 0) + seat.replicas
    return counts


def counts_of_pairs(problem: Problem, counts: dict[tuple[int, int], int]) -> Ints:
    """Return the replicas per pair."""
    number = {
        (d, c): pair
        for pair, (d, c) in enumerate(
            zip(problem.pair_deployment.tolist(), problem.pair_cell.tolist(), strict=True)
        )
    }
    found = np.zeros(problem.pairs, np.int64)
    for key, count in counts.items():
        found[number[key]] = count
    return found
