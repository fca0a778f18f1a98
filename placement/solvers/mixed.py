"""Whole counts near those of a relaxation, by HiGHS: where costs alone decide, it is hard to beat.

Prices are degenerate, so among the columns that cost nothing to use there often are whole counts as
good as the relaxation. A few such columns per deployment suffice: 8 on fleets of single replicas,
where CP-SAT stayed 0.16 % above the bound that HiGHS then met.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import parameters_pb2, solution_pb2

from placement.problem.problem import Ints, Problem
from placement.solvers import mathopt
from placement.solvers.limits import Limits
from placement.solvers.linear import Relaxation, Relaxed, first_of_each

COLUMNS = 8
"""Columns per deployment, besides those of the relaxation."""
MOST_COLUMNS = 12_000
NODES = 100
"""Of the search tree: a count, so that a run can be repeated."""
ENOUGH = 1e-5
"""Relative distance to its own bound at which HiGHS stops."""
PURE = frozenset({"demand", "gpus", "cpus", "memory"})
NEAR = 1e-6


def applies(problem: Problem) -> bool:
    """Whether nothing but demand and capacity restricts whole counts."""
    return len(problem.low) == problem.pairs and PURE.issuperset(problem.rows.name)


def whole_near(relaxation: Relaxation, relaxed: Relaxed, cost: Ints, limits: Limits) -> Ints | None:
    """Return a solution in whole numbers near a relaxation; None if there are too many columns,
    or none is found.

    Parameters
    ----------
    cost : int array
        Steps of the tier per variable.
    """
    active = _columns(relaxation.problem, relaxed)
    columns = np.flatnonzero(active)
    if len(columns) > MOST_COLUMNS or limits.over():
        return None
    parameters = parameters_pb2.SolveParametersProto(
        node_limit=NODES, relative_gap_tolerance=ENOUGH, random_seed=limits.seed
    )
    model = relaxation.model(cost, active, whole=True)
    answer = mathopt.solved(mathopt.HIGHS, model, parameters, limits)
    if not answer.solutions:
        return None
    found = answer.solutions[0].primal_solution
    if found.feasibility_status != solution_pb2.SOLUTION_STATUS_FEASIBLE:
        return None
    solution = np.zeros(len(active), np.int64)
    values = np.array(found.variable_values.values)
    solution[columns[np.array(found.variable_values.ids, np.int64)]] = np.rint(values)
    return solution if relaxation.holds(solution) else None


def _columns(problem: Problem, relaxed: Relaxed) -> NDArray[np.bool_]:
    """Return the columns of the relaxation, and some of those that cost nothing to use.

    Which ones are taken is a matter of chance, so that deployments do not all take the same.
    """
    active = relaxed.counts > NEAR
    free = np.flatnonzero(relaxed.reduced <= 1 << relaxed.scale)
    lot = np.random.default_rng(0).permutation(len(free))
    active[free[first_of_each(problem.pair_deployment[free], lot, COLUMNS)]] = True
    return active
