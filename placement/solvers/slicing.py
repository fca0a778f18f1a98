"""A small problem cut out of a large one: some variables are free, all others keep their values.

What the others use is taken off the rows, rows that cannot bind any more are left out, and every
variable counts from its lower bound. So the cost of a slice follows what is free in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placement.problem.problem import INFINITE, Ints, NodeRules, Problem, Rows, TierSpec

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Slice:
    """A part of a problem.

    Attributes
    ----------
    problem : Problem
        Over the free variables alone, each counted from its lower bound. It knows no deployments.
    free : int array
        Number of each variable in the whole problem.
    base : int array
        Lower bound of each free variable in the whole problem.
    whole : int array
        A solution of the whole problem with the free variables at their lower bounds.
    """

    problem: Problem
    free: Ints
    base: Ints
    whole: Ints

    def hinted(self, solution: Ints) -> Ints:
        """Return what a solution of the whole problem is here, cut to the bounds."""
        found: Ints = np.clip(solution[self.free] - self.base, 0, self.problem.high)
        return found

    def restored(self, solution: Ints) -> Ints:
        """Return a solution of the slice as one of the whole problem."""
        found = self.whole.copy()
        found[self.free] += solution
        return found


class Slicer:
    """Cuts slices out of one problem.

    Attributes
    ----------
    high : int array
        Upper sides of the rows; lowering one makes the search, and no bound, stricter.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        rows = problem.rows
        self.row: Ints = rows.row
        self.order = np.argsort(rows.variable, kind="stable")
        counts = np.bincount(rows.variable, minlength=len(problem.low))
        self.start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.high = rows.high.copy()
        self.most = problem.high.copy()

    def activity(self, solution: Ints) -> Ints:
        """Return the value of every row."""
        rows = self.problem.rows
        terms = rows.coefficient * solution[rows.variable]
        sums = np.concatenate([[0], np.cumsum(terms)])
        found: Ints = sums[rows.start[1:]] - sums[rows.start[:-1]]
        return found

    def entries_of(self, variables: Ints) -> Ints:
        """Return the positions of the entries of some variables in the rows."""
        places = _ranges(self.start[variables], self.start[variables + 1])
        return np.take(self.order, places)

    def others_in_rows(self, variables: Ints) -> Ints:
        """Return the variables that are no pairs and share a row with some pairs."""
        rows = self.problem.rows
        touched = np.unique(self.row[self.entries_of(variables)])
        members = rows.variable[_ranges(rows.start[touched], rows.start[touched + 1])]
        others: Ints = np.unique(members[members >= self.problem.pairs])
        return others

    def cut(self, solution: Ints, free: Ints, low: Ints, high: Ints) -> Slice:
        """Return the slice in which ``free`` variables range between ``low`` and ``high``.

        Parameters
        ----------
        solution : int array
            Values of all variables; those of the free ones do not matter.
        free : int array
            Sorted.
        low, high : int arrays
            One per free variable.
        """
        whole = solution.copy()
        whole[free] = low
        entries = self.entries_of(free)
        rows = np.unique(self.row[entries])
        used = self._activity_of(rows, whole)
        limits = self.problem.rows
        low_side = np.where(limits.low[rows] == -INFINITE, -INFINITE, limits.low[rows] - used)
        high_side = np.where(self.high[rows] == INFINITE, INFINITE, self.high[rows] - used)
        small = self._rows(rows, entries, free, high - low, low_side, high_side)
        tiers = tuple(_sliced(tier, whole, free) for tier in self.problem.tiers)
        none = np.zeros(0, np.int64)
        problem = Problem(
            deployments=(),
            cells=(),
            pair_deployment=none,
            pair_cell=none,
            low=np.zeros(len(free), np.int64),
            high=high - low,
            rows=small,
            tiers=tiers,
            node_rules=NodeRules(none),
        )
        return Slice(problem, free, low, whole)

    def _activity_of(self, rows: Ints, solution: Ints) -> Ints:
        limits = self.problem.rows
        counts = limits.start[rows + 1] - limits.start[rows]
        places = _ranges(limits.start[rows], limits.start[rows + 1])
        terms = limits.coefficient[places] * solution[limits.variable[places]]
        sums = np.concatenate([[0], np.cumsum(terms)])
        ends = np.cumsum(counts)
        found: Ints = sums[ends] - sums[ends - counts]
        return found

    def _rows(
        self, rows: Ints, entries: Ints, free: Ints, width: Ints, low: Ints, high: Ints
    ) -> Rows:
        """Return the rows over the free variables that may bind."""
        limits = self.problem.rows
        row = np.searchsorted(rows, self.row[entries])
        variable = np.searchsorted(free, limits.variable[entries])
        coefficient = limits.coefficient[entries]
        reach = coefficient * width[variable]
        most = _sums(row, np.maximum(reach, 0), len(rows))
        least = _sums(row, np.minimum(reach, 0), len(rows))
        kept = (most > high) | (least < low)
        inside = kept[row] & (width[variable] > 0)
        number = np.cumsum(kept) - 1
        order = np.lexsort((variable[inside], row[inside]))
        counts = np.bincount(number[row[inside]], minlength=int(kept.sum()))
        return Rows(
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            variable=variable[inside][order],
            coefficient=coefficient[inside][order],
            low=low[kept],
            high=high[kept],
            name=("slice",) * int(kept.sum()),
        )


def _sliced(tier: TierSpec, whole: Ints, free: Ints) -> TierSpec:
    place = np.searchsorted(free, tier.variable)
    place[place == len(free)] = 0
    mine = free[place] == tier.variable if len(free) else np.zeros(len(place), bool)
    return replace(
        tier,
        constant=tier.value(whole),
        variable=place[mine],
        coefficient=tier.coefficient[mine],
    )


def _sums(row: Ints, value: Ints, count: int) -> Ints:
    found = np.zeros(count, np.int64)
    np.add.at(found, row, value)
    return found


def _ranges(start: Ints, stop: Ints) -> Ints:
    """Return all numbers of some ranges, one range after the other."""
    counts = stop - start
    ends = np.cumsum(counts)
    if not len(ends):
        return np.zeros(0, np.int64)
    shift = np.repeat(start - (ends - counts), counts)
    return shift + np.arange(int(ends[-1]))
