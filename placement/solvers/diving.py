"""Where the relaxation is nearly whole, it is taken as it is, and CP-SAT decides what is not.

Tier by tier the relaxation gives the bound, as if those before were met. Then one solution that
meets them all is looked for near the last relaxation: counts that are whole stay, and only
deployments and cells with a broken count are decided. What costs too much to be in any better
solution is left out of the search that proves the last tier.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement.errors import ObjectiveRangeError, RowRangeError
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec
from placement.solvers.cpsat import Model, Outcome
from placement.solvers.exact import Solved, TierBound, pack_all, split
from placement.solvers.greedy import Layout
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, Relaxed
from placement.solvers.slicing import Slicer

Closed = list[tuple[TierSpec, int]]

NEAR = 1e-6
SPLITS = 6
"""How often cells that do not pack are split before it is given up."""
WORK = 1.0
"""Deterministic time of one search."""
ROOM = 256
"""The bound is this many times the distance to it within which a solution is looked for."""
COLUMNS = 4_000
"""Variables that are no dearer than any that the search of the last tier has, at most."""
EXACT_PAIRS = 800
"""Up to so many pairs a solution that is not proved is none."""


def solve_by_diving(compiled: Compiled, limits: Limits) -> Solved | None:
    """Return an optimal layout; None if the relaxation does not lead to one.

    Parameters
    ----------
    compiled : Compiled
        Billed by share: where nodes are paid for whole, a relaxation is far from whole.
    """
    cells = compiled.cells
    for _ in range(SPLITS):
        if limits.over():
            return None
        problem, _ = compiled.build(cells)
        try:
            found = _Dive(problem, limits).solution()
        except (ObjectiveRangeError, RowRangeError):
            return None
        if found is None:
            return None
        layout, broken = pack_all(problem, found[0])
        if not broken:
            solved = _solved(problem, cells, layout, *found)
            return solved if solved.exact or problem.pairs > EXACT_PAIRS else None
        cells, _ = split(cells, broken, {})
    return None


def _solved(
    problem: Problem, cells: tuple[Cell, ...], layout: Layout, solution: Ints, bound: int
) -> Solved:
    values = tuple(tier.value(solution) for tier in problem.tiers)
    known = zip(problem.tiers, (*values[:-1], bound), strict=True)
    bounds = tuple(TierBound(tier.name, proved) for tier, proved in known)
    exact = bound == values[-1]
    return Solved(cells, layout, bounds, exact=exact, budget=not exact, joined=True, values=values)


class _Dive:
    """The tiers of one problem."""

    def __init__(self, problem: Problem, limits: Limits) -> None:
        self.problem = problem
        self.limits = limits
        self.slicer = Slicer(problem)
        self.start = np.zeros(len(problem.low), np.int64)

    def solution(self) -> tuple[Ints, int] | None:
        """Return a solution that meets the bounds before the last tier, and the bound of that."""
        *_, last = self.problem.tiers
        closed = self._closed()
        relaxed = None if closed is None else self._relaxed(last, closed)
        if closed is None or relaxed is None:
            return None
        found = self._near(relaxed, closed)
        if found is not None and last.value(found) == relaxed.bound:
            return found, relaxed.bound
        return self._within(self._room(relaxed), relaxed, closed)

    def _closed(self) -> Closed | None:
        """Return the tiers before the last at their bounds, the first ones at their floors."""
        *first, moves, _ = self.problem.tiers
        floors = [(tier, tier.floor) for tier in first]
        relaxed = self._relaxed(moves, floors)
        if relaxed is not None:
            return [*floors, (moves, max(relaxed.bound, moves.floor))]
        closed: Closed = []
        for tier in (*first, moves):
            relaxed = self._relaxed(tier, closed)
            if relaxed is None:
                return None
            closed.append((tier, max(relaxed.bound, tier.floor)))
        return closed

    def _relaxed(self, tier: TierSpec, closed: Closed) -> Relaxed | None:
        return Relaxation(self.problem, closed).minimise(tier, self.start, limits=self.limits)

    def _near(self, relaxed: Relaxed, closed: Closed) -> Ints | None:
        """Return the best solution that keeps what is whole in a relaxation."""
        whole = np.rint(relaxed.counts).astype(np.int64)
        broken = np.abs(relaxed.counts - whole) > NEAR
        free = np.flatnonzero(broken)
        if not len(free):
            return whole
        return self._decided(whole, self._around(free, relaxed), closed)

    def _around(self, variables: Ints, relaxed: Relaxed) -> Ints:
        """Return the pairs that share a row with some variables, and what goes with them.

        Only those that cost no more than the bound, rounded up, leaves room for.
        """
        problem = self.problem
        touched = np.unique(self.slicer.row[self.slicer.entries_of(variables)])
        inside = np.isin(problem.rows.row, touched)
        free = np.unique(problem.rows.variable[inside])
        free = free[(free < problem.pairs) & (relaxed.reduced[free] <= 1 << relaxed.scale)]
        free = np.union1d(free, variables[variables < problem.pairs])
        return np.union1d(free, self.slicer.others_in_rows(free))

    def _room(self, relaxed: Relaxed) -> int:
        """Return how far above the bound a solution is looked for, in not too many columns."""
        room = relaxed.bound // ROOM + 1
        reduced = np.sort(np.abs(relaxed.reduced))
        return (
            room if len(reduced) <= COLUMNS else min(room, int(reduced[COLUMNS]) >> relaxed.scale)
        )

    def _within(self, room: int, relaxed: Relaxed, closed: Closed) -> tuple[Ints, int] | None:
        """Return the best solution in the columns that cost at most so many steps more.

        One that needs another column is further than that above the bound.
        """
        free = np.flatnonzero(np.abs(relaxed.reduced) <= room << relaxed.scale)
        fixed = np.where(relaxed.reduced > 0, self.problem.low, self.problem.high)
        found = self._decided(fixed, free, closed)
        if found is None:
            return None
        last = self.problem.tiers[-1]
        step = int(np.gcd.reduce(last.coefficient)) or 1  # by which the bound was rounded up
        return found, min(last.value(found), relaxed.bound + max(room - step, 0))

    def _decided(
        self, fixed: Ints, free: Ints, closed: Sequence[tuple[TierSpec, int]]
    ) -> Ints | None:
        """Return the best solution of the last tier with all but some variables fixed."""
        cut = self.slicer.cut(fixed, free, self.problem.low[free], self.problem.high[free])
        *earlier, last = cut.problem.tiers
        model = Model(cut.problem)
        for tier, (_, value) in zip(earlier, closed, strict=True):
            model.fix_tier(tier, value)
        answer = model.minimise(last, self.limits.effort(WORK))
        if answer.outcome is not Outcome.OPTIMAL or answer.solution is None:
            return None
        return cut.restored(answer.solution)
