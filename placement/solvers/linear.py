"""The linear relaxation: a bound, the prices of the rows, and nearly integral counts.

Only the columns that can matter are given to GLOP; the others are priced out, so cost follows the
columns in use. The bound is not the solver's float: it is recomputed from the prices, rounded to
integers, in exact arithmetic, and holds for any prices (weak duality).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import model_parameters_pb2, model_pb2, parameters_pb2, solution_pb2

from placement.problem.problem import INFINITE, Ints, Problem, TierSpec
from placement.solvers import mathopt
from placement.solvers.limits import Limits

Floats = NDArray[np.float64]
FINEST = 28
"""Prices are integers over two to this power, or a lower one where int64 asks for it."""
INT64_BITS = 61
TOLERANCE = 1e-9
"""Of GLOP for prices, on costs near 1: what it leaves is lost in the bound."""
LOGICAL = frozenset({"demand", "domains", "nodes", "spread"})
"""Constraints whose rows with further variables say who is where at all."""
LOGICAL_ENTRIES = 200_000
"""Up to this many entries all rows are kept."""
ALL_COLUMNS = 30_000
"""Up to this many pairs the relaxation has all columns from the beginning."""
CHEAPEST = 15
"""Columns per deployment that the first relaxation starts with."""
ENTERING = 30
"""Columns per deployment that may enter in one round."""


@dataclass(frozen=True)
class Relaxed:
    """Result of a relaxation.

    Attributes
    ----------
    bound : int
        Every integer solution has at least this value.
    counts : float array
        Values of all variables.
    reduced : int array
        Per variable the reduced cost, in ``2**-scale`` steps of the tier.
    scale : int
    prices : int array
        Per row, those of the closed tiers last, in ``2**-scale`` steps of the tier; negative
        where the row is an upper limit that holds the tier back.
    """

    bound: int
    counts: Floats
    reduced: Ints
    scale: int
    prices: Ints


@dataclass(frozen=True)
class _Basis:
    """Where GLOP ended, from which it goes on when there are more columns: many times faster.

    ``variables`` has the status of every variable; one that was not there is at its lower bound.
    """

    variables: Ints
    rows: solution_pb2.SparseBasisStatusVector

    @classmethod
    def read(cls, found: solution_pb2.BasisProto, columns: Ints, variables: int) -> _Basis:
        """Return the basis of all variables from one of some columns."""
        status = np.full(variables, int(solution_pb2.BASIS_STATUS_AT_LOWER_BOUND))
        known = found.variable_status
        status[columns[np.array(known.ids, np.int64)]] = np.array(known.values, np.int64)
        return cls(status, found.constraint_status)

    def of(self, columns: Ints) -> solution_pb2.BasisProto:
        """Return the basis of some columns, numbered from 0."""
        basis = solution_pb2.BasisProto(constraint_status=self.rows)
        basis.variable_status.ids.extend(range(len(columns)))
        basis.variable_status.values.extend(self.variables[columns].tolist())
        return basis


@dataclass(frozen=True)
class _Whole:
    """A closed tier that says no more than that some deployments are placed whole.

    ``row`` is the tier's, ``demand`` those of the deployments; a replica has the ``weight``.
    """

    row: int
    demand: Ints
    weight: Ints


class Relaxation:
    """The relaxation of a problem under tiers that are already closed."""

    def __init__(self, problem: Problem, closed: Sequence[tuple[TierSpec, int]] = ()) -> None:
        self.problem = problem
        rows = problem.rows
        kept = ~_logical(problem)
        inside = kept[rows.row]
        row, variable = [rows.row[inside]], [rows.variable[inside]]
        coefficient = [rows.coefficient[inside]]
        low = [np.where(kept, rows.low, -INFINITE)]
        high = [np.where(kept, rows.high, INFINITE)]
        self.whole: list[_Whole] = []
        for number, (tier, value) in enumerate(closed):
            whole = _whole(problem, tier, value, len(rows) + number)
            if whole is not None:
                self.whole.append(whole)
                low[0][whole.demand] = rows.high[whole.demand]
                low.append(np.array([-INFINITE]))
                high.append(np.array([INFINITE]))
                continue
            row.append(np.full(len(tier.variable), len(rows) + number))
            variable.append(tier.variable)
            coefficient.append(tier.coefficient)
            low.append(np.array([-INFINITE]))
            high.append(np.array([value - tier.constant]))
        self.row = np.concatenate(row)
        self.variable = np.concatenate(variable)
        self.coefficient = np.concatenate(coefficient)
        self.low = np.concatenate(low)
        self.high = np.concatenate(high)

    def minimise(self, tier: TierSpec, start: Ints, *, limits: Limits) -> Relaxed | None:
        """Return the relaxation of a tier; None if GLOP gives no prices in time.

        If it fails in a later round, the prices of the round before still give a valid bound.

        Parameters
        ----------
        start : int array
            A solution; its columns are in from the beginning, so there always is one.
        """
        cost = np.zeros(len(self.problem.low), np.int64)
        cost[tier.variable] = tier.coefficient
        active = self._first_columns(cost, start)
        known: Relaxed | None = None
        basis: _Basis | None = None
        while True:
            answer = None if limits.over() else self._glop(cost, active, limits, basis)
            if answer is None:
                return known
            counts, prices, basis = answer
            scale = self._scale(cost, prices)
            if scale is None:
                return known
            exact = np.rint(prices * 2.0**scale).astype(np.int64)
            exact[(exact > 0) & (self.low == -INFINITE)] = 0
            exact[(exact < 0) & (self.high == INFINITE)] = 0
            reduced = self._reduced(cost, exact, scale)
            entering = self._entering(reduced, active, scale)
            bound = self._bound(tier, exact, reduced, scale)
            known = Relaxed(bound, counts, reduced, scale, self._stated(exact))
            if not len(entering):
                return known
            active[entering] = True

    def _stated(self, prices: Ints) -> Ints:
        """Return the prices of the rows of the problem and of the closed tiers.

        Where a deployment must be placed whole, its price is split: what the tier asks for all
        alike, and what that is too much for this one.
        """
        stated = prices.copy()
        for whole in self.whole:
            worth = max(0, int((-(-prices[whole.demand] // whole.weight)).max(initial=0)))
            stated[whole.demand] -= worth * whole.weight
            stated[whole.row] = -worth
        return stated

    def _first_columns(self, cost: Ints, start: Ints) -> NDArray[np.bool_]:
        if self.problem.pairs <= ALL_COLUMNS:
            return np.ones(len(start), bool)
        active = start > 0
        active[self.problem.pairs :] = True
        owner = self.problem.pair_deployment
        active[first_of_each(owner, cost[: self.problem.pairs], CHEAPEST)] = True
        return active

    def _scale(self, cost: Ints, prices: Floats) -> int | None:
        """Return the finest scale at which no sum over a column can overflow, None without one."""
        paid = np.zeros(len(cost))
        np.add.at(paid, self.variable, np.abs(prices[self.row] * self.coefficient))
        largest = max(1.0, float((paid + np.abs(cost)).max(initial=0.0)))
        scale = min(FINEST, INT64_BITS - int(np.ceil(np.log2(largest))) - 1)
        return scale if scale >= 0 else None

    def _entering(self, reduced: Ints, active: NDArray[np.bool_], scale: int) -> Ints:
        pairs = self.problem.pairs
        tolerance = 2**scale // 1000
        good = np.flatnonzero((reduced[:pairs] < -tolerance) & ~active[:pairs])
        chosen = first_of_each(self.problem.pair_deployment[good], reduced[good], ENTERING)
        return good[chosen]

    def _reduced(self, cost: Ints, prices: Ints, scale: int) -> Ints:
        """Return cost - prices x column, in steps of ``2**-scale``."""
        paid = np.zeros(len(cost), np.int64)
        np.add.at(paid, self.variable, prices[self.row] * self.coefficient)
        return (cost << scale) - paid

    def _bound(self, tier: TierSpec, prices: Ints, reduced: Ints, scale: int) -> int:
        """Return the exact weak-duality bound of integer prices, rounded up."""
        sides = np.where(prices > 0, self.low, self.high)
        used = np.flatnonzero(prices)
        total = sum(
            price * side
            for price, side in zip(prices[used].tolist(), sides[used].tolist(), strict=True)
        )
        box = np.where(reduced > 0, self.problem.low, self.problem.high)
        used = np.flatnonzero((reduced != 0) & (box != 0))
        total += sum(
            value * edge
            for value, edge in zip(reduced[used].tolist(), box[used].tolist(), strict=True)
        )
        step = int(np.gcd.reduce(tier.coefficient)) or 1
        return tier.constant - (-int(total) // (step << scale)) * step

    def _glop(
        self, cost: Ints, active: NDArray[np.bool_], limits: Limits, basis: _Basis | None
    ) -> tuple[Floats, Floats, _Basis] | None:
        """Return counts, prices and a basis that are feasible for the problem and for its dual."""
        columns = np.flatnonzero(active)
        parameters = parameters_pb2.SolveParametersProto(threads=1)
        parameters.glop.dual_feasibility_tolerance = TOLERANCE
        start = model_parameters_pb2.ModelSolveParametersProto()
        if basis is not None:
            start.initial_basis.CopyFrom(basis.of(columns))
        model = self.model(cost, active, whole=False)
        answer = mathopt.solved(mathopt.GLOP, model, parameters, limits, start)
        found = _feasible(answer.solutions)
        if found is None:
            return None
        counts = np.zeros(len(active))
        used, values = found.primal_solution.variable_values, found.dual_solution.dual_values
        counts[columns[np.array(used.ids, np.int64)]] = np.array(used.values)
        prices = np.zeros(len(self.low))
        prices[np.array(values.ids, np.int64)] = np.array(values.values)
        return counts, prices * _unit(cost), _Basis.read(found.basis, columns, len(active))

    def holds(self, solution: Ints) -> bool:
        """Whether a solution in whole numbers keeps all rows and ranges."""
        total = np.zeros(len(self.low), np.int64)
        np.add.at(total, self.row, self.coefficient * solution[self.variable])
        inside = (solution >= self.problem.low) & (solution <= self.problem.high)
        return bool(inside.all() and (total >= self.low).all() and (total <= self.high).all())

    def model(self, cost: Ints, active: NDArray[np.bool_], *, whole: bool) -> model_pb2.ModelProto:
        """Return the model over some variables, numbered from 0; costs are near 1."""
        columns = np.flatnonzero(active)
        position = np.full(len(active), -1)
        position[columns] = np.arange(len(columns))
        inside = active[self.variable]
        row, column = self.row[inside], position[self.variable[inside]]
        return mathopt.model_of(
            (self.problem.low[columns], self.problem.high[columns]),
            cost[columns] / _unit(cost),
            (self.low, self.high),
            (row, column, self.coefficient[inside]),
            whole=whole,
        )


def _whole(problem: Problem, tier: TierSpec, value: int, row: int) -> _Whole | None:
    """Return what stands for a closed tier whose deployments are all placed whole.

    One row over all columns makes GLOP imprecise; one side of the rows of the deployments says
    the same.
    """
    if (
        not len(tier.variable)
        or tier.variable.max() >= problem.pairs
        or tier.coefficient.max() >= 0
    ):
        return None
    rows = problem.rows
    first = rows.variable[np.minimum(rows.start[:-1], len(rows.variable) - 1)]
    named = [name == "demand" for name in rows.name]
    alone = np.array(named, bool) & (rows.high < INFINITE) & (rows.low == -INFINITE)
    others = np.zeros(len(rows), bool)
    others[rows.row[rows.variable >= problem.pairs]] = True
    demand = np.flatnonzero(alone & ~others)
    weight = np.zeros(len(problem.low), np.int64)
    weight[tier.variable] = -tier.coefficient
    demand = demand[weight[first[demand]] > 0]
    if len(demand) != len(np.unique(problem.pair_deployment[tier.variable])):
        return None
    weights = weight[first[demand]]
    least = tier.constant - int(weights @ rows.high[demand])
    return _Whole(row, demand, weights) if value == least else None


def _logical(problem: Problem) -> NDArray[np.bool_]:
    """Return the rows of a large problem about who is where at all, which a relaxation hardly
    feels: they are many, and without them its bound is still one.
    """
    rows = problem.rows
    if len(rows.variable) <= LOGICAL_ENTRIES:
        return np.zeros(len(rows), bool)
    named = np.array([name in LOGICAL for name in rows.name], bool)
    others = np.zeros(len(rows), bool)
    others[rows.row[rows.variable >= problem.pairs]] = True
    return named & others


def _feasible(
    solutions: Sequence[solution_pb2.SolutionProto],
) -> solution_pb2.SolutionProto | None:
    """Return the first solution, None unless it is feasible for both a problem and its dual."""
    if not solutions:
        return None
    found = solutions[0]
    known = (found.primal_solution.feasibility_status, found.dual_solution.feasibility_status)
    feasible = solution_pb2.SOLUTION_STATUS_FEASIBLE
    return found if known == (feasible, feasible) else None


def _unit(cost: Ints) -> float:
    """Return a power of two that brings costs near 1, where GLOP is most precise."""
    largest = int(np.abs(cost).max(initial=1))
    return 2.0 ** max(0, largest.bit_length() - 6)


def first_of_each(owner: Ints, key: Ints, count: int) -> Ints:
    """Return the positions of the ``count`` smallest keys of each owner, ties by position."""
    order = np.lexsort((np.arange(len(key)), key, owner))
    sorted_owner = owner[order]
    starts = np.flatnonzero(np.concatenate([[True], sorted_owner[1:] != sorted_owner[:-1]]))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return order[rank < count]
