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


class GpuShare(Constraint):
    """The row of a share names a GPU that the node has; no other row names one."""

    name: ClassVar[str] = "gpu_share"

    def compile(self, builder: ProblemBuilder) -> None:
        """On a cell of one node, say which GPU each share uses; larger cells are packed later."""
        shared: dict[int, list[int]] = {}
        whole: dict[int, list[int]] = {}
        for pair, (d, cell) in enumerate(
            zip(builder.pair_deployment.tolist(), builder.pair_cell.tolist(), strict=True)
        ):
            deployment = builder.deployments[d]
            if deployment.is_share:
                shared.setdefault(cell, []).append(pair)
            elif deployment.gpus:
                whole.setdefault(cell, []).append(pair)
        for cell, pairs in sorted(shared.items()):
            if builder.cells[cell].size == 1 and len(builder.cells[cell].slots) > 1:
                _compile_slots(builder, cell, pairs, whole.get(cell, []))

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every row that names a GPU wrongly, or none where it must."""
        for row in view.rows:
            message = _fault(row)
            if message is not None:
                yield Violation(self.name, subject(row.deployment), message)


def _fault(row: PlacedRow) -> str | None:
    if not row.deployment.is_share:
        if row.gpu is None:
            return None
        return f"row on node `{row.node}` names GPU {row.gpu}, but a replica uses no share of a GPU"
    count = len(row.group.gpu_slots)
    if row.gpu is None:
        return f"row on node `{row.node}` does not name the GPU of its share"
    if 0 <= row.gpu < count:
        return None
    return f"row on node `{row.node}` names GPU {row.gpu}, the node has {count}"


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
