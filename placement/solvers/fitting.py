"""Whether counts per cell fit on its nodes, and what the search learns where they do not.

The rows of a cell add its nodes together, so they may admit counts that no node can hold. Then the
row that has the least left over is lowered below those counts: for the search alone, as no bound
may rest on it, and never below what the best solution uses.
"""

from __future__ import annotations

import numpy as np

from placement.errors import SolverFaultError
from placement.problem.problem import Ints, Problem
from placement.solvers.cell_task import CellTask, cell_tasks
from placement.solvers.cpsat import Effort, Model
from placement.solvers.exact import START_WORK, start_goal
from placement.solvers.first_fit import first_fit, fit_most
from placement.solvers.greedy import Layout
from placement.solvers.incumbent import Incumbent
from placement.solvers.node_by_node import fill_nodes
from placement.solvers.node_space import Seat
from placement.solvers.packing import pack, stay_on_gpu
from placement.solvers.slicing import Slicer

SMALL_CELL = 400
"""Up to this many (node, deployment) pairs of a cell CP-SAT tries what first fit does not pack."""
CELL_WORK = 0.1
"""Deterministic time that it may take for one cell."""

Left = dict[int, dict[int, int]]
"""Replicas without a seat, by cell and deployment."""


class Fitting:
    """Packs solutions of one problem and remembers what does not fit.

    Parameters
    ----------
    slicer : Slicer
        Its ``high`` and ``most`` are made stricter.
    """

    def __init__(self, problem: Problem, slicer: Slicer) -> None:
        self._problem = problem
        self._slicer = slicer
        self._learned = problem.rows.high.copy()
        rows = problem.rows.capacity
        order = np.argsort(rows.cell, kind="stable")
        counts = np.bincount(rows.cell, minlength=len(problem.cells))
        ends = np.cumsum(counts)
        self._rows_of = [
            rows.row[order[end - count : end]]
            for end, count in zip(ends.tolist(), counts.tolist(), strict=True)
        ]

    def begin(self, solution: Ints) -> None:
        """Take over what was learned, as far as the best solution allows."""
        used = self._slicer.activity(solution)
        high = self._problem.rows.high
        self._slicer.high = np.minimum(high, np.maximum(self._learned, used))
        self._slicer.most = self._problem.high.copy()

    def packed(self, solution: Ints, best: Incumbent) -> tuple[Layout, Left]:
        """Return the layout of a solution, and what finds no seat; unchanged cells keep theirs.

        A cell of which something finds none has seats for as much as fits.
        """
        changed = self._changed(solution, best.solution)
        layout = {cell: seats for cell, seats in best.layout.items() if cell not in changed}
        left: Left = {}
        tasks = cell_tasks(self._problem, solution, only=changed)
        held = np.unique(self._problem.pair_cell[solution[: self._problem.pairs] > 0])
        for cell, task in zip(sorted(changed & set(held.tolist())), tasks, strict=True):
            seats = _seats(task)
            if seats is None:
                seats, left[cell] = _most(task)
            layout[cell] = seats
        return layout, left

    def _changed(self, solution: Ints, before: Ints) -> set[int]:
        """Return the cells in which a count, or what goes with it, is another than before."""
        problem, rules = self._problem, self._problem.node_rules
        other = solution != before
        changed = set(problem.pair_cell[other[: problem.pairs]].tolist())
        beside = [(rules.distinct, True), (rules.keep, True), (rules.open, False)]
        for known, is_pair in beside:
            for key, variable in known.items():
                if other[variable]:
                    changed.add(int(problem.pair_cell[key]) if is_pair else key)
        for d, limits in rules.skew.items():
            if any(other[variable] for pair in limits for variable in pair):
                mine = (problem.pair_deployment == d) & (solution[: problem.pairs] > 0)
                changed |= set(problem.pair_cell[mine].tolist())
        return changed

    def make_stricter(self, solution: Ints, left: Left) -> None:
        """Cut a solution that does not pack off from the search."""
        used = self._slicer.activity(solution)
        for cell, own in left.items():
            row, loss = self._tightest(cell, own, used)
            if row is None:
                self._lower_pairs(solution, cell, own)
            else:
                self._learned[row] = min(int(self._learned[row]), int(used[row]) - loss)
                self._slicer.high[row] = int(used[row]) - loss

    def _tightest(self, cell: int, own: dict[int, int], used: Ints) -> tuple[int | None, int]:
        """Return the row of a cell with the least to spare, and what is left over in its terms."""
        rows = self._problem.rows
        best: tuple[float, int, int] | None = None
        for row in self._rows_of[cell].tolist():
            part = slice(int(rows.start[row]), int(rows.start[row + 1]))
            loss = 0
            for variable, coefficient in zip(
                rows.variable[part].tolist(), rows.coefficient[part].tolist(), strict=True
            ):
                if variable < self._problem.pairs:
                    loss += coefficient * own.get(int(self._problem.pair_deployment[variable]), 0)
            if loss > 0:
                spare = (int(self._slicer.high[row]) - int(used[row])) / loss
                best = min(best or (spare, row, loss), (spare, row, loss))
        return (None, 0) if best is None else best[1:]

    def _lower_pairs(self, solution: Ints, cell: int, own: dict[int, int]) -> None:
        problem = self._problem
        for pair in np.flatnonzero(problem.pair_cell == cell).tolist():
            count = own.get(int(problem.pair_deployment[pair]), 0)
            if count:
                self._slicer.most[pair] = max(int(solution[pair]) - count, 0)

    def completed(self, solution: Ints, known: dict[int, int]) -> Ints:
        """Return a solution with the best values of all variables that are neither pairs nor known.

        As ``warm_start`` does for a small problem.
        """
        problem = self._problem
        given = np.zeros(len(solution), bool)
        given[: problem.pairs] = True
        given[list(known)] = True
        free = np.flatnonzero(~given)
        if not len(free):
            return solution
        cut = self._slicer.cut(solution, free, problem.low[free], problem.high[free])
        answer = Model(cut.problem).minimise(start_goal(cut.problem), Effort(START_WORK))
        if answer.solution is None:
            raise SolverFaultError("a plan at hand does not satisfy the rows of the problem")
        return cut.restored(answer.solution)


def most_seats(problem: Problem, counts: Ints) -> Layout:
    """Return seats for as much of some counts per pair as is found room for, cell by cell."""
    solution = np.zeros(len(problem.low), np.int64)
    solution[: problem.pairs] = counts
    opened = list(problem.node_rules.open.values())
    solution[opened] = problem.high[opened]
    number = {id(cell): c for c, cell in enumerate(problem.cells)}
    return {
        number[id(task.cell)]: _fitted(task)[0]
        for task in cell_tasks(problem, solution)
        if task.plain
    }


def _fitted(task: CellTask) -> tuple[tuple[Seat, ...], dict[int, int]]:
    """Return the seats of the better of two ways, and what is left out."""
    seats, left = fit_most(task)
    other = fill_nodes(task) if left else None
    if other is None:
        return seats, left
    gpus = {item.deployment: item.gpus or 1 for item in task.items}
    missing = [sum(gpus[d] * count for d, count in own.items()) for own in (left, other[1])]
    return other if missing[1] < missing[0] else (seats, left)


def _seats(task: CellTask) -> tuple[Seat, ...] | None:
    seats = first_fit(task) if task.plain else None
    if seats is not None:
        return stay_on_gpu(task.cell, seats)
    other = fill_nodes(task) if task.plain else None
    if other is not None and not other[1]:
        return other[0]
    if task.plain and task.nodes * len(task.items) > SMALL_CELL:
        return None
    return pack(task, work=CELL_WORK).seats


def _most(task: CellTask) -> tuple[tuple[Seat, ...], dict[int, int]]:
    """Return seats for what fits and what finds none.

    A rule that first fit does not know costs one replica of each, and all seats.
    """
    seats, left = _fitted(task)
    return (seats, left) if left else ((), {item.deployment: 1 for item in task.items})
