"""The cost of a plan is what its nodes are billed per hour.

Billing `share`: every replica pays its part of its node. Billing `node`: every node with at least
one replica is paid whole.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.rows import UNIT
from placement.objectives.base import Objective
from placement.options import Billing
from placement.pricing import (
    NANO_PER_MICRO,
    RowUse,
    round_half_even_all,
    split_node_price,
    unit_price,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.table import NodeTable
    from placement.plan.view import PlacedRow, PlanView
    from placement.workspace.shapes import Shape
    from placement.workspace.workspace import ModelDeployment


class Cost(Objective):
    """USD per hour, counted in micro-USD."""

    name: ClassVar[str] = "cost"
    unit: ClassVar[str] = "USD/h"
    scale: ClassVar[int] = 1_000_000
    millionths: ClassVar[int] = 1

    def __init__(self, *, billing: Billing = Billing.SHARE) -> None:
        self.billing = billing

    def compile(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.int64]:
        """Return micro-USD per hour and replica under billing ``share``; 0 under ``node``."""
        import numpy as np

        if self.billing is Billing.NODE:
            return np.zeros(len(table), np.int64)
        demand, capacity = deployment.cpus, table.cpus
        if deployment.gpus:
            demand, capacity = deployment.gpus, table.gpu_count * UNIT
        capacity = np.maximum(capacity, 1) * NANO_PER_MICRO
        prices = round_half_even_all(table.price * demand, capacity)
        if deployment.gpus:
            for row in np.flatnonzero((table.slot > 0) & (table.slot < UNIT)).tolist():
                prices[row] = unit_price(deployment, catalog.node_groups[row])
        return prices

    def compile_nodes(self, table: NodeTable) -> NDArray[np.int64]:
        """Return micro-USD per hour and node in use under billing ``node``; 0 under ``share``."""
        import numpy as np

        if self.billing is Billing.SHARE:
            return np.zeros(len(table), np.int64)
        return round_half_even_all(table.price, np.full(len(table), NANO_PER_MICRO))

    def check(self, view: PlanView) -> int:
        """Return the sum of what the rows cost, which is what the nodes are billed."""
        if self.billing is Billing.NODE:
            return sum(row_costs(view, billing=self.billing))
        return sum(unit_price(lot.deployment, lot.group) * lot.replicas for lot in view.lots)


def row_costs(view: PlanView, *, billing: Billing) -> tuple[int, ...]:
    """Return the cost of each row of a plan in micro-USD per hour, in the order of its rows."""
    match billing:
        case Billing.SHARE:
            return _by_share(view.rows)
        case Billing.NODE:
            return _by_node(view.rows)
    raise ValueError(f"unknown billing `{billing}`")


def _by_share(rows: tuple[PlacedRow, ...]) -> tuple[int, ...]:
    prices: dict[tuple[Shape, str], int] = {}
    costs = []
    for row in rows:
        alike = (row.deployment.shape, row.group.name)
        price = prices.get(alike)
        if price is None:
            price = prices[alike] = unit_price(row.deployment, row.group)
        costs.append(price * row.replicas)
    return tuple(costs)


def _by_node(rows: tuple[PlacedRow, ...]) -> tuple[int, ...]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.node].append(place)
    costs = [0] * len(rows)
    for sharing in places.values():
        sharing.sort(key=lambda place: rows[place].order)
        price = rows[sharing[0]].group.price
        parts = split_node_price(price, [_use(rows[place]) for place in sharing])
        for place, part in zip(sharing, parts, strict=True):
            costs[place] = part
    return tuple(costs)


def _use(row: PlacedRow) -> RowUse:
    deployment = row.deployment
    return RowUse(deployment.gpus * row.replicas, deployment.cpus * row.replicas, row.replicas)
