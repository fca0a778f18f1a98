"""What is free on each node while pods arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.openb.trace import MILLI, SLOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.openb.trace import Nodes, Shape


class Cluster:
    """Free CPUs, memory and parts of GPUs by node.

    Attributes
    ----------
    cpu, memory : array of nodes
        Free thousandths of CPUs and of GiB.
    gpu : array of nodes x slots
        Free thousandths of each GPU, ascending; slots that a node does not have are 0.
    count : array of nodes
        GPUs of each node.
    allowed : array of shapes x nodes
        Whether the GPU model of a node will do.
    """

    def __init__(self, nodes: Nodes, shapes: Sequence[Shape]) -> None:
        self.nodes = nodes
        self.shapes = tuple(shapes)
        self.cpu = np.array([h.cpu for h in nodes.hardware], dtype=np.int64)
        self.memory = np.array([h.memory for h in nodes.hardware], dtype=np.int64)
        self.count = np.array([h.gpus for h in nodes.hardware], dtype=np.int64)
        slots = np.arange(SLOTS - 1, -1, -1)
        self.gpu = np.where(slots[None, :] < self.count[:, None], MILLI, 0).astype(np.int64)
        kinds = [*nodes.models, ""]
        self.model = np.array([kinds.index(h.model) for h in nodes.hardware])
        will_do = [[not s.models or kind in s.models for kind in kinds] for s in self.shapes]
        self.accessible = np.array(will_do, dtype=bool)
        self.allowed = self.accessible[:, self.model]

    @property
    def allocated(self) -> int:
        """Thousandths of GPUs in use."""
        return MILLI * int(self.count.sum()) - int(self.gpu.sum())

    def fits(self, number: int) -> NDArray[np.bool_]:
        """Return on which nodes one pod of a shape fits."""
        shape = self.shapes[number]
        there: NDArray[np.bool_] = (
            self.allowed[number] & (self.cpu >= shape.cpu) & (self.memory >= shape.memory)
        )
        if shape.gpus:
            there &= self.gpu[:, SLOTS - shape.gpus] >= shape.milli
        return there

    def tightest(self, node: int, milli: int) -> int:
        """Return the slot with the least that still holds so much of one GPU."""
        return int(np.searchsorted(self.gpu[node], milli))

    def put(self, node: int, number: int, slot: int | None = None) -> None:
        """Put one pod on a node: on wholly free GPUs, or on the given slot."""
        shape = self.shapes[number]
        self.cpu[node] -= shape.cpu
        self.memory[node] -= shape.memory
        row = self.gpu[node]
        if slot is None:
            row[SLOTS - shape.gpus :] -= shape.milli
        else:
            row[slot] -= shape.milli
        row.sort()
        assert self.cpu[node] >= 0
        assert self.memory[node] >= 0
        assert row[0] >= 0
