"""Nodes that must be opened whatever the packing: their cost, and what resources are worth.

The nodes of a plan have, together, at least what its replicas ask for of every resource. What
that costs at least is a bound, strong where replicas are small, and the prices of the resources
say which contents of nodes are good value.
"""

from __future__ import annotations

import numpy as np
from ortools.math_opt.python import mathopt

from placement.problem.problem import INFINITE, Ints
from placement.solvers.cpsat import Model
from placement.solvers.limits import Limits
from placement.solvers.patterns.kinds import Kinds
from placement.solvers.patterns.master import Floats
from placement.solvers.patterns.rows import small_problem

COVER_WORK = 5.0
"""Deterministic time of CP-SAT for the whole numbers of nodes."""


def totals(kinds: Kinds) -> tuple[Ints, Ints]:
    """Return what shapes ask for and nodes have of every resource and of GPUs.

    Shape (shapes, resources + 1) and (kinds, resources + 1); GPUs are the last column.
    """
    gpus = np.array([sum(slots) for slots in kinds.slots], np.int64)
    demand = np.column_stack([kinds.demand, kinds.gpus])
    return demand, np.maximum(np.column_stack([kinds.capacity, gpus]), 0)


def resource_prices(kinds: Kinds, node_cost: Ints) -> Floats:
    """Return what a thousandth of each resource is worth where all that is wanted is placed."""
    demand, capacity = totals(kinds)
    need = kinds.wanted @ demand
    model = mathopt.Model()
    opened = [model.add_variable(lb=0.0, ub=float(n)) for n in kinds.nodes.tolist()]
    short = [model.add_variable(lb=0.0) for _ in need]
    rows = [model.add_linear_constraint(lb=float(amount)) for amount in need.tolist()]
    dearest = float(node_cost.max(initial=1))
    for resource, row in enumerate(rows):
        row.set_coefficient(short[resource], 1.0)
        model.objective.set_linear_coefficient(short[resource], dearest)
        for kind in np.flatnonzero(capacity[:, resource]).tolist():
            row.set_coefficient(opened[kind], float(capacity[kind, resource]))
    for variable, cost in zip(opened, node_cost.tolist(), strict=True):
        model.objective.set_linear_coefficient(variable, float(cost))
    model.objective.is_maximize = False
    duals = mathopt.solve(model, mathopt.SolverType.GLOP).dual_values()
    return np.array([duals[row] for row in rows])


def least_cost(kinds: Kinds, needed: Ints, node_cost: Ints, limits: Limits) -> int | None:
    """Return what whole nodes with all that is needed cost at least, None if nothing is proved."""
    demand, capacity = totals(kinds)
    need = needed @ demand
    rows = [(capacity[:, r], int(need[r]), int(INFINITE)) for r in np.flatnonzero(need).tolist()]
    problem = small_problem(kinds.nodes, rows, node_cost)
    return Model(problem).minimise(problem.tiers[0], limits.effort(COVER_WORK)).bound
