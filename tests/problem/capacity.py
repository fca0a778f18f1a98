"""What more fits on a node, by asking the rule of capacity about every way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from placement.catalog.rows import UNIT, NodeGroup, Reserved
from placement.constraints.capacity import node_faults
from placement.plan.view import PlacedRow
from placement.problem.ledger import Held
from placement.workspace.workspace import ModelDeployment


def placed(group: NodeGroup, there: Sequence[Held]) -> list[PlacedRow]:
    return [PlacedRow(wish, group, 0, row.gpu, row.replicas) for row, wish in there]


def most(wish: ModelDeployment, group: NodeGroup, rows: list[PlacedRow], reserved: Reserved) -> int:
    """Return how many more replicas a node takes, by trying each number in each way."""
    if wish.gpus and not group.gpu_slots:
        return 0
    if wish.gpus >= UNIT and group.gpu_fraction is not None:
        return 0  # a rule of hardware, not of capacity
    best = 0
    for counts in ways(wish, group):
        more = [
            PlacedRow(wish, group, 0, gpu if wish.is_share else None, count)
            for gpu, count in enumerate(counts)
            if count
        ]
        if more and best < sum(counts) and not any(node_faults([*rows, *more], reserved)):
            best = sum(counts)
    return best


def ways(wish: ModelDeployment, group: NodeGroup) -> Iterator[tuple[int, ...]]:
    """Yield how many replicas go to each GPU, or just how many."""
    if not wish.is_share:
        yield from ((count,) for count in range(wish.replicas + 1))
        return
    limits = [range(slot // wish.gpus + 1) for slot in group.gpu_slots]
    yield from (counts for counts in product(*limits) if sum(counts) <= wish.replicas)
