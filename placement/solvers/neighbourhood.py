"""Neighbourhoods: a few cells or deployments whose counts are worth deciding again together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement.problem.problem import INFINITE, Ints, Problem
from placement.solvers.linear import Relaxed

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
FEWEST_CELLS = 4
"""A neighbourhood has so many cells at least."""
WHOLE = 2
"""Deployments that are free everywhere make a neighbourhood so many times as large."""
NEAR = 1e-6


class Neighbourhoods:
    """Draws neighbourhoods around the cells, and by turns the deployments, that the prices blame.

    The blame of a cell is what it adds to the distance between value and bound: the reduced costs
    of the counts in it, and the price of what its rows leave unused. A deployment that lacks
    replicas comes before every blame. Those that the relaxation divides, and those that are where
    they are too expensive, may also go anywhere together, while all others stay. Nothing is random:
    seeds take turns.

    Parameters
    ----------
    problem : Problem
    columns : bool array, shape (pairs,)
        The pairs that may be used.
    relaxed : Relaxed
        Whose prices are the blame.
    """

    def __init__(self, problem: Problem, columns: Mask, relaxed: Relaxed) -> None:
        self._problem = problem
        self._columns = columns
        self._reduced = np.maximum(relaxed.reduced[: problem.pairs], 0).astype(float)
        rows = problem.rows.capacity
        self._priced = np.flatnonzero(relaxed.prices[rows.row] < 0)
        self._price = -relaxed.prices[rows.row[self._priced]].astype(float)
        self._weight = np.array([d.weight for d in problem.deployments], np.int64)
        self._replicas = np.array([d.replicas for d in problem.deployments], np.int64)
        self._tried_cells = np.zeros(len(problem.cells), np.int64)
        self._tried = np.zeros(len(problem.deployments), np.int64)
        counts = relaxed.counts[: problem.pairs]
        divided = np.abs(counts - np.round(counts)) > NEAR
        self._divided = np.bincount(problem.pair_deployment, divided, len(self._weight)) > 0
        self._tried_whole = np.zeros(len(problem.deployments), np.int64)
        self._by_cells = False

    def draw(self, solution: Ints, activity: Ints, room: int) -> Ints:
        """Return the pairs of a seed and of the cells nearest to it, at most about ``room``.

        Only deployments that are in those cells, or lack replicas, can be anywhere else in them.

        Parameters
        ----------
        activity : int array
            Value of every row at the solution.
        """
        problem = self._problem
        counts = solution[: problem.pairs]
        usable = self._columns | (counts > 0)
        blame = self._blame(counts, activity)
        lacking = self._lacking(counts)
        self._by_cells = not self._by_cells
        if not (self._by_cells or lacking.any()):
            return self._everywhere(counts, usable, WHOLE * room)
        if lacking.any():
            order = self._make_room(self._lacking_most(lacking), counts, usable, activity)
        else:
            order = self._mend(blame, usable)
        return self._around(order, usable, counts > 0, lacking > 0, room)

    def _everywhere(self, counts: Ints, usable: Mask, room: int) -> Ints:
        """Return all pairs of a few deployments, at most about ``room``."""
        owner = self._problem.pair_deployment
        blame = np.bincount(owner, self._reduced * counts, len(self._weight))
        order = np.lexsort((-blame, ~self._divided, self._tried_whole))
        there = np.cumsum(np.bincount(owner, usable, len(self._weight))[order])
        chosen = order[: max(1, int(np.searchsorted(there, room)))]
        self._tried_whole[chosen] += 1
        members = np.zeros(len(self._weight), bool)
        members[chosen] = True
        return np.flatnonzero(usable & members[owner])

    def _mend(self, blame: Floats, usable: Mask) -> Ints:
        """Return the cells nearest to the next most blamed one, that one first."""
        problem = self._problem
        seed = int(np.lexsort((-blame, self._tried_cells))[0])
        self._tried_cells[seed] += 1
        blame[seed] = np.inf
        members = np.zeros(len(problem.deployments), bool)
        members[problem.pair_deployment[(problem.pair_cell == seed) & usable]] = True
        return self._nearest(usable & members[problem.pair_deployment], blame)

    def _make_room(self, worst: int, counts: Ints, usable: Mask, activity: Ints) -> Ints:
        """Return by turns the cells that a deployment may use and those that could relieve them.

        Others in its cells may go to cells with something to spare. Each time another cell of its
        own comes first.
        """
        problem = self._problem
        owner, where = problem.pair_deployment, problem.pair_cell
        own = np.roll(where[usable & (owner == worst)], (1 - self._tried[worst]) * FEWEST_CELLS)
        inside = np.zeros(len(problem.cells), bool)
        inside[own] = True
        members = np.zeros(len(problem.deployments), bool)
        members[owner[(counts > 0) & inside[where]]] = True
        reach = np.unique(where[usable & members[owner]])
        spare = reach[np.argsort(-self._spare(activity)[reach], kind="stable")]
        length = max(len(own), len(spare))
        turns = np.stack([np.resize(own, length), np.resize(spare, length)], axis=1).ravel()
        return _once(turns)

    def _spare(self, activity: Ints) -> Floats:
        """Return per cell the least part of a row that is left over; 1 where no row binds."""
        rows = self._problem.rows.capacity
        high = self._problem.rows.high[rows.row]
        left = (high - activity[rows.row]) / np.maximum(high, 1)
        spare = np.ones(len(self._problem.cells))
        np.minimum.at(spare, rows.cell, left)
        return spare

    def _nearest(self, near: Mask, blame: Floats) -> Ints:
        """Return the cells of some pairs: by turns by their blame and by how many of the pairs."""
        cells = self._problem.pair_cell[near]
        shared = np.bincount(cells, minlength=len(self._problem.cells))
        joined = np.flatnonzero(shared)
        blamed = joined[np.lexsort((-shared[joined], -blame[joined]))]
        common = joined[np.lexsort((-blame[joined], -shared[joined]))]
        turns = np.stack([blamed, common], axis=1).ravel()
        return _once(turns)

    def _around(self, order: Ints, usable: Mask, used: Mask, lacking: Mask, room: int) -> Ints:
        """Return the pairs of as many cells as there is room for, in their order."""
        problem = self._problem
        free = np.zeros(0, np.int64)
        most = FEWEST_CELLS
        while True:
            inside = np.zeros(len(problem.cells), bool)
            inside[order[:most]] = True
            here = usable & inside[problem.pair_cell]
            movable = lacking.copy()
            movable[problem.pair_deployment[here & used]] = True
            wider = np.flatnonzero(here & movable[problem.pair_deployment])
            if len(free) and len(wider) > room:
                return free
            free = wider
            if most >= len(order):
                return free
            most += max(most // 4, 1)

    def _blame(self, counts: Ints, activity: Ints) -> Floats:
        problem = self._problem
        blame = self._sum(problem.pair_cell, self._reduced * counts)
        rows = problem.rows.capacity
        row, cell = rows.row[self._priced], rows.cell[self._priced]
        high = problem.rows.high[row]
        idle = np.where(high == INFINITE, 0, high - activity[row]).astype(float)
        return blame + self._sum(cell, self._price * idle)

    def _sum(self, cell: Ints, weight: Floats) -> Floats:
        return np.bincount(cell, weights=weight, minlength=len(self._problem.cells)).astype(float)

    def _lacking(self, counts: Ints) -> Ints:
        """Return the weight that each deployment lacks."""
        owner = self._problem.pair_deployment
        placed = np.bincount(owner, weights=counts, minlength=len(self._weight)).astype(np.int64)
        return (self._replicas - placed) * self._weight

    def _lacking_most(self, lacking: Ints) -> int:
        worst = np.lexsort((-lacking, self._tried))
        seed = int(worst[lacking[worst] > 0][0])
        self._tried[seed] += 1
        return seed


def _once(cells: Ints) -> Ints:
    """Return each cell where it comes first."""
    _, first = np.unique(cells, return_index=True)
    return np.take(cells, np.sort(first))
