"""For large problems: the linear relaxation says where to look, CP-SAT decides there.

A relaxation over all pairs gives the bound and the prices. Its counts are nearly integral: they are
followed on single nodes, and what is left over goes where the prices say. Then CP-SAT decides
neighbourhoods, small slices of the problem, first those that the prices blame for the distance to
the bound. Cells that do not pack make the rows of the search, never those of the bound, stricter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placement.errors import ObjectiveRangeError, RowRangeError
from placement.problem.builder import ProblemBuilder
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem
from placement.solvers import mixed
from placement.solvers.cpsat import Model
from placement.solvers.exact import Report, Solved, TierBound, laid_out, solve_exactly
from placement.solvers.fitting import Fitting, most_seats
from placement.solvers.following import Following, layout_near, seated
from placement.solvers.greedy import Layout
from placement.solvers.incumbent import Incumbent, counts_by_cell, pair_counts
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, Relaxed, first_of_each
from placement.solvers.neighbourhood import Neighbourhoods
from placement.solvers.node_space import Seat
from placement.solvers.resettling import Resettling, gpu_worth
from placement.solvers.slicing import Slice, Slicer

Mask = NDArray[np.bool_]
COLUMNS = 16
"""Columns per deployment that CP-SAT sees at least, besides those that cost nothing to use."""
STEP_WORK = 0.5
"""Deterministic time of one neighbourhood."""
STEP_PARTS = 50_000
"""One solve ends when its own gap is below one of so many parts of the value."""
STEP_PAIRS = 1_000
"""Pairs in one neighbourhood."""
WIDER_AFTER = 8
"""Neighbourhoods without success after which they double."""
POLISH_AFTER = 4
"""Neighbourhoods without success after which single nodes are looked at."""
FAILURES = 32
"""Neighbourhoods without success after which the search ends."""
REPAIRS = 12
"""How often rows are made stricter for cells that do not pack before a solution is given up."""
WIDEN_EVERY = 3
"""Repairs after which the deployments that do not pack may go elsewhere."""
FINISH_PAIRS = 2_000
"""Up to this many columns CP-SAT closes the last tier exactly."""
FINISH_WORK = 20.0
NEAR = 1e-6


class Guided:
    """One large solve."""

    def __init__(
        self,
        compiled: Compiled,
        problem: Problem,
        builder: ProblemBuilder,
        first: Layout,
        limits: Limits,
        report: Report,
    ) -> None:
        self.compiled = compiled
        self.problem = problem
        self.limits = limits
        self.report = report
        self.closed: list[int] = []
        self.slicer = Slicer(problem)
        self.builder = builder
        self.fitting = Fitting(problem, self.slicer)
        self.columns = np.zeros(problem.pairs, bool)
        self.relaxed: Relaxed | None = None
        self.relaxed_at: tuple[int, list[int]] | None = None
        self.relaxations: dict[str, tuple[list[int], Relaxed]] = {}
        self.followed = False
        self.unpriced = False
        self.best = self._incumbent(first)
        self.shown = self.best.values
        self.first = self.best.values[-1]
        self.searched: Incumbent | None = None
        self.polished: Incumbent | None = None
        self.last = len(problem.tiers) - 1

    def solve(self) -> Solved:
        """Close one tier after the other."""
        self._leap()
        bounds: list[int | None] = []
        for number, tier in enumerate(self.problem.tiers):
            settled = number < self.last or not tier.coefficient.any()
            bound = tier.floor if settled else None
            if self.best.values[number] != bound and not self.limits.over():
                self._relax(number)
                self.unpriced |= self.relaxed is None and self.limits.deadline is not None
                if self.relaxed is not None:
                    bound = max(bound or 0, self.relaxed.bound)
                    self._improve(number, bound)
                if self.relaxed is not None and bound is not None:
                    bound = self._finish(number, bound)
            value = self.best.values[number]
            self.closed.append(value)
            bounds.append(bound)
            self.report(tier.name, value, bound)
        return self._solved(bounds)

    def _solved(self, bounds: list[int | None]) -> Solved:
        exact = tuple(bounds) == self.best.values
        return Solved(
            self.compiled.cells,
            self.best.layout,
            tuple(TierBound(t.name, b) for t, b in zip(self.problem.tiers, bounds, strict=True)),
            exact=exact,
            budget=not exact,
            cut=not exact and (self.unpriced or self.limits.effort(0.0).cut()),
            joined=True,
            values=self.best.values,
            relaxed=self._known(),
        )

    def _known(self) -> dict[str, Relaxed]:
        """Return the relaxations under the final values of the tiers before."""
        return {
            name: relaxed
            for name, (closed, relaxed) in self.relaxations.items()
            if closed == list(self.best.values[: len(closed)])
        }

    # --------------------------------------------------------------- incumbent

    def _incumbent(self, layout: Layout) -> Incumbent:
        """Return a layout with the values of all variables."""
        problem = self.problem
        known = laid_out(problem, layout)
        solution = np.zeros(len(problem.low), np.int64)
        solution[: problem.pairs] = pair_counts(problem, counts_by_cell(layout))
        solution[list(known)] = list(known.values())
        solution = self.fitting.completed(solution, known)
        return Incumbent(solution, layout, tuple(t.value(solution) for t in problem.tiers))

    # -------------------------------------------------------------- relaxation

    def _relax(self, number: int) -> None:
        """Relax a tier over all pairs and choose the columns that CP-SAT may use."""
        closed = list(zip(self.problem.tiers, self.closed[:number], strict=False))
        if self.relaxed is not None and self.relaxed_at == (number, self.closed[:number]):
            return
        self.followed, self.searched = False, None
        relaxation = Relaxation(self.problem, closed)
        relaxed = relaxation.minimise(
            self.problem.tiers[number], self.best.solution, limits=self.limits
        )
        self.relaxed, self.relaxed_at = relaxed, (number, self.closed[:number])
        if relaxed is not None:
            name = self.problem.tiers[number].name
            self.relaxations[name] = (self.closed[:number], relaxed)
            pairs, owner = self.problem.pairs, self.problem.pair_deployment
            self.columns |= relaxed.counts[:pairs] > NEAR
            self.columns[first_of_each(owner, relaxed.reduced[:pairs], COLUMNS)] = True
            self.columns |= relaxed.reduced[:pairs] <= (1 << relaxed.scale)

    def _leap(self) -> None:
        """Follow the last tier with all tiers before it at their floors, which nothing can beat.

        Where that is possible the tiers before the last are closed without a look of their own,
        and where it is not, the columns found point the way.
        """
        floors = [tier.floor for tier in self.problem.tiers[: self.last]]
        if list(self.best.values[: self.last]) == floors or self.limits.over():
            return
        self.closed = floors
        self._relax(self.last)
        if self.relaxed is not None:
            self._follow(self.last)
        self.closed = []

    def _follow(self, number: int) -> None:
        """Go where the relaxation is as far as whole replicas fit, and search from there.

        What that leaves out is looked after first. The result counts only if it is the best.
        """
        assert self.relaxed is not None
        pairs = self.problem.pairs
        counts = np.floor(self.relaxed.counts[:pairs] + NEAR).astype(np.int64)
        packed = most_seats(self.problem, counts)
        state = layout_near(self.builder, self.relaxed.reduced[:pairs], counts, packed)
        resettling = self._resettling(state, number)
        if resettling is not None:
            resettling.run()
        self.followed = True
        before, self.best = self.best, self._incumbent(state.layout())
        self._show(number)
        self._whole(number)
        if self.best.values[:number] != tuple(self.closed):
            self._search(number, lambda: self.best.values[:number] == tuple(self.closed))
            self._settled(number, self.best.layout)
        if self.best.values[:number] == tuple(self.closed):
            bound = self.relaxed.bound
            self._search(number, lambda: self._good(number, bound))
        if before.values <= self.best.values:
            self.best = before

    def _whole(self, number: int) -> None:
        """Look for whole counts as good as the relaxation, where costs alone decide."""
        relaxed = self.relaxed
        at_floors = self.best.values[:number] == tuple(self.closed)
        if number != self.last or relaxed is None or not mixed.applies(self.problem):
            return
        if at_floors and self._good(number, relaxed.bound):
            return
        tier = self.problem.tiers[number]
        cost = tier.per_pair(self.problem.pairs)
        closed = list(zip(self.problem.tiers[:number], self.closed, strict=False))
        relaxation = Relaxation(self.problem, closed)
        found = mixed.whole_near(relaxation, relaxed, cost, self.limits)
        if found is None:
            return
        values = tuple(tier.value(found) for tier in self.problem.tiers)
        layout, left = self.fitting.packed(found, self.best)
        if left or values >= self.best.values:
            return
        self.best = Incumbent(found, layout, values)
        self._show(number)

    def _resettling(
        self, state: Following, number: int, cells: Collection[int] | None = None
    ) -> Resettling | None:
        """Return what makes the last tier of a layout better by steps on single nodes.

        Parameters
        ----------
        cells : collection of int, optional
            The cells in which something is new, all if absent.
        """
        if number != self.last or self.relaxed is None or self.builder.bill_nodes:
            return None
        costs = self.problem.tiers[number].per_pair(self.problem.pairs)
        worth = gpu_worth(self.problem, self.relaxed)
        return Resettling(state, costs, worth, over=self.limits.over, cells=cells)

    def _settled(self, number: int, layout: Layout, lacking: Collection[int] = ()) -> bool:
        """Make a layout better by steps on single nodes, and keep it if it is the best.

        Parameters
        ----------
        lacking : collection of int
            Deployments that have lost replicas of the layout.
        """
        state = seated(self.builder, layout)
        known = self.best.layout
        cells = None if layout is known else [c for c in layout if layout[c] != known.get(c)]
        resettling = None if state is None else self._resettling(state, number, cells)
        if state is None or resettling is None or not resettling.may_lack(lacking):
            return False
        resettling.run()
        found = self._incumbent(state.layout())
        if found.values >= self.best.values:
            return False
        self.best = found
        self._show(number)
        return True

    # ------------------------------------------------------------- improvement

    def _good(self, number: int, bound: int) -> bool:
        """Whether a tier of the incumbent is near enough to its bound."""
        slack = self._slack() if number == self.last else 0
        return self.best.values[number] - bound <= slack

    def _slack(self) -> int:
        """Return the distance to the bound that is good enough for a value like this."""
        best = self.best.values[self.last]
        return self.limits.slack * min(best, self.first) // max(self.first, 1)

    def _improve(self, number: int, bound: int) -> None:
        """Look for a better value of a tier until it meets the bound or the budget is spent."""
        if not self.followed:
            self._follow(number)
        if self.searched is not self.best:
            self._search(number, lambda: self._good(number, bound))

    def _search(self, number: int, enough: Callable[[], bool]) -> None:
        """Decide neighbourhoods again until it is enough or the budget is spent."""
        assert self.relaxed is not None
        around = Neighbourhoods(self.problem, self.columns, self.relaxed)
        failures = 0
        while failures < FAILURES and not enough() and not self.limits.over():
            wider = 2 ** (failures // WIDER_AFTER)
            activity = self.slicer.activity(self.best.solution)
            free = around.draw(self.best.solution, activity, STEP_PAIRS * wider)
            better = self._decide(number, free, STEP_WORK * wider)
            failures = 0 if better else failures + 1
            if failures == POLISH_AFTER and self.polished is not self.best:
                self._settled(number, self.best.layout)
                self.polished = self.best
        self.searched = self.best

    def _decide(self, number: int, pairs: Ints, work: float) -> bool:
        """Solve a tier with some pairs free, pack, and keep the result if it is better."""
        self.fitting.begin(self.best.solution)
        start: Ints | None = self.best.solution
        for repair in range(REPAIRS):
            cut = self._cut(pairs)
            found = self._minimised(cut, number, start, work)
            if found is None:
                return False
            values = tuple(tier.value(found) for tier in self.problem.tiers)
            if values[: number + 1] >= self.best.values[: number + 1]:
                return False
            layout, left = self.fitting.packed(found, self.best)
            if not left:
                self.best = Incumbent(found, layout, values)
                self._show(number)
                return True
            lacking = {d for own in left.values() for d in own}
            if not repair and self._settled(number, layout, lacking):
                return True
            self.fitting.make_stricter(found, left)
            start = None
            if repair % WIDEN_EVERY == WIDEN_EVERY - 1:
                pairs = np.union1d(pairs, self._again(left))
        return False

    def _show(self, number: int) -> None:
        """Tell of the incumbent if it is better than all before."""
        if self.best.values < self.shown:
            self.shown = self.best.values
            self.report(self.problem.tiers[number].name, self.shown[number], None)

    def _again(self, left: dict[int, dict[int, int]]) -> Ints:
        """Return the pairs of the cells and deployments that do not pack."""
        problem = self.problem
        cells = np.zeros(len(problem.cells), bool)
        cells[list(left)] = True
        members = np.zeros(len(problem.deployments), bool)
        members[[d for own in left.values() for d in own]] = True
        mine = cells[problem.pair_cell] | members[problem.pair_deployment]
        return np.flatnonzero(self.columns & mine)

    def _cut(self, pairs: Ints) -> Slice:
        """Return the slice of some pairs and of the other variables that their rows need."""
        free = np.concatenate([pairs, self.slicer.others_in_rows(pairs)])
        low, high = self.problem.low[free], self.slicer.most[free]
        return self.slicer.cut(self.best.solution, free, low, high)

    def _minimised(self, cut: Slice, number: int, start: Ints | None, work: float) -> Ints | None:
        """Return the best solution found in a slice, None if there is none.

        Tiers before ``number`` are minimised first if they are not closed yet.
        """
        tiers = cut.problem.tiers
        fixed: list[int] = []
        solution = None if start is None else cut.hinted(start)
        try:
            for tier in range(number + 1):
                if tier < number and self.best.values[tier] == self.closed[tier]:
                    fixed.append(self.closed[tier])
                    continue
                solution = self._one(cut, tier, fixed, solution, work)
                if solution is None:
                    return None
                fixed.append(tiers[tier].value(solution))
        except (RowRangeError, ObjectiveRangeError):
            return None
        return None if solution is None else cut.restored(solution)

    def _one(
        self, cut: Slice, tier: int, fixed: Sequence[int], start: Ints | None, work: float
    ) -> Ints | None:
        """Minimise one tier of a slice under the values of the tiers before it."""
        tiers = cut.problem.tiers
        model = Model(cut.problem)
        for earlier, value in zip(tiers, fixed, strict=False):
            model.fix_tier(earlier, value)
        if start is not None:
            model.hint(start)
        slack = self.best.values[tier] // STEP_PARTS if tier == self.last else 0
        effort = self.limits.effort(work, slack=slack)
        effort = replace(effort, target=self._target(tier, slack))
        return model.minimise(tiers[tier], effort).solution

    def _target(self, tier: int, slack: int) -> int | None:
        """Return a value of a tier that is near enough to what is known of it."""
        if self.relaxed is None or self.relaxed_at is None:
            return None
        if tier < self.relaxed_at[0]:
            return self.closed[tier]
        return self.relaxed.bound + max(slack, self._slack() // 2 if tier == self.last else 0)

    # ----------------------------------------------------------------- closing

    def _finish(self, number: int, bound: int) -> int:
        """Close the last tier exactly if the prices leave few columns; return its bound.

        A column whose reduced cost is above value - bound is in no better solution.
        """
        assert self.relaxed is not None
        value = self.best.values[number]
        if self._good(number, bound) or self.limits.over():
            return bound
        pairs = self.problem.pairs
        room = (value - self.relaxed.bound) << self.relaxed.scale
        usable = self.relaxed.reduced[:pairs] <= room
        usable |= self.best.solution[:pairs] > 0
        if usable.sum() > FINISH_PAIRS:
            return bound
        allowed = np.zeros((len(self.compiled.deployments), len(self.compiled.cells)), bool)
        allowed[self.problem.pair_deployment[usable], self.problem.pair_cell[usable]] = True
        solved = solve_exactly(
            self.compiled,
            self.best.layout,
            self.limits.effort(FINISH_WORK),
            report=self.report,
            allowed=allowed,
        )
        self._adopt(solved)
        proved = solved.bounds[number].bound if len(solved.bounds) > number else None
        earlier = [tier.bound for tier in solved.bounds[:number]]
        if proved is None or earlier != list(self.best.values[:number]):
            return bound
        return max(bound, min(value, proved))

    def _adopt(self, solved: Solved) -> None:
        """Take over a layout over finer cells if it is better."""
        found = self._incumbent(_coarse(solved, self.compiled.cells))
        if found.values < self.best.values:
            self.best = found


def _coarse(solved: Solved, cells: Sequence[Cell]) -> Layout:
    """Return a layout over finer cells as one over the coarsest."""
    home = {
        (cell.group, index): (c, node)
        for c, cell in enumerate(cells)
        for node, index in enumerate(cell.indices)
    }
    found: dict[int, list[Seat]] = {}
    for fine, seats in solved.layout.items():
        cell = solved.cells[fine]
        for seat in seats:
            c, node = home[cell.group, cell.indices[seat.node]]
            found.setdefault(c, []).append(replace(seat, node=node))
    return {c: tuple(seats) for c, seats in sorted(found.items())}
