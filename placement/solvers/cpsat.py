"""CP-SAT over the array form, with the guards that its known faults ask for.

Every linear row stays below 2**31 in ``sum(|coefficient| x range)``: at or above it, ortools 9.15
can return wrong answers with the status OPTIMAL or INFEASIBLE (google/or-tools#5293). Longer
rows are cut into chained partial sums, which changes nothing about the solutions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from placement.errors import ObjectiveRangeError, RowRangeError, SolverFaultError
from placement.problem.problem import INFINITE, Ints, Problem, TierSpec

Floats = NDArray[np.float64]

ROW_LIMIT = 2**31 - 1
OBJECTIVE_LIMIT = 2**53
"""CP-SAT compares value and bound as doubles, which are exact below this."""
EARLY = 0.1
"""Seconds before a deadline from which an end counts as forced by it."""
WORKERS = 1
"""CP-SAT workers of one solve: a constant, so that a run can be repeated."""


class Outcome(StrEnum):
    """What one solve proved."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """Outcome, best solution (None if there is none) and proved lower bound."""

    outcome: Outcome
    solution: Ints | None
    bound: int | None


@dataclass(frozen=True)
class Effort:
    """How much work one solve may do.

    Attributes
    ----------
    work : float
        Deterministic time of CP-SAT, a count of operations and not of seconds.
    deadline : float or None
        Wall limit, on the clock of ``time.monotonic``.
    seed : int
    slack : int
        Distance of value and bound at which a solve may end, in steps of the tier.
    target : int or None
        A solution of at most this value ends the solve.
    stopped : callable
        Asked often; True ends the solve.
    """

    work: float
    deadline: float | None = None
    seed: int = 0
    slack: int = 0
    target: int | None = None
    stopped: Callable[[], bool] = lambda: False

    def cut(self) -> bool:
        """Whether a wall limit or a caller may have ended what was just done.

        Solvers stop a little before their limit, so the end is taken to have come a little early.
        """
        late = self.deadline is not None and time.monotonic() > self.deadline - EARLY
        return late or self.stopped()


@dataclass(frozen=True)
class _Steps:
    """The value of a tier is ``offset + size x objective``."""

    offset: int
    size: int

    def below(self, value: int) -> int:
        """Return the largest objective whose value is at most ``value``."""
        return (value - self.offset) // self.size


class BareModel(cp_model.CpModel):
    """A model without the old names of its methods: to make them takes as long as a tiny solve."""

    def _add_pre_pep8_methods(self) -> None:
        pass


class Model:
    """A CP-SAT model of a problem, or of a part of it."""

    def __init__(self, problem: Problem, *, fixed: dict[int, int] | None = None) -> None:
        self.size = len(problem.low)
        self._problem = problem
        self._low = problem.low.copy()
        self._high = problem.high.copy()
        for variable, value in (fixed or {}).items():
            self._low[variable] = self._high[variable] = value
        self._partials: list[tuple[int, Ints, Ints]] = []
        self._model = BareModel()
        self._proto = self._model.proto
        for low, high in zip(self._low.tolist(), self._high.tolist(), strict=True):
            self._proto.variables.add().domain.extend([low, high])
        rows = problem.rows
        start = rows.start.tolist()
        for r in range(len(rows)):
            part = slice(start[r], start[r + 1])
            self.add_row(
                rows.variable[part], rows.coefficient[part], int(rows.low[r]), int(rows.high[r])
            )

    def add_row(self, variable: Ints, coefficient: Ints, low: int, high: int) -> None:
        """Add ``low <= sum(coefficient x variable) <= high``, reduced and cut where too long."""
        if not len(variable):
            if low > 0 or high < 0:
                self._linear([], [], 1, 1)
            return
        divisor = int(np.gcd.reduce(coefficient)) or 1
        coefficient = coefficient // divisor
        low = -((-low) // divisor) if low > -INFINITE else low
        high = high // divisor if high < INFINITE else high
        variable, coefficient = self._shorten(variable, coefficient, high)
        self._linear(variable.tolist(), coefficient.tolist(), low, high)

    def _shorten(self, variable: Ints, coefficient: Ints, high: int) -> tuple[Ints, Ints]:
        """Replace the terms by a chain of partial sums if the row is too long."""
        if int(self._reach(variable, coefficient).sum()) <= ROW_LIMIT:
            return variable, coefficient
        if (coefficient < 0).any() or (self._low[variable] < 0).any():
            raise RowRangeError(f"a row cannot be kept below {ROW_LIMIT}")
        if (high // coefficient < self._low[variable]).any():
            self._linear([], [], 1, 1)
            return variable[:0], coefficient[:0]
        self._tighten(variable, coefficient, high)
        if int(self._reach(variable, coefficient).sum()) <= ROW_LIMIT:
            return variable, coefficient
        if 3 * high > ROW_LIMIT:
            raise RowRangeError(f"a row cannot be kept below {ROW_LIMIT}")
        room = ROW_LIMIT - 2 * high
        carry: list[int] = []
        chunk: list[int] = []
        used = 0
        for i, width in enumerate(self._reach(variable, coefficient).tolist()):
            if used + width > room and chunk:
                carry = [self._partial(variable, coefficient, chunk, carry, high, upto=i)]
                chunk, used = [], 0
            chunk.append(i)
            used += width
        last = np.array(chunk, np.int64)
        return (
            np.concatenate([variable[last], np.array(carry, np.int64)]),
            np.concatenate([coefficient[last], np.ones(len(carry), np.int64)]),
        )

    def _tighten(self, variable: Ints, coefficient: Ints, high: int) -> None:
        """Lower the bounds that a row of non-negative terms implies for each of its variables."""
        self._high[variable] = np.minimum(self._high[variable], high // coefficient)
        for number in variable.tolist():
            domain = self._proto.variables[number].domain
            domain.clear()
            domain.extend([int(self._low[number]), int(self._high[number])])

    def _partial(
        self,
        variable: Ints,
        coefficient: Ints,
        chunk: list[int],
        carry: list[int],
        high: int,
        *,
        upto: int,
    ) -> int:
        """Return a variable equal to the sum of the first ``upto`` terms (at most ``high``)."""
        number = len(self._low)
        self._low = np.append(self._low, 0)
        self._high = np.append(self._high, high)
        self._proto.variables.add().domain.extend([0, high])
        self._partials.append((number, variable[:upto], coefficient[:upto]))
        terms = [*variable[chunk].tolist(), *carry, number]
        weights = [*coefficient[chunk].tolist(), *([1] * len(carry)), -1]
        self._linear(terms, weights, 0, 0)
        return number

    def _reach(self, variable: Ints, coefficient: Ints) -> Ints:
        widest = np.maximum(np.abs(self._low[variable]), np.abs(self._high[variable]))
        return np.abs(coefficient) * widest

    def _linear(self, variable: list[int], coefficient: list[int], low: int, high: int) -> None:
        linear = self._proto.constraints.add().linear
        linear.vars.extend(variable)
        linear.coeffs.extend(coefficient)
        linear.domain.extend([low, high])

    def fix_tier(self, tier: TierSpec, value: int) -> None:
        """Ask for at most ``value`` in a tier."""
        self.add_row(tier.variable, tier.coefficient, -int(INFINITE), value - tier.constant)

    def hint(self, solution: Ints) -> None:
        """Suggest a complete solution."""
        sums = [int(c @ solution[v]) for _, v, c in self._partials]
        values = [*solution.tolist(), *sums]
        self._proto.solution_hint.vars.extend(range(len(values)))
        self._proto.solution_hint.values.extend(values)

    def minimise(self, tier: TierSpec, effort: Effort) -> Answer:
        """Minimise a tier; the bound is exact and includes the constant."""
        return self._solve(tier, self._set_objective(tier), effort)

    def _set_objective(self, tier: TierSpec) -> _Steps:
        """Minimise the tier over what is not fixed, in the largest step all coefficients share."""
        free = self._low[tier.variable] < self._high[tier.variable]
        fixed = tier.variable[~free]
        offset = tier.constant + int(tier.coefficient[~free] @ self._low[fixed])
        variable, coefficient = tier.variable[free], tier.coefficient[free]
        step = int(np.gcd.reduce(coefficient)) or 1
        coefficient = coefficient // step
        widths = self._reach(variable, coefficient)
        check_range(self._problem, tier.name, variable, coefficient, widths)
        objective = self._proto.objective
        objective.vars.extend(variable.tolist())
        objective.coeffs.extend(coefficient.tolist())
        return _Steps(offset, step)

    def _solve(self, tier: TierSpec, steps: _Steps, effort: Effort) -> Answer:
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = WORKERS
        parameters.random_seed = effort.seed
        parameters.presolve_inclusion_work_limit = 0
        parameters.linearization_level = 2
        parameters.max_deterministic_time = effort.work
        parameters.absolute_gap_limit = max(effort.slack / steps.size, 1e-4)
        parameters.catch_sigint_signal = False
        if effort.deadline is not None:
            left = effort.deadline - time.monotonic()
            parameters.max_time_in_seconds = max(left, 0.001)
        reached = None if effort.target is None else _Reached(steps.below(effort.target))
        with _Watch(solver, effort.stopped):
            status = solver.solve(self._model, reached)
        return self._answer(solver, status, tier, steps, effort)

    def _proved(self, solver: cp_model.CpSolver, status: cp_model.CpSolverStatus) -> int:
        """Return the proved lower bound of the objective.

        A search that ended before it had a bound reports 0, which a maximisation must not take
        for a proof: then what the domains say is all that is known.
        """
        response = solver.response_proto
        bound = int(response.inner_objective_lower_bound)
        if bound or response.best_objective_bound or status == cp_model.OPTIMAL:
            return min(bound, int(np.ceil(response.best_objective_bound - 0.5)))
        objective = self._proto.objective
        variable = np.array(list(objective.vars), np.int64)
        coefficient = np.array(list(objective.coeffs), np.int64)
        ends = np.where(coefficient > 0, self._low[variable], self._high[variable])
        return min(0, int(coefficient @ ends))

    def _answer(
        self,
        solver: cp_model.CpSolver,
        status: cp_model.CpSolverStatus,
        tier: TierSpec,
        steps: _Steps,
        effort: Effort,
    ) -> Answer:
        if status == cp_model.INFEASIBLE:
            return Answer(Outcome.INFEASIBLE, None, None)
        if status == cp_model.MODEL_INVALID:
            raise SolverFaultError(f"the solver refused a model: {self._model.validate()}")
        if status == cp_model.UNKNOWN:
            return Answer(Outcome.UNKNOWN, None, None)
        lowest = self._proved(solver, status)
        bound = steps.offset + steps.size * lowest
        values = np.array(list(solver.response_proto.solution), np.int64)[: self.size]
        if status == cp_model.OPTIMAL and not effort.slack:
            return Answer(Outcome.OPTIMAL, values, tier.value(values))
        return Answer(Outcome.FEASIBLE, values, bound)


def check_range(
    problem: Problem, name: str, variable: Ints, coefficient: Ints, widths: Ints | Floats
) -> None:
    """Raise ObjectiveRangeError if an objective may reach values that doubles cannot tell apart.

    Parameters
    ----------
    widths : int array
        Per term the largest absolute value it can have by itself. Pairs of one deployment
        together have no more than its replicas at their dearest place.
    """
    pair = variable < problem.pairs
    reach = widths.astype(float)
    placed = float(reach[pair].sum())
    if problem.deployments:
        dearest = np.zeros(len(problem.deployments))
        owner = problem.pair_deployment[variable[pair]]
        np.maximum.at(dearest, owner, np.abs(coefficient[pair]).astype(float))
        replicas = np.array([d.replicas for d in problem.deployments], float)
        placed = min(placed, float(dearest @ replicas))
    if placed + float(reach[~pair].sum()) >= OBJECTIVE_LIMIT:
        raise ObjectiveRangeError(
            f"the values of `{name}` may reach 2^53 steps, where they are not exact"
        )


class _Reached(cp_model.CpSolverSolutionCallback):
    """Ends a solve at a solution that is good enough."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self._target = target

    def on_solution_callback(self) -> None:
        if self.objective_value <= self._target:
            self.stop_search()


class _Watch:
    """Stops a solver from outside when asked to."""

    def __init__(self, solver: cp_model.CpSolver, stopped: Callable[[], bool]) -> None:
        self._solver = solver
        self._stopped = stopped
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._done.wait(0.02):
            if self._stopped():
                self._solver.stop_search()
                return

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def complete(
    problem: Problem, counts: Ints, known: Mapping[int, int], tier: TierSpec, effort: Effort
) -> Answer:
    """Return the best full solution with the pair counts and some other variables given."""
    fixed = {**dict(enumerate(counts.tolist())), **known}
    return Model(problem, fixed=fixed).minimise(tier, effort)
