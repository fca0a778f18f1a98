"""Neighbourhoods: a few cells at a time whose counts are worth deciding again together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement.problem.problem import INFINITE, Ints, Problem
from placement.solvers.linear import Relaxed

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Neighbourhoods:
    """Draws neighbourhoods around the cells that the prices blame most.

    The blame of a cell is what it adds to the distance between value and bound: the reduced costs
    of the counts in it, and the price of what its rows leave unused. A deployment that lacks
    replicas comes before every blame. Nothing is random: seeds take turns.

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

    def draw(self, solution: Ints, activity: Ints, room: int) -> Ints:
        """Return the pairs of a seed and of the cells nearest to it, about ``room`` of them.

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
        if lacking.any():
            members = self._nearest_to_lacking(lacking)
        else:
            seed = int(np.lexsort((-blame, self._tried_cells))[0])
            self._tried_cells[seed] += 1
            members = np.unique(problem.pair_deployment[(problem.pair_cell == seed) & usable])
            blame[seed] = np.inf
        return self._around(members, usable, blame, room)

    def _around(self, members: Ints, usable: Mask, blame: Floats, room: int) -> Ints:
        """Return the usable pairs of the cells that some deployments share, most blamed first."""
        problem = self._problem
        mine = np.zeros(len(problem.deployments), bool)
        mine[members] = True
        near = usable & mine[problem.pair_deployment]
        shared = np.bincount(problem.pair_cell[near], minlength=len(problem.cells))
        width = np.bincount(problem.pair_cell[usable], minlength=len(problem.cells))
        joined = np.flatnonzero(shared)
        blamed = joined[np.lexsort((-shared[joined], -blame[joined]))]
        common = joined[np.lexsort((-blame[joined], -shared[joined]))]
        turns = np.stack([blamed, common], axis=1).ravel()
        _, first = np.unique(turns, return_index=True)
        chosen = turns[np.sort(first)]
        fits = np.cumsum(width[chosen]) <= room
        fits[:2] = True
        inside = np.zeros(len(problem.cells), bool)
        inside[chosen[fits]] = True
        return np.flatnonzero(usable & inside[problem.pair_cell])

    def _blame(self, counts: Ints, activity: Ints) -> Floats:
        problem = self._problem
        cells = len(problem.cells)
        blame: Floats = np.bincount(
            problem.pair_cell, weights=self._reduced * counts, minlength=cells
        )
        rows = problem.rows.capacity
        row, cell = rows.row[self._priced], rows.cell[self._priced]
        high = problem.rows.high[row]
        idle = np.where(high == INFINITE, 0, high - activity[row]).astype(float)
        blame += np.bincount(cell, weights=self._price * idle, minlength=cells)
        return blame

    def _lacking(self, counts: Ints) -> Ints:
        """Return the weight that each deployment lacks."""
        owner = self._problem.pair_deployment
        placed = np.bincount(owner, weights=counts, minlength=len(self._weight)).astype(np.int64)
        return (self._replicas - placed) * self._weight

    def _nearest_to_lacking(self, lacking: Ints) -> Ints:
        worst = np.lexsort((-lacking, self._tried))
        seed = int(worst[lacking[worst] > 0][0])
        self._tried[seed] += 1
        return np.array([seed], np.int64)
