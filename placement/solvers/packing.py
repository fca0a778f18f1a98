"""Packing: which node of a cell, and which GPU of a node, each replica goes to.

A cell's counts come from a relaxation that adds its nodes together. Here they are laid out on
single nodes, first by first-fit decreasing, and where that fails by CP-SAT, whose word on
infeasibility sends the cell back to be split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from placement.errors import SolverFaultError
from placement.problem.cells import Cell
from placement.solvers.cell_model import CellModel
from placement.solvers.cell_task import CellTask
from placement.solvers.first_fit import first_fit
from placement.solvers.node_space import Seat

PACKING_WORK = 5.0
"""Deterministic time of one CP-SAT packing."""


@dataclass(frozen=True)
class Packed:
    """Seats, or None with ``proved`` saying whether no packing exists."""

    seats: tuple[Seat, ...] | None
    proved: bool = True


def pack(task: CellTask) -> Packed:
    """Lay the replicas of one cell out on its nodes.

    Nodes beyond ``task.nodes`` stay empty, which a wish for some on every node rules out.
    """
    if task.nodes < task.cell.size and any(item.least for item in task.items):
        return Packed(None)
    seats = first_fit(task) if task.plain else None
    packed = _exact(task) if seats is None else Packed(seats)
    if packed.seats is None:
        return packed
    return Packed(stay_on_gpu(task.cell, packed.seats))


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


def _exact(task: CellTask) -> Packed:
    packing = CellModel(task)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.presolve_inclusion_work_limit = 0
    solver.parameters.max_deterministic_time = PACKING_WORK
    solver.parameters.catch_sigint_signal = False
    status = solver.solve(packing.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Packed(packing.seats(solver))
    if status == cp_model.MODEL_INVALID:
        raise SolverFaultError(f"the solver refused a packing: {packing.model.validate()}")
    return Packed(None, proved=status == cp_model.INFEASIBLE)
