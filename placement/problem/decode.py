"""From seats in cells back to names: the one door out of the array form."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from placement.plan.view import PlacedRow

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.problem.cells import Cell
    from placement.solvers.greedy import Layout
    from placement.workspace.workspace import ModelDeployment


def placed_rows(
    catalog: Catalog,
    deployments: Sequence[ModelDeployment],
    cells: Sequence[Cell],
    layout: Layout,
) -> tuple[PlacedRow, ...]:
    """Return the rows of a layout, in the order of rows."""
    groups = catalog.node_groups
    found = [
        # Deployments and node groups are numbered in the order of their names.
        (s.deployment, cell.group, cell.indices[s.node], -1 if s.slot is None else s.slot, s)
        for cell, seats in ((cells[c], seats) for c, seats in layout.items())
        for s in seats
    ]
    found.sort(key=itemgetter(0, 1, 2, 3))
    return tuple(
        PlacedRow(deployments[d], groups[group], index, seat.slot, seat.replicas)
        for d, group, index, _, seat in found
    )
