"""Packing: which node of a cell, and which GPU of a node, each replica goes to.

A cell's counts come from a relaxation that adds its nodes together. Here they are laid out on
single nodes, first by first-fit decreasing, and where that fails by CP-SAT, whose word on
infeasibility sends the cell back to be split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from placement.errors import SolverFaultError
from placement.problem.cells import Cell
from placement.problem.problem import Problem
from placement.solvers.cell_model import CellModel
from placement.solvers.cell_task import CellTask
from placement.solvers.first_fit import first_fit, fit_most
from placement.solvers.node_space import Item, Seat
from placement.workspace.workspace import Domain

PACKING_WORK = 5.0
"""Deterministic time of one CP-SAT packing."""


@dataclass(frozen=True)
class Packed:
    """Seats, or None with ``proved`` saying whether no packing exists."""

    seats: tuple[Seat, ...] | None
    proved: bool = True


def pack(task: CellTask, *, work: float | None = None) -> Packed:
    """Lay the replicas of one cell out on its nodes.

    CP-SAT may take ``work`` units of deterministic time, ``PACKING_WORK`` if absent. Nodes beyond
    ``task.nodes`` stay empty, which a wish for some on every node rules out.
    """
    if task.nodes < task.cell.size and any(item.least for item in task.items):
        return Packed(None)
    seats = first_fit(task) if task.plain else None
    packed = _exact(task, work) if seats is None else Packed(seats)
    if packed.seats is None:
        return packed
    return Packed(stay_on_gpu(task.cell, packed.seats))


def pack_most(
    problem: Problem, cell: int, counts: Mapping[int, int]
) -> tuple[tuple[Seat, ...], dict[int, int]]:
    """Lay out as much as is found room for of what is wanted in one cell, without a solver.

    Parameters
    ----------
    cell : int
        Number of the cell in ``problem.cells``.
    counts : mapping of int to int
        Replicas wanted, by deployment; each must have a pair with the cell.

    Returns
    -------
    seats : tuple of Seat
        They keep capacity, the most on one node and who must not share one. Those who run there
        today stay as far as they can.
    left : dict of int to int
        Replicas without a seat, by deployment; empty if all have one. Deployments that must be
        on every node or beside others are left out whole: only ``pack`` knows how to seat them.
    """
    rules = problem.node_rules
    bound = {d for d, _ in rules.together} | rules.skew.keys()
    free = {d: count for d, count in counts.items() if count and d not in bound}
    content = problem.cells[cell]
    items = tuple(_wanted_item(problem, cell, d, count) for d, count in sorted(free.items()))
    apart = frozenset(pair for pair in rules.apart if free.keys() >= set(pair))
    seats, left = fit_most(CellTask(content, content.size, items, apart, ()))
    left |= {d: count for d, count in counts.items() if count and d in bound}
    return stay_on_gpu(content, seats), left


def _wanted_item(problem: Problem, cell: int, d: int, count: int) -> Item:
    deployment, content = problem.deployments[d], problem.cells[cell]
    first, last = np.searchsorted(problem.pair_deployment, [d, d + 1])
    pair = int(first + np.searchsorted(problem.pair_cell[first:last], cell))
    nodes = [e.min_domains or 0 for e in deployment.spread if e.over is Domain.NODE]
    return Item(
        deployment=d,
        count=count,
        gpus=deployment.gpus,
        cpus=deployment.cpus,
        memory=deployment.memory,
        extra=tuple(sorted((k, v) for k, v in deployment.extra.items() if v)),
        most=int(problem.node_rules.most[pair]),
        distinct=min(max(nodes, default=0), count, content.size),
        keep=min(content.resident(d) * content.size, count),
    )


def stay_on_gpu(cell: Cell, seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
    """Exchange GPUs of equal capacity on each node so that most running shares keep theirs."""
    today = {(r.deployment, r.slot): r.replicas for r in cell.residents if r.slot is not None}
    if not today:
        return seats
    kept = []
    for node in sorted({seat.node for seat in seats}):
        kept += _exchanged(cell, [seat for seat in seats if seat.node == node], today)
    return tuple(kept)


def _exchanged(
    cell: Cell, seats: Sequence[Seat], today: Mapping[tuple[int, int], int]
) -> list[Seat]:
    import networkx as nx

    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    slots = range(len(cell.slots))
    for new in slots:
        for old in slots:
            if cell.slots[new] != cell.slots[old]:
                continue
            stays = sum(
                min(seat.replicas, today.get((seat.deployment, old), 0))
                for seat in seats
                if seat.slot == new
            )
            graph.add_edge(("new", new), ("old", old), weight=stays * len(slots) + (new == old))
    target = {}
    for one, other in nx.max_weight_matching(graph, maxcardinality=True):
        new, old = (one, other) if one[0] == "new" else (other, one)
        target[new[1]] = old[1]
    moved = [seat if seat.slot is None else replace(seat, slot=target[seat.slot]) for seat in seats]
    return sorted(moved, key=lambda s: (s.deployment, -1 if s.slot is None else s.slot))


def _exact(task: CellTask, work: float | None = None) -> Packed:
    packing = CellModel(task)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.presolve_inclusion_work_limit = 0
    solver.parameters.max_deterministic_time = PACKING_WORK if work is None else work
    solver.parameters.catch_sigint_signal = False
    status = solver.solve(packing.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Packed(packing.seats(solver))
    if status == cp_model.MODEL_INVALID:
        raise SolverFaultError(f"the solver refused a packing: {packing.model.validate()}")
    return Packed(None, proved=status == cp_model.INFEASIBLE)
