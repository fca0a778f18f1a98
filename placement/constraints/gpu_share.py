"""A replica that uses a part of a GPU uses exactly one GPU, and the plan says which.

Rows of replicas with whole GPUs, or without any, name no GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.rows import UNIT
from placement.constraints.base import Constraint, Violation, subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement.plan.view import PlacedRow, PlanView
    from placement.problem.builder import ProblemBuilder
    from placement.problem.problem import Ints


class GpuShare(Constraint):
    """The row of a share names a GPU that the node has; no other row names one."""

    name: ClassVar[str] = "gpu_share"

    def compile(self, builder: ProblemBuilder) -> None:
        """On a cell of one node, say which GPU each share uses; larger cells are packed later."""
        import numpy as np

        gpus = builder.demand("gpus")[builder.pair_deployment]
        single = [c.size == 1 and len(c.slots) > 1 for c in builder.cells]
        alone = np.array(single, bool)[builder.pair_cell]
        shared = np.flatnonzero(alone & (gpus > 0) & (gpus < UNIT))
        whole = np.flatnonzero(alone & (gpus >= UNIT))
        by_cell = _by_cell(builder, whole)
        for cell, pairs in sorted(_by_cell(builder, shared).items()):
            _compile_slots(builder, cell, pairs, by_cell.get(cell, []))

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every row that names a GPU wrongly, or none where it must."""
        for lot in view.lots:
            is_share, gpus = lot.deployment.is_share, range(len(lot.group.gpu_slots))
            for row in lot.rows:
                if row.gpu not in gpus if is_share else row.gpu is not None:
                    yield Violation(self.name, subject(row.deployment), _fault(row))


def _fault(row: PlacedRow) -> str:
    if not row.deployment.is_share:
        return f"row on node `{row.node}` names GPU {row.gpu}, but a replica uses no share of a GPU"
    count = len(row.group.gpu_slots)
    if row.gpu is None:
        return f"row on node `{row.node}` does not name the GPU of its share"
    return f"row on node `{row.node}` names GPU {row.gpu}, the node has {count}"


def _by_cell(builder: ProblemBuilder, pairs: Ints) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for pair, cell in zip(pairs.tolist(), builder.pair_cell[pairs].tolist(), strict=True):
        found.setdefault(cell, []).append(pair)
    return found


def _compile_slots(
    builder: ProblemBuilder, cell: int, shared: Sequence[int], whole: Sequence[int]
) -> None:
    """Split shares over the GPUs of a node; a GPU in shares is lost to whole-GPU replicas."""
    gpus = {pair: builder.deployments[builder.pair_deployment[pair]].gpus for pair in shared}
    parts: dict[int, list[int]] = {pair: [] for pair in shared}
    busy = []
    for free in builder.cells[cell].slots:
        load = []
        for pair in shared:
            part = builder.variable(0, min(free // gpus[pair], int(builder.pair_high[pair])))
            parts[pair].append(part)
            load.append((part, gpus[pair]))
        if free == UNIT:
            flag = builder.variable(0, 1)
            busy.append(flag)
            builder.row([*load, (flag, -free)], high=0, name="gpu_share")
        else:
            builder.row(load, high=free, name="gpu_share")
    for pair, slots in parts.items():
        builder.row([*((v, 1) for v in slots), (pair, -1)], low=0, high=0, name="gpu_share")
    taken = [
        (pair, builder.deployments[builder.pair_deployment[pair]].gpus // UNIT) for pair in whole
    ]
    builder.row([*taken, *((flag, 1) for flag in busy)], high=len(busy), name="gpu_share")
