"""Linear models for MathOpt, on protocol buffers: objects for each variable and row would take
longer than many a solve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import (
    callback_pb2,
    model_parameters_pb2,
    model_pb2,
    parameters_pb2,
    result_pb2,
)
from ortools.math_opt.core.python import solver

from placement.problem.problem import INFINITE, Ints
from placement.solvers.limits import Limits

Floats = NDArray[np.float64]
Entries = tuple[Ints, Ints, Ints]
"""Row, column and value."""
GLOP = parameters_pb2.SOLVER_TYPE_GLOP
HIGHS = parameters_pb2.SOLVER_TYPE_HIGHS
LONGEST = 1e8
"""Seconds that a limit is cut to."""
SHORTEST = 0.01


def model_of(
    variables: tuple[Ints, Ints],
    cost: Floats,
    rows: tuple[Ints, Ints],
    entries: Entries,
    *,
    whole: bool,
) -> model_pb2.ModelProto:
    """Return the model that minimises a cost.

    Parameters
    ----------
    variables, rows : pairs of int arrays
        Lower and upper sides; an infinite one is open.
    cost : float array
        Per variable.
    entries : three int arrays
        In any order, no place twice.
    whole : bool
        Whether all variables are integers.
    """
    model = model_pb2.ModelProto()
    count = len(cost)
    model.variables.ids.extend(range(count))
    model.variables.lower_bounds.extend(variables[0].astype(float).tolist())
    model.variables.upper_bounds.extend(variables[1].astype(float).tolist())
    model.variables.integers.extend([whole] * count)
    paid = np.flatnonzero(cost)
    model.objective.linear_coefficients.ids.extend(paid.tolist())
    model.objective.linear_coefficients.values.extend(cost[paid].tolist())
    model.linear_constraints.ids.extend(range(len(rows[0])))
    model.linear_constraints.lower_bounds.extend(_open(rows[0], -np.inf))
    model.linear_constraints.upper_bounds.extend(_open(rows[1], np.inf))
    row, column, value = entries
    order = np.lexsort((column, row))
    matrix = model.linear_constraint_matrix
    matrix.row_ids.extend(row[order].tolist())
    matrix.column_ids.extend(column[order].tolist())
    matrix.coefficients.extend(value[order].astype(float).tolist())
    return model


def solved(
    kind: int,
    model: model_pb2.ModelProto,
    parameters: parameters_pb2.SolveParametersProto,
    limits: Limits,
    start: model_parameters_pb2.ModelSolveParametersProto | None = None,
) -> result_pb2.SolveResultProto:
    """Return what a solver says of a model within the wall limit, if there is one.

    Parameters
    ----------
    start : ModelSolveParametersProto, optional
        A basis to begin with.
    """
    seconds = limits.seconds_left()
    if seconds is not None:
        nanoseconds = int(min(max(seconds, SHORTEST), LONGEST) * 1e9)
        parameters.time_limit.FromNanoseconds(nanoseconds)
    return solver.solve(
        model,
        kind,
        parameters_pb2.SolverInitializerProto(),
        parameters,
        start or model_parameters_pb2.ModelSolveParametersProto(),
        None,
        callback_pb2.CallbackRegistrationProto(),
        None,
        None,
    )


def _open(side: Ints, infinity: float) -> list[float]:
    sides: list[float] = np.where(np.abs(side) == INFINITE, infinity, side.astype(float)).tolist()
    return sides
