"""No node is given more GPUs, CPUs, memory or other resources than it has left after reservations.

A replica with whole GPUs takes GPUs that nothing else uses; a share takes its part of one GPU.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.rows import UNIT, Reserved
from placement.constraints.base import Constraint, Violation, thousandths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.rows import NodeGroup
    from placement.plan.view import PlacedRow, PlanView
    from placement.problem.builder import ProblemBuilder

NOTHING = Reserved()
FEW_PIECES = 5
"""Size rows are worth their place only where a node holds fewer pieces than this."""


class Capacity(Constraint):
    """Sums of CPUs, memory and extras; GPUs slot by slot."""

    name: ClassVar[str] = "capacity"

    def compile(self, builder: ProblemBuilder) -> None:
        """Add, per cell, what its nodes have together, and how many pieces of a size they hold.

        A sum over several nodes is weaker than the rule on each of them. The size rows win some of
        it back: for a size s, no node holds more than floor(free / s) pieces of at least s, and a
        replica of t counts floor(t / s) of them. A replica with all GPUs of a node leaves nothing
        to others with GPUs: where no others can come, it counts with all that the node has.
        """
        import numpy as np

        blocks = _blocks_the_node(builder)
        for name in builder.resources:
            demand = builder.demand(name)[builder.pair_deployment]
            free = builder.free_of(name)
            sizes = sorted(set(demand[demand > 0].tolist()))
            taken = np.where(blocks, free[builder.pair_cell], demand)
            builder.per_cell_rows(taken, free, name=name)
            before = None
            for size in sizes:
                pieces = free // size
                # The smallest of the sizes of which a node holds equally many says most.
                smallest = True if before is None else pieces != before
                loose = smallest & (pieces < FEW_PIECES) & (free % size > 0) & (builder.size > 1)
                if loose.any():
                    builder.per_cell_rows(taken // size, pieces, name=name, size=size, where=loose)
                before = pieces
        _compile_gpus(builder)
        if builder.bill_nodes:
            _compile_open(builder)

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every node and resource that is given more than there is."""
        for node, rows in view.rows_on.items():
            reserved = view.catalog.reserved.get(node, NOTHING)
            for message in node_faults(rows, reserved):
                yield Violation(self.name, f"node {node}", message)


def node_faults(rows: Sequence[PlacedRow], reserved: Reserved) -> Iterator[str]:
    """Yield what the rows of one node use beyond what it has left; there is at least one row."""
    yield from _sums(rows, reserved)
    yield from _gpus(rows, reserved)


def _sums(rows: Sequence[PlacedRow], reserved: Reserved) -> Iterator[str]:
    group = rows[0].group
    cpus = memory = 0
    extra: dict[str, int] = {}
    for row in rows:
        deployment, replicas = row.deployment, row.replicas
        cpus += deployment.cpus * replicas
        memory += deployment.memory * replicas
        for name, wanted in deployment.extra.items():
            extra[name] = extra.get(name, 0) + wanted * replicas
    yield from _over("CPUs", cpus, group.cpus, reserved.cpus)
    yield from _over("GiB of memory", memory, group.memory, reserved.memory)
    for name, used in sorted(extra.items()):
        yield from _over(f"`{name}`", used, group.extra.get(name, 0), 0)


def _over(what: str, used: int, there: int, reserved: int) -> Iterator[str]:
    if used > 0 and used > there - reserved:
        held = f", {thousandths(reserved)} of them reserved" if reserved else ""
        yield f"{thousandths(used)} {what} used, the node has {thousandths(there)}{held}"


def _gpus(rows: Sequence[PlacedRow], reserved: Reserved) -> Iterator[str]:
    group = rows[0].group
    slots = group.gpu_slots
    held = _held(group, reserved)
    shares: Counter[int] = Counter()
    whole = 0
    for row in rows:
        gpus = row.deployment.gpus
        if not 0 < gpus < UNIT:
            whole += gpus * row.replicas
        elif row.gpu is not None and 0 <= row.gpu < len(slots):
            shares[row.gpu] += gpus * row.replicas
    for gpu, used in sorted(shares.items()):
        if used > slots[gpu] - held[gpu]:
            yield (
                f"{thousandths(used)} of GPU {gpu} used in shares, "
                f"{thousandths(slots[gpu] - held[gpu])} is there"
            )
    free = sum(1 for gpu in range(len(slots)) if not held[gpu] and not shares[gpu])
    if whole > free * UNIT:
        yield (
            f"{thousandths(whole)} whole GPUs used, {free} of {len(slots)} "
            "are free of shares and reservations"
        )


def _held(group: NodeGroup, reserved: Reserved) -> list[int]:
    missing = len(group.gpu_slots) - len(reserved.gpu_slots)
    return [*reserved.gpu_slots, *(0 for _ in range(missing))]


def _blocks_the_node(builder: ProblemBuilder) -> NDArray[np.bool_]:
    """Return per pair whether one replica keeps every other deployment off its node."""
    import numpy as np

    if not len(builder.pair_cell):
        return np.zeros(0, bool)
    gpus = builder.demand("gpus")[builder.pair_deployment]
    slots = np.array([sum(slot > 0 for slot in cell.slots) for cell in builder.cells], np.int64)
    idle = np.zeros(len(builder.cells), bool)
    idle[builder.pair_cell[gpus == 0]] = True
    full = (gpus > 0) & (gpus == slots[builder.pair_cell] * UNIT)
    alone: NDArray[np.bool_] = full & ~idle[builder.pair_cell]
    return alone


def _compile_gpus(builder: ProblemBuilder) -> None:
    """Add the GPU rows: sums in thousandths, then whole GPUs and shares by size."""
    import numpy as np

    gpus = builder.demand("gpus")[builder.pair_deployment]
    total = np.array([sum(cell.slots) for cell in builder.cells], np.int64)
    builder.per_cell_rows(gpus, total, name="gpus")
    whole = np.where(gpus >= UNIT, gpus // UNIT, 0)
    for size in sorted(set(whole[whole > 0].tolist())):
        pieces = builder.cell_whole // size
        builder.per_cell_rows(whole // size, pieces, name="gpus", size=size * UNIT)
    for share in sorted(set(gpus[(gpus > 0) & (gpus < UNIT)].tolist())):
        pieces = np.where(whole > 0, whole * (UNIT // share), gpus // share)
        there = builder.shares_per_node(share)
        builder.per_cell_rows(pieces, there, name="gpus", size=share)


def _compile_open(builder: ProblemBuilder) -> None:
    """Count a node that holds a replica as in use."""
    for pair, cell in enumerate(builder.pair_cell.tolist()):
        opened = builder.open_nodes(cell)
        if opened is not None:
            terms = [(pair, 1), (opened, -int(builder.most[pair]))]
            builder.row(terms, high=0, name="open")
