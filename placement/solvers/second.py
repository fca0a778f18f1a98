"""A second solver proves again what the first one found, on the same rows, or refutes it.

HiGHS through MathOpt gets a tier with the earlier ones at their values. Its lower bound confirms a
bound that is not above it. What it finds below a bound counts once the rows hold in whole numbers
and the replicas pack onto nodes: then the bound was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from ortools.math_opt import model_pb2, parameters_pb2, result_pb2

from placement.problem.compiler import Compiled
from placement.problem.problem import INFINITE, Ints, Problem, TierSpec
from placement.solvers import mathopt
from placement.solvers.exact import pack_all, split
from placement.solvers.limits import Limits

HIGHS = "highs"
"""The name of the second solver in plans."""
MOST_PAIRS = 10_000
"""Up to so many (deployment, cell) pairs a tier is proved again."""
MOST_NODES = 20_000
"""Nodes of its search tree: a count, so that a run can be repeated."""
LARGEST = 2**40
"""Values of a tier, in its own steps, up to which doubles tell neighbours apart well."""
SPLITS = 6
"""How often cells that do not pack are split."""
Closed = Sequence[tuple[TierSpec, int]]


class Verdict(StrEnum):
    """What a second solver says of a bound."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    OPEN = "open"


@dataclass(frozen=True)
class _Answer:
    """A solution in whole numbers that keeps all rows, and a lower bound; None where unknown."""

    solution: Ints | None
    bound: int | None


def confirm(
    compiled: Compiled,
    values: Mapping[str, int],
    bounds: Mapping[str, int],
    limits: Limits,
) -> dict[str, Verdict]:
    """Return what a second solver says of some bounds.

    Parameters
    ----------
    values : mapping of str to int
        The value of each tier of the plan, in its steps; 0 where absent.
    bounds : mapping of str to int
        What is claimed, by tier.
    """
    return {name: _judged(compiled, name, values, bound, limits) for name, bound in bounds.items()}


def _judged(
    compiled: Compiled, name: str, values: Mapping[str, int], bound: int, limits: Limits
) -> Verdict:
    cells = compiled.cells
    for _ in range(SPLITS):
        problem, _ = compiled.build(cells)
        if problem.pairs > MOST_PAIRS or limits.over():
            return Verdict.OPEN
        number = [tier.name for tier in problem.tiers].index(name)
        tier = problem.tiers[number]
        closed = [(one, values.get(one.name, 0)) for one in problem.tiers[:number]]
        answer = _solved(problem, tier, closed, limits)
        if answer.bound is not None and answer.bound >= bound:
            return Verdict.CONFIRMED
        if answer.solution is None or tier.value(answer.solution) >= bound:
            return Verdict.OPEN
        _, broken = pack_all(problem, answer.solution)
        if not broken:
            return Verdict.REFUTED
        cells, _ = split(cells, broken, {})
    return Verdict.OPEN


def _solved(problem: Problem, tier: TierSpec, closed: Closed, limits: Limits) -> _Answer:
    step = int(np.gcd.reduce(tier.coefficient)) or 1
    coefficient = tier.coefficient // step
    reach = np.abs(coefficient).astype(float) @ problem.high[tier.variable].astype(float)
    if reach >= LARGEST:
        return _Answer(None, None)
    parameters = parameters_pb2.SolveParametersProto(
        node_limit=MOST_NODES,
        absolute_gap_tolerance=0.0,
        relative_gap_tolerance=0.0,
        random_seed=limits.seed,
    )
    model = _model(problem, tier.variable, coefficient, closed)
    found = mathopt.solved(mathopt.HIGHS, model, parameters, limits)
    lowest = _proved(found)
    bound = None if lowest is None else tier.constant + step * lowest
    return _Answer(_whole(problem, closed, found), bound)


def _model(
    problem: Problem, variable: Ints, coefficient: Ints, closed: Closed
) -> model_pb2.ModelProto:
    """Return the problem in whole numbers, with a row for each tier that is closed."""
    rows, count = problem.rows, len(problem.rows)
    cost = np.zeros(len(problem.low))
    cost[variable] = coefficient
    caps = np.array([value - tier.constant for tier, value in closed], np.int64)
    low = np.concatenate([rows.low, np.full(len(caps), -INFINITE)])
    capped = [np.full(len(tier.variable), count + n) for n, (tier, _) in enumerate(closed)]
    entries = (
        np.concatenate([rows.row, *capped]),
        np.concatenate([rows.variable, *(tier.variable for tier, _ in closed)]),
        np.concatenate([rows.coefficient, *(tier.coefficient for tier, _ in closed)]),
    )
    sides = (low, np.concatenate([rows.high, caps]))
    return mathopt.model_of((problem.low, problem.high), cost, sides, entries, whole=True)


def _proved(found: result_pb2.SolveResultProto) -> int | None:
    """Return the lower bound, rounded up as far as doubles allow."""
    bound = found.termination.objective_bounds.dual_bound
    if not np.isfinite(bound):
        return None
    return int(np.ceil(bound - 1e-6 - 1e-9 * abs(bound)))


def _whole(problem: Problem, closed: Closed, found: result_pb2.SolveResultProto) -> Ints | None:
    """Return the solution in whole numbers, if it keeps all bounds and rows."""
    if not found.solutions:
        return None
    values = found.solutions[0].primal_solution.variable_values
    solution = np.zeros(len(problem.low), np.int64)
    solution[np.array(values.ids, np.int64)] = np.rint(np.array(values.values)).astype(np.int64)
    rows = problem.rows
    sums = np.zeros(len(rows), np.int64)
    np.add.at(sums, rows.row, rows.coefficient * solution[rows.variable])
    keeps = [
        bool(((solution >= problem.low) & (solution <= problem.high)).all()),
        bool(((sums >= rows.low) & (sums <= rows.high)).all()),
        all(tier.value(solution) <= value for tier, value in closed),
    ]
    return solution if all(keeps) else None
