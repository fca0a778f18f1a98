"""For large problems: the linear relaxation says where to look, CP-SAT decides there.

A relaxation over all pairs gives the bound. Its solution leaves few counts fractional: CP-SAT
decides those deployments while the others keep their counts. Then neighbourhoods follow, first
those that the prices blame for the distance to the bound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec
from placement.solvers.cpsat import Model
from placement.solvers.exact import (
    Report,
    Solved,
    TierBound,
    laid_out,
    pack_all,
    solve_exactly,
    warm_start,
)
from placement.solvers.greedy import Layout
from placement.solvers.incumbent import (
    Counts,
    Incumbent,
    counts_by_cell,
    pair_counts,
    solution_counts,
)
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, Relaxed, first_of_each
from placement.solvers.neighbourhood import Neighbourhoods, nearest

Mask = NDArray[np.bool_]
COLUMNS = 16
"""Columns of small reduced cost per deployment that CP-SAT sees besides those in use."""
ROUND_WORK = 2.0
"""Deterministic time for rounding the relaxation."""
STEP_WORK = 1.5
"""Deterministic time of one neighbourhood."""
STEP_PARTS = 5_000
"""One solve ends when its own gap is below one of so many parts of the value."""
NEIGHBOURS = 30
"""Deployments in one neighbourhood."""
WIDER_AFTER = 6
"""Neighbourhoods without success after which they grow."""
FAILURES = 24
"""Neighbourhoods without success after which the search ends."""
WIDEST = 150
"""Deployments beyond which a neighbourhood is not widened when it has no solution."""
REPAIRS = 24
"""How often cells that do not pack are split before a solution is given up."""
FINISH_PAIRS = 2_000
"""Up to this many columns CP-SAT closes the last tier exactly."""
FINISH_WORK = 20.0
NEAR = 1e-6


class Guided:
    """One large solve."""

    def __init__(
        self, compiled: Compiled, problem: Problem, first: Layout, limits: Limits, report: Report
    ) -> None:
        self.compiled = compiled
        self.problem = problem
        self.limits = limits
        self.report = report
        self.closed: list[int] = []
        parent = np.arange(len(compiled.cells))
        counts = counts_by_cell(first)
        values = self._values(compiled.cells, counts, first)
        self.best = Incumbent(compiled.cells, parent, counts, first, values)
        self.relaxed: Relaxed | None = None
        self.unpriced = False
        self.columns = np.zeros((len(compiled.deployments), len(compiled.cells)), bool)

    def solve(self) -> Solved:
        """Close one tier after the other."""
        bounds: list[int | None] = []
        last = len(self.problem.tiers) - 1
        for number, tier in enumerate(self.problem.tiers):
            bound = None if number == last else tier.floor
            if self.best.values[number] != bound and not self.limits.over():
                self.relaxed = self._relax(tier)
                self.unpriced |= self.relaxed is None and self.limits.deadline is not None
                if self.relaxed is not None:
                    bound = max(bound or 0, self.relaxed.bound)
                    self._improve(number, bound)
                if number == last and self.relaxed is not None and bound is not None:
                    bound = self._finish(number, bound)
            value = self.best.values[number]
            self.closed.append(value)
            bounds.append(bound)
            self.report(tier.name, value, bound)
        tiers = self.problem.tiers
        named = tuple(TierBound(t.name, b) for t, b in zip(tiers, bounds, strict=True))
        exact = tuple(bounds) == self.best.values
        return Solved(
            self.best.cells,
            self.best.layout,
            named,
            exact=exact,
            budget=not exact,
            cut=not exact and (self.unpriced or self.limits.effort(0.0).cut()),
            joined=True,
        )

    def _values(self, cells: tuple[Cell, ...], counts: Counts, layout: Layout) -> tuple[int, ...]:
        """Return the value of every tier of a layout."""
        problem, _ = self.compiled.build(cells, allowed=self._used(cells, counts))
        given = pair_counts(problem, counts)
        solution = warm_start(problem, given, laid_out(problem, layout))
        return tuple(tier.value(solution) for tier in problem.tiers)

    def _used(self, cells: tuple[Cell, ...], counts: Counts) -> Mask:
        mask = np.zeros((len(self.compiled.deployments), len(cells)), bool)
        for d, c in counts:
            mask[d, c] = True
        return mask

    # -------------------------------------------------------------- relaxation

    def _relax(self, tier: TierSpec) -> Relaxed | None:
        """Relax a tier over all pairs and choose the columns that CP-SAT may use."""
        relaxation = Relaxation(
            self.problem, list(zip(self.problem.tiers, self.closed, strict=False))
        )
        coarse: Counts = {}
        for (d, c), count in self.best.counts.items():
            key = (d, int(self.best.parent[c]))
            coarse[key] = coarse.get(key, 0) + count
        start = np.zeros(len(self.problem.low), np.int64)
        start[: self.problem.pairs] = pair_counts(self.problem, coarse)
        relaxed = relaxation.minimise(tier, start, limits=self.limits)
        if relaxed is not None:
            pairs, owner = self.problem.pairs, self.problem.pair_deployment
            chosen = relaxed.counts[:pairs] > NEAR
            chosen[first_of_each(owner, relaxed.reduced[:pairs], COLUMNS)] = True
            self.columns[owner[chosen], self.problem.pair_cell[chosen]] = True
        return relaxed

    def _relaxed_counts(self) -> tuple[Counts, set[int]]:
        """Return the counts of the deployments that the relaxation decides, and the others."""
        assert self.relaxed is not None
        values = self.relaxed.counts[: self.problem.pairs]
        nearest = np.rint(values)
        open_pairs = np.abs(values - nearest) > NEAR
        undecided = set(self.problem.pair_deployment[open_pairs].tolist())
        counts: Counts = {}
        for pair in np.flatnonzero(nearest).tolist():
            d = int(self.problem.pair_deployment[pair])
            if d not in undecided:
                counts[d, int(self.problem.pair_cell[pair])] = int(nearest[pair])
        return counts, undecided

    # ------------------------------------------------------------- improvement

    def _finish(self, number: int, bound: int) -> int:
        """Close the last tier exactly if the prices leave few columns; return its bound.

        A column whose reduced cost is above value - bound is in no better solution.
        """
        assert self.relaxed is not None
        value = self.best.values[number]
        if self._good(number, bound) or self.limits.over():
            return bound
        pairs = self.problem.pairs
        open_pairs = (
            self.relaxed.reduced[:pairs] <= (value - self.relaxed.bound) << self.relaxed.scale
        )
        allowed = np.zeros_like(self.columns)
        owner, where = self.problem.pair_deployment, self.problem.pair_cell
        allowed[owner[open_pairs], where[open_pairs]] = True
        for d, c in self.best.counts:
            allowed[d, self.best.parent[c]] = True
        if allowed.sum() > FINISH_PAIRS:
            return bound
        solved = solve_exactly(
            self.compiled,
            self.best.layout,
            self.limits.effort(FINISH_WORK),
            report=self.report,
            cells=self.best.cells,
            allowed=allowed[:, self.best.parent],
        )
        self._adopt(solved)
        proved = solved.bounds[number].bound if len(solved.bounds) > number else None
        earlier = [tier.bound for tier in solved.bounds[:number]]
        if proved is None or earlier != list(self.best.values[:number]):
            return bound
        return max(bound, min(value, proved))

    def _adopt(self, solved: Solved) -> None:
        """Take over a layout if it is better."""
        counts = counts_by_cell(solved.layout)
        values = self._values(solved.cells, counts, solved.layout)
        if values < self.best.values:
            home = {
                (cell.group, index): int(self.best.parent[c])
                for c, cell in enumerate(self.best.cells)
                for index in cell.indices
            }
            parent = np.array([home[c.group, c.indices[0]] for c in solved.cells], np.int64)
            self.best = Incumbent(solved.cells, parent, counts, solved.layout, values)

    def _good(self, number: int, bound: int) -> bool:
        """Whether a tier of the incumbent is near enough to its bound."""
        last = number == len(self.problem.tiers) - 1
        return self.best.values[number] - bound <= (self.limits.slack if last else 0)

    def _improve(self, number: int, bound: int) -> None:
        """Look for a better value of a tier until it meets the bound or the budget is spent."""
        self._round(number)
        assert self.relaxed is not None
        around = Neighbourhoods(self.compiled, self.problem, self.columns, self.relaxed)
        failures = 0
        while failures < FAILURES and not self._good(number, bound) and not self.limits.over():
            free = around.draw(self.best, NEIGHBOURS * (1 + failures // WIDER_AFTER))
            failures = 0 if self._step(number, free) else failures + 1

    def _round(self, number: int) -> None:
        """Keep what the relaxation decides and let CP-SAT decide the rest; widen if it must."""
        decided, undecided = self._relaxed_counts()
        everyone = set(range(len(self.compiled.deployments)))
        touched = {c for d in undecided for c in np.flatnonzero(self.columns[d]).tolist()}
        near = undecided | {d for d, c in decided if c in touched}
        for free in (undecided, near, everyone):
            if self.limits.over():
                return
            fixed = {key: count for key, count in decided.items() if key[0] not in free}
            parent = np.arange(len(self.compiled.cells))
            if self._decide(number, self.compiled.cells, parent, fixed, free, ROUND_WORK, None):
                return

    def _step(self, number: int, free: set[int]) -> bool:
        """Decide one neighbourhood again; return whether the tier improved."""
        best = self.best
        fixed = {key: count for key, count in best.counts.items() if key[0] not in free}
        return self._decide(number, best.cells, best.parent, fixed, free, STEP_WORK, best.counts)

    def _decide(
        self,
        number: int,
        cells: tuple[Cell, ...],
        parent: Ints,
        fixed: Counts,
        free: set[int],
        work: float,
        hint: Counts | None,
    ) -> bool:
        """Solve a tier with some deployments fixed, pack, and keep the result if it is better."""
        for _ in range(REPAIRS):
            allowed = self._used(cells, fixed)
            members = sorted(free)
            allowed[members] = self.columns[members][:, parent]
            for d, c in hint or ():
                allowed[d, c] = True
            problem, _ = self.compiled.build(cells, allowed=allowed)
            solution = self._solved(problem, number, fixed, free, work, hint)
            if solution is None and hint is None and len(free) < WIDEST:
                free, fixed = self._widened(free, fixed, parent)
                continue
            if solution is None:
                return False
            values = tuple(tier.value(solution) for tier in problem.tiers)
            if values[: number + 1] >= self.best.values[: number + 1]:
                return False
            layout, broken = pack_all(problem, solution)
            if not broken:
                counts = solution_counts(problem, solution)
                self.best = Incumbent(cells, parent, counts, layout, values)
                self.report(problem.tiers[number].name, values[number], None)
                return True
            cells, parent, fixed, free = self._reopened(problem, solution, parent, broken, free)
            hint = None
        return False

    def _widened(self, free: set[int], fixed: Counts, parent: Ints) -> tuple[set[int], Counts]:
        """Free the deployments that share columns with those that found no solution."""
        members = np.array(sorted(free), np.int64)
        touched: Mask = np.logical_or.reduce(self.columns[members])
        wider = free | {d for d, c in fixed if touched[parent[c]]}
        return wider, {key: count for key, count in fixed.items() if key[0] not in wider}

    def _solved(
        self,
        problem: Problem,
        number: int,
        fixed: Counts,
        free: set[int],
        work: float,
        hint: Counts | None,
    ) -> Ints | None:
        low, high = problem.low.copy(), problem.high.copy()
        given = pair_counts(problem, fixed)
        held = ~np.isin(problem.pair_deployment, np.array(sorted(free), np.int64))
        pairs = np.flatnonzero(held)
        low[pairs] = high[pairs] = given[pairs]
        model = Model(replace(problem, low=low, high=high))
        for tier, value in zip(problem.tiers, self.closed, strict=False):
            model.fix_tier(tier, value)
        if hint is not None:
            full = pair_counts(problem, hint)
            model.hint(warm_start(problem, full, laid_out(problem, self.best.layout)))
        slack = self.best.values[number] // STEP_PARTS
        effort = replace(self.limits.effort(work, slack=slack), target=self._target(number, slack))
        return model.minimise(problem.tiers[number], effort).solution

    def _target(self, number: int, slack: int) -> int | None:
        """Return a value of a tier that is near enough to the relaxation's."""
        last = number == len(self.problem.tiers) - 1
        bound = None if self.relaxed is None else self.relaxed.bound
        if bound is None:
            return None
        return bound + (max(slack, self.limits.slack // 2) if last else 0)

    def _reopened(
        self, problem: Problem, solution: Ints, parent: Ints, broken: set[int], free: set[int]
    ) -> tuple[tuple[Cell, ...], Ints, Counts, set[int]]:
        """Split the cells that do not pack and free the deployments in them."""
        counts = solution_counts(problem, solution)
        again = {d for d, c in counts if c in broken} | (free if len(free) < NEIGHBOURS else set())
        again |= nearest(self.columns, again, counts, parent, NEIGHBOURS - len(again))
        cells: list[Cell] = []
        parents: list[int] = []
        moved: dict[int, int] = {}
        for c, cell in enumerate(problem.cells):
            parts = cell.split() if c in broken else (cell,)
            moved[c] = len(cells)
            cells += parts
            parents += [int(parent[c])] * len(parts)
        fixed = {(d, moved[c]): n for (d, c), n in counts.items() if d not in again}
        return tuple(cells), np.array(parents, np.int64), fixed, again
