"""From seats in cells back to names: the one door out of the array form."""

from __future__ import annotations

from collections.abc import Sequence
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
    rows = []
    for c, seats in layout.items():
        cell = cells[c]
        group = catalog.node_groups[cell.group]
        for seat in seats:
            index = cell.indices[seat.node]
            deployment = deployments[seat.deployment]
            rows.append(PlacedRow(deployment, group, index, seat.slot, seat.replicas))
    return tuple(sorted(rows, key=lambda row: row.order))
