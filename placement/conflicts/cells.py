"""Cells as a case sees them: less what is held there, and nodes that do not exist yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.problem.cells import Cell, cells_at
from placement.problem.ledger import Held, Ledger
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.problem.fleet import Fleet
    from placement.workspace.workspace import ModelDeployment


def large_node(deployments: Sequence[ModelDeployment]) -> Cell:
    """Return a node on which one replica of each fits, beside all the others if they want that.

    As there are many of them, a larger one would not help.
    """
    near = any(e.over is Domain.NODE for d in deployments for e in d.together_with)
    total = sum if near else max
    names = sorted({name for d in deployments for name in d.extra})
    gpus = total(-(-d.gpus // UNIT) for d in deployments)
    return Cell(
        group=0,
        indices=(),
        slots=(UNIT,) * gpus,
        cpus=total(d.cpus for d in deployments),
        memory=total(d.memory for d in deployments),
        extra=tuple((n, total(d.extra.get(n, 0) for d in deployments)) for n in names),
        residents=(),
        accepts=True,
    )


def with_residents(cell: Cell, number: Mapping[int, int]) -> Cell:
    """Return a cell whose residents are numbered like the deployments that are looked at."""
    if not cell.residents:
        return cell
    own = [
        replace(resident, deployment=number[resident.deployment])
        for resident in cell.residents
        if resident.deployment in number
    ]
    return replace(cell, residents=tuple(own))


def with_held(cells: Iterable[Cell], rows: Sequence[Held], fleet: Fleet) -> tuple[Cell, ...]:
    """Return the cells less what some rows hold on single nodes."""
    ledger = Ledger.empty(fleet).changed(on=rows)
    nodes = {n for row, _ in rows if (n := fleet.number(row.node)) is not None}
    found = []
    for cell in cells:
        start = int(fleet.offset[cell.group])
        mine = [start + index for index in cell.indices if start + index in nodes]
        rest = tuple(index for index in cell.indices if start + index not in nodes)
        if rest:
            found.append(replace(cell, indices=rest))
        for node in mine:
            (own,) = cells_at(ledger, [node], {node: cell.residents})
            found.append(replace(own, residents=cell.residents, accepts=cell.accepts))
    return tuple(sorted(found, key=lambda cell: (cell.group, cell.indices)))
