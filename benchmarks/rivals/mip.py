"""HiGHS and SCIP through math_opt: replicas per node group as one integer program, in two stages.

Both get what their documents advise: their own presolve, cuts, heuristics and gap at which they
stop, and, for SCIP, the greedy answer as a start (HiGHS takes none here).
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from benchmarks.rivals.arrays import Answer, Arrays, Ints
from benchmarks.rivals.first_fit import best_fit
from benchmarks.rivals.linear import MOST_PAIRS, Program, counted, packed, pairs_of, program

Floats = NDArray[np.float64]
WHOLE = 0.7
"""Of the limit is given to the question whether everything has a place, and where at least cost."""
HALF = 0.5
"""Of what is left is given to the least that has no place, if not everything has one."""


def highs(arrays: Arrays, limit: float, seed: int) -> Answer:
    """Solve by HiGHS."""
    return _solved(arrays, limit, seed, mathopt.SolverType.HIGHS)


def scip(arrays: Arrays, limit: float, seed: int) -> Answer:
    """Solve by SCIP, hinted with the greedy answer."""
    return _solved(arrays, limit, seed, mathopt.SolverType.GSCIP)


def _solved(arrays: Arrays, limit: float, seed: int, solver: mathopt.SolverType) -> Answer:
    start = time.perf_counter()
    if (pairs := pairs_of(arrays, nodes=False)) > MOST_PAIRS:
        return Answer.none(f"not built: {pairs:,} variables")
    whole = program(arrays)
    hint = None
    if solver is mathopt.SolverType.GSCIP:
        hint = _complete(arrays, counted(arrays, best_fit(arrays, limit, seed)))
    best = _stage(whole, 0, hint, solver, WHOLE * (limit - _since(start)), seed)
    if best is None:
        best = _in_turn(whole, hint, solver, limit - _since(start), seed)
    if best is None:
        return Answer.none("no plan within the limit", _since(start))
    answer = packed(arrays, best[: whole.pairs])
    return replace(answer, seconds=_since(start), note=f"{whole.pairs:,} integer variables")


def _in_turn(
    whole: Program, hint: Ints | None, solver: mathopt.SolverType, seconds: float, seed: int
) -> Ints | None:
    """Minimise what has no place, then the cost."""
    start = time.perf_counter()
    first = _stage(whole, None, hint, solver, HALF * seconds, seed)
    if first is None:
        return None
    second = _stage(whole, int(whole.out @ first), first, solver, seconds - _since(start), seed)
    return first if second is None else second


def _since(start: float) -> float:
    return time.perf_counter() - start


def _complete(arrays: Arrays, counts: Ints) -> Ints:
    """Return counts per pair with what has no place of each deployment."""
    deployment, _ = arrays.pairs
    placed = np.bincount(deployment, counts, arrays.deployments).astype(np.int64)
    found: Ints = np.concatenate([counts, arrays.replicas - placed])
    return found


def _stage(
    whole: Program,
    out: int | None,
    hint: Ints | None,
    solver: mathopt.SolverType,
    seconds: float,
    seed: int,
) -> Ints | None:
    """Minimise what has no place, or (if that is known) the cost; None without a solution."""
    if seconds <= 0:
        return None
    model = mathopt.Model.from_model_proto(_proto(whole, out))
    parameters = mathopt.SolveParameters(time_limit=timedelta(seconds=seconds), random_seed=seed)
    hints = []
    if hint is not None and solver is mathopt.SolverType.GSCIP:
        values = dict(zip(model.variables(), hint.astype(float).tolist(), strict=True))
        hints = [mathopt.SolutionHint(variable_values=values)]
    told = mathopt.ModelSolveParameters(solution_hints=hints)
    result = mathopt.solve(model, solver, params=parameters, model_params=told)
    if not result.has_primal_feasible_solution():
        return None
    values = result.variable_values(list(model.variables()))
    found: Ints = np.round(np.array(values)).astype(np.int64)
    return found


def _proto(whole: Program, out: int | None) -> model_pb2.ModelProto:
    proto = model_pb2.ModelProto()
    many = len(whole.high)
    proto.variables.ids.extend(range(many))
    proto.variables.lower_bounds.extend([0.0] * many)
    proto.variables.upper_bounds.extend(_tops(whole, out).astype(float).tolist())
    proto.variables.integers.extend([True] * many)
    step_out, step_cost = whole.steps
    aim = whole.out / step_out if out is None else whole.cost / step_cost
    paid = np.flatnonzero(aim)
    proto.objective.linear_coefficients.ids.extend(paid.tolist())
    proto.objective.linear_coefficients.values.extend(aim[paid].tolist())
    row, variable, coefficient, low, top = _rows(whole, out)
    proto.linear_constraints.ids.extend(range(len(low)))
    proto.linear_constraints.lower_bounds.extend(low.tolist())
    proto.linear_constraints.upper_bounds.extend(top.tolist())
    matrix = proto.linear_constraint_matrix
    matrix.row_ids.extend(row.tolist())
    matrix.column_ids.extend(variable.tolist())
    matrix.coefficients.extend(coefficient.tolist())
    return proto


def _tops(whole: Program, out: int | None) -> Ints:
    """Return the most of each variable; nothing is left out if nothing must be."""
    return np.where(whole.out > 0, 0, whole.high) if out == 0 else whole.high


def _rows(whole: Program, out: int | None) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Return all rows, divided by what their terms have in common."""
    row, variable = whole.row, whole.variable
    coefficient = whole.coefficient.astype(float)
    low = np.where(whole.low < 0, -np.inf, whole.low.astype(float))
    top = whole.top.astype(float)
    scale = np.ones(len(low))
    np.maximum.at(scale, row, coefficient)
    scale[scale > 1] = 1000.0  # thousandths, as in the catalog
    coefficient, low, top = coefficient / scale[row], low / scale, top / scale
    if out:
        kept = np.flatnonzero(whole.out)
        row = np.concatenate([row, np.full(len(kept), len(low))])
        variable = np.concatenate([variable, kept])
        coefficient = np.concatenate([coefficient, whole.out[kept] / whole.steps[0]])
        low, top = np.append(low, -np.inf), np.append(top, out / whole.steps[0])
    return row, variable, coefficient, low, top
