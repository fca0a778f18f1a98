"""All nodes of a problem in arrays while replicas are put on them, many in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.problem.cells import Cell
from placement.problem.problem import Ints

MANY = 2**40
"""Stands for room without a limit."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one replica takes, in thousandths; ``sums`` is of every additive resource but GPUs."""

    gpus: int
    sums: tuple[tuple[str, int], ...]

    @property
    def is_share(self) -> bool:
        """Whether a replica uses a part of one GPU."""
        return 0 < self.gpus < UNIT


@dataclass(frozen=True, slots=True)
class Put:
    """``replicas`` of a deployment on some nodes.

    ``slots`` has one line per node: of shares how many are on each GPU, of whole GPUs which are
    taken. It is None where nothing has to be known of single GPUs.
    """

    nodes: Ints
    replicas: Ints
    slots: Ints | None


class NodeArrays:
    """What is free on each node of some cells; node numbers run through the cells in order.

    Parameters
    ----------
    cells : sequence of Cell
    shares : bool
        Whether shares of GPUs will be put on nodes: only then single GPUs are told apart.

    Attributes
    ----------
    first, size, cell : int arrays
        First node and number of nodes of each cell; cell of each node.
    free : dict of str to int array
        By additive resource but GPUs.
    whole : int array
        GPUs that nothing uses.
    slots : int array, shape (nodes, GPUs), or None
        Free thousandths of each GPU, those first that replicas with whole GPUs take first.
    """

    def __init__(self, cells: Sequence[Cell], *, shares: bool) -> None:
        self.cells = cells
        self.size = np.array([cell.size for cell in cells], np.int64)
        self.first = np.cumsum(self.size) - self.size
        self.cell = np.repeat(np.arange(len(cells)), self.size)
        self.free = {
            "cpus": self._column([cell.cpus for cell in cells]),
            "memory": self._column([cell.memory for cell in cells]),
        }
        for name in sorted({name for cell in cells for name, _ in cell.extra}):
            self.free[name] = self._column([dict(cell.extra).get(name, 0) for cell in cells])
        self.whole = self._column([cell.whole_gpus for cell in cells])
        self.slots: Ints | None = None
        if shares:
            self._make_slots()
        everything = np.arange(len(cells))
        self.most = {name: np.zeros(len(cells), np.int64) for name in ("cpus", "memory", "whole")}
        self.most_share = np.zeros(len(cells), np.int64)
        self._note(everything)

    def _column(self, per_cell: Sequence[int]) -> Ints:
        return np.repeat(np.array(per_cell, np.int64), self.size)

    def _make_slots(self) -> None:
        """Order the GPUs of each cell as whole ones are taken: the last first, claimed ones last.

        Claimed are those on which shares run today; shares that have to leave are on some.
        """
        width = max((len(cell.slots) for cell in self.cells), default=0)
        self.names = np.full((len(self.cells), width), -1, np.int64)
        self.leaving = np.zeros((len(self.cells), width), bool)
        free = np.zeros((len(self.cells), width), np.int64)
        for c, cell in enumerate(self.cells):
            claimed = cell.leaving | {r.slot for r in cell.residents if r.slot is not None}
            order = sorted(range(len(cell.slots)), key=lambda i: (i in claimed, -i))
            for column, slot in enumerate(order):
                self.names[c, column] = slot
                self.leaving[c, column] = slot in cell.leaving
                free[c, column] = cell.slots[slot]
        self.slots = np.repeat(free, self.size, axis=0)

    # ------------------------------------------------------------------ asking

    def of(self, cells: Ints) -> Ints:
        """Return the nodes of some cells, in the order of the cells."""
        size = self.size[cells]
        start = np.repeat(self.first[cells] - (np.cumsum(size) - size), size)
        return start + np.arange(len(start))

    def may_fit(self, demand: Demand, cells: Ints) -> NDArray[np.bool_]:
        """Return which cells could have a node with room for a replica; others have none."""
        fits = self.size[cells] > 0
        for name, amount in demand.sums:
            if amount and name in self.most:
                fits &= self.most[name][cells] >= amount
        return fits & self._has_gpus(demand, cells)

    def any_gpus(self, demand: Demand, cells: Ints) -> bool:
        """Whether a node of some cells has the GPUs of a replica, whatever else it lacks."""
        return bool((self._has_gpus(demand, cells) & (self.size[cells] > 0)).any())

    def _has_gpus(self, demand: Demand, cells: Ints) -> NDArray[np.bool_]:
        if demand.is_share:
            return self.most_share[cells] >= demand.gpus
        return self.most["whole"][cells] * UNIT >= demand.gpus

    def room(self, demand: Demand, nodes: Ints) -> Ints:
        """Return how many more replicas fit on each of some nodes."""
        room = np.full(len(nodes), MANY, np.int64)
        for name, amount in demand.sums:
            if amount:
                free = self.free[name][nodes] if name in self.free else np.zeros_like(room)
                np.minimum(room, free // amount, out=room)
        if demand.is_share:
            assert self.slots is not None
            np.minimum(room, (self.slots[nodes] // demand.gpus).sum(axis=1), out=room)
        elif demand.gpus:
            np.minimum(room, self.whole[nodes] * UNIT // demand.gpus, out=room)
        return np.maximum(room, 0)

    def tightness(self, demand: Demand, nodes: Ints) -> Ints:
        """Return an order of some nodes by what they would have left, the least first."""
        if not demand.is_share:
            return self.whole[nodes]
        assert self.slots is not None
        slots = self.slots[nodes]
        tight: Ints = np.where(slots >= demand.gpus, slots, MANY).min(axis=1, initial=MANY)
        return tight

    def gpus(self, nodes: Ints) -> Ints:
        """Return the free GPUs of some nodes in thousandths."""
        return self.whole[nodes] * UNIT if self.slots is None else self.slots[nodes].sum(axis=1)

    # ---------------------------------------------------------------- changing

    def put(self, demand: Demand, nodes: Ints, replicas: Ints, wish: Ints | None = None) -> Put:
        """Put replicas that there is room for on distinct nodes.

        Whole GPUs are the last free ones, those on which shares run today at the very end. Shares
        take the fullest GPU that has room for them, but first what ``wish`` says of the GPUs of
        each node, and at the very end those that other shares have to leave.
        """
        taken = None
        if demand.is_share:
            taken = self._share_slots(demand.gpus, nodes, replicas, wish)
        elif demand.gpus and self.slots is not None:
            full = self.slots[nodes] == UNIT
            wanted = (replicas * demand.gpus // UNIT)[:, None]
            taken = (full & (np.cumsum(full, axis=1) <= wanted)).astype(np.int64)
        done = Put(nodes, replicas, taken)
        self._change(demand, done, 1)
        return done

    def take(self, demand: Demand, put: Put) -> None:
        """Undo one ``put``."""
        self._change(demand, put, -1)

    def _share_slots(self, share: int, nodes: Ints, replicas: Ints, wish: Ints | None) -> Ints:
        assert self.slots is not None
        slots = self.slots[nodes]
        fits = slots // share
        owed = replicas[:, None]
        taken = np.zeros_like(slots)
        if wish is not None:
            taken = _poured(np.minimum(wish, fits)[:, ::-1], owed)[:, ::-1]
            fits, slots, owed = fits - taken, slots - taken * share, owed - taken.sum(1)[:, None]
        cost = np.where(fits > 0, slots, MANY) + np.where(
            self.leaving[self.cell[nodes]], 2 * UNIT, 0
        )
        cost = cost * (slots.shape[1] + 1) + self.names[self.cell[nodes]]
        order = np.argsort(cost, axis=1)
        poured = _poured(np.take_along_axis(fits, order, 1), owed)
        rest = np.zeros_like(slots)
        np.put_along_axis(rest, order, poured, 1)
        return taken + rest

    def _change(self, demand: Demand, put: Put, sign: int) -> None:
        nodes, replicas = put.nodes, put.replicas * sign
        for name, amount in demand.sums:
            if amount and name in self.free:
                self.free[name][nodes] -= amount * replicas
        if put.slots is not None:
            assert self.slots is not None
            each = demand.gpus if demand.is_share else UNIT
            self.slots[nodes] -= put.slots * (each * sign)
            self.whole[nodes] = (self.slots[nodes] == UNIT).sum(axis=1)
        elif demand.gpus:
            self.whole[nodes] -= replicas * demand.gpus // UNIT
        self._note(np.unique(self.cell[nodes]))

    def _note(self, cells: Ints) -> None:
        """Remember the most that any node of some cells has."""
        cells = cells[self.size[cells] > 0]
        if not len(cells):
            return
        nodes = self.of(cells)
        start = np.cumsum(self.size[cells]) - self.size[cells]
        for name in ("cpus", "memory"):
            self.most[name][cells] = np.maximum.reduceat(self.free[name][nodes], start)
        self.most["whole"][cells] = np.maximum.reduceat(self.whole[nodes], start)
        if self.slots is not None and self.slots.shape[1]:
            widest = self.slots[nodes].max(axis=1)
            self.most_share[cells] = np.maximum.reduceat(widest, start)


def _poured(room: Ints, owed: Ints) -> Ints:
    """Fill each line from the left up to what is owed there."""
    before = np.cumsum(room, axis=1) - room
    return np.clip(owed - before, 0, room)
