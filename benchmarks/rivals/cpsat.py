"""Plain CP-SAT: one model of everything, per node or per node group, in two stages.

It gets what its documents advise: eight workers, and the greedy answer as a hint.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from ortools.sat.python import cp_model

from benchmarks.rivals.arrays import Answer, Arrays, Ints
from benchmarks.rivals.first_fit import best_fit
from benchmarks.rivals.linear import (
    MOST_PAIRS,
    Program,
    as_nodes,
    by_node,
    counted,
    packed,
    pairs_of,
    program,
)

WORKERS = 8
HALF = 0.5
"""Of the limit is given to the first stage."""


def on_cells(arrays: Arrays, limit: float, seed: int) -> Answer:
    """Count replicas per node group, then pack them."""
    if (pairs := pairs_of(arrays, nodes=False)) > MOST_PAIRS:
        return Answer.none(f"not built: {pairs:,} variables")
    return _solved(arrays, limit, seed)


def on_nodes(arrays: Arrays, limit: float, seed: int) -> Answer:
    """Count replicas per node: exact, and large."""
    if (pairs := pairs_of(arrays, nodes=True)) > MOST_PAIRS:
        return Answer.none(f"not built: {pairs:,} variables")
    return as_nodes(arrays, _solved(by_node(arrays), limit, seed))


def _solved(arrays: Arrays, limit: float, seed: int) -> Answer:
    start = time.perf_counter()
    whole = program(arrays)
    counts = counted(arrays, best_fit(arrays, limit, seed))
    placed = np.bincount(arrays.pairs[0], counts, arrays.deployments).astype(np.int64)
    best = np.concatenate([counts, arrays.replicas - placed])
    model = _model(whole)
    for aim, share in ((whole.out // whole.steps[0], HALF), (whole.cost // whole.steps[1], 1.0)):
        left = share * (limit - (time.perf_counter() - start))
        best = _stage(model, aim, best, left, seed)
        _keep(model, aim, int(aim @ best))
    answer = packed(arrays, best[: whole.pairs])
    note = f"{whole.pairs:,} integer variables, {WORKERS} workers, hinted"
    return replace(answer, seconds=time.perf_counter() - start, note=note)


def _model(whole: Program) -> cp_model.CpModel:
    model = cp_model.CpModel()
    proto = model.proto
    for high in whole.high.tolist():
        proto.variables.add().domain.extend([0, high])
    edges = np.searchsorted(whole.row, np.arange(len(whole.low) + 1)).tolist()
    for r, (low, top) in enumerate(zip(whole.low.tolist(), whole.top.tolist(), strict=True)):
        own = slice(edges[r], edges[r + 1])
        _row(model, whole.variable[own], whole.coefficient[own], max(low, 0), top)
    return model


def _row(model: cp_model.CpModel, variable: Ints, coefficient: Ints, low: int, top: int) -> None:
    """Add a row, divided by what its terms have in common."""
    divisor = int(np.gcd.reduce(coefficient)) or 1
    linear = model.proto.constraints.add().linear
    linear.vars.extend(variable.tolist())
    linear.coeffs.extend((coefficient // divisor).tolist())
    linear.domain.extend([-(-low // divisor), top // divisor])


def _keep(model: cp_model.CpModel, aim: Ints, value: int) -> None:
    """Let later stages be no worse in this one."""
    terms = np.flatnonzero(aim)
    linear = model.proto.constraints.add().linear
    linear.vars.extend(terms.tolist())
    linear.coeffs.extend(aim[terms].tolist())
    linear.domain.extend([0, value])


def _stage(model: cp_model.CpModel, aim: Ints, hint: Ints, seconds: float, seed: int) -> Ints:
    """Return the best solution found, the hint if there is none better."""
    if seconds <= 0:
        return hint
    proto = model.proto
    proto.clear_objective()
    terms = np.flatnonzero(aim)
    proto.objective.vars.extend(terms.tolist())
    proto.objective.coeffs.extend(aim[terms].tolist())
    proto.clear_solution_hint()
    proto.solution_hint.vars.extend(range(len(hint)))
    proto.solution_hint.values.extend(hint.tolist())
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return hint
    found: Ints = np.array(solver.response_proto.solution, np.int64)
    return found if int(aim @ found) <= int(aim @ hint) else hint
