"""Packs a cell node by node: each node takes what goes best with what it still has free.

Where several resources are short, an order of the replicas leaves nodes with CPUs and no GPUs
beside others with GPUs and no CPUs. Filling one node at a time by the inner product of demand and
rest, each resource weighed by how short it is, keeps them in step; a node that was filled once is
repeated as often as the counts allow (Panigrahy et al., Heuristics for vector bin packing, 2011).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.problem.problem import Ints
from placement.solvers.cell_task import CellTask
from placement.solvers.node_space import Seat

POWERS = (1.0, 3.0, 0.0)
"""How much more a short resource counts, in the order tried."""


def fill_nodes(task: CellTask) -> tuple[tuple[Seat, ...], dict[int, int]] | None:
    """Return the seats of the best of a few fillings and the replicas left out, by deployment.

    None where shares, replicas that stay or rules between replicas ask for other ways.
    """
    if not _applies(task):
        return None
    found = [_Nodes(task).fill(power) for power in POWERS[:1]]
    for power in POWERS[1:]:
        if not found[-1][1]:
            break
        found.append(_Nodes(task).fill(power))
    gpus = {item.deployment: item.gpus or 1 for item in task.items}
    return min(found, key=lambda own: sum(gpus[d] * count for d, count in own[1].items()))


def _applies(task: CellTask) -> bool:
    simple = all(not (i.is_share or i.keep or i.least or i.distinct) for i in task.items)
    whole = all(slot in (0, UNIT) for slot in task.cell.slots)
    return simple and whole and not task.apart and not task.together and not task.cell.leaving


class _Nodes:
    """The nodes of one cell while they are filled."""

    def __init__(self, task: CellTask) -> None:
        self._task = task
        cell = task.cell
        extra = dict(cell.extra)
        names = sorted({name for item in task.items for name, _ in item.extra})
        free = [sum(cell.slots), cell.cpus, cell.memory, *(extra.get(name, 0) for name in names)]
        self._free = np.array(free, np.int64)
        self._demand = np.array(
            [
                [i.gpus, i.cpus, i.memory, *(dict(i.extra).get(name, 0) for name in names)]
                for i in task.items
            ],
            np.int64,
        )
        self._part: NDArray[np.float64] = self._demand / np.maximum(self._free, 1)
        self._left = np.array([item.count for item in task.items], np.int64)
        self._most = np.array([item.most for item in task.items], np.int64)

    def fill(self, power: float) -> tuple[tuple[Seat, ...], dict[int, int]]:
        seats: list[Seat] = []
        node = 0
        while node < self._task.nodes and self._left.any():
            pattern = self._pattern(power, self._task.nodes - node)
            used = np.flatnonzero(pattern)
            if not len(used):
                break
            times = min(self._task.nodes - node, int((self._left[used] // pattern[used]).min()))
            self._left -= times * pattern
            for place in range(node, node + times):
                seats += [
                    Seat(self._task.items[i].deployment, place, None, int(pattern[i]))
                    for i in used.tolist()
                ]
            node += times
        left = {
            item.deployment: count
            for item, count in zip(self._task.items, self._left.tolist(), strict=True)
            if count
        }
        return tuple(seats), left

    def _pattern(self, power: float, nodes: int) -> Ints:
        """Return the replicas of each item on one more node."""
        short = (self._left @ self._part) / nodes
        weight = np.maximum(short, 1e-9) ** power
        rest = self._free.copy()
        pattern = np.zeros(len(self._left), np.int64)
        room = np.minimum(self._left, self._most)
        while True:
            fits = (pattern < room) & (self._demand <= rest).all(axis=1)
            if not fits.any():
                return pattern
            score = self._part @ (weight * rest / np.maximum(self._free, 1))
            best = int(np.where(fits, score, -1.0).argmax())
            pattern[best] += 1
            rest -= self._demand[best]
