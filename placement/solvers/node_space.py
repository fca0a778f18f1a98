"""One node while replicas are put on it: what is free, who is there, on which GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placement.catalog.rows import UNIT
from placement.problem.cells import Cell


@dataclass(frozen=True, slots=True)
class Item:
    """The replicas of one deployment in a cell.

    Attributes
    ----------
    deployment, count : int
    gpus, cpus, memory, extra
        Demand of one replica.
    most : int
        The most replicas on one node.
    least : int
        The least on every node.
    distinct : int
        The least number of nodes used.
    keep : int
        How many replicas stay on the node where they run today.
    """

    deployment: int
    count: int
    gpus: int
    cpus: int
    memory: int
    extra: tuple[tuple[str, int], ...]
    most: int
    least: int = 0
    distinct: int = 0
    keep: int = 0

    @property
    def is_share(self) -> bool:
        """Whether a replica uses a part of one GPU."""
        return 0 < self.gpus < UNIT


@dataclass(frozen=True, slots=True)
class Seat:
    """``replicas`` of a deployment on node number ``node`` of a cell, on one slot for shares."""

    deployment: int
    node: int
    slot: int | None
    replicas: int


class NodeSpace:
    """What is free on one node while replicas are put on it."""

    __slots__ = ("claimed", "cpus", "extra", "held", "leaving", "memory", "shares", "slots")

    def __init__(self, cell: Cell) -> None:
        self.slots = list(cell.slots)
        self.cpus = cell.cpus
        self.memory = cell.memory
        self.extra = dict(cell.extra)
        self.held: dict[int, int] = {}
        self.shares: dict[tuple[int, int], int] = {}
        self.leaving = cell.leaving
        resident = {r.slot for r in cell.residents if r.slot is not None}
        self.claimed = cell.leaving | resident

    @property
    def whole(self) -> int:
        """GPUs that nothing uses."""
        return self.slots.count(UNIT)

    def copy(self) -> NodeSpace:
        """Return a node in the same state."""
        other = NodeSpace.__new__(NodeSpace)
        other.slots, other.cpus, other.memory = list(self.slots), self.cpus, self.memory
        other.extra, other.held = dict(self.extra), dict(self.held)
        other.shares = dict(self.shares)
        other.leaving, other.claimed = self.leaving, self.claimed
        return other

    def room(self, item: Item) -> int:
        """Return how many more replicas fit here, by everything but rules about others."""
        most = item.most - self.held.get(item.deployment, 0)
        if item.cpus:
            most = min(most, self.cpus // item.cpus)
        if item.memory:
            most = min(most, self.memory // item.memory)
        for name, amount in item.extra:
            most = min(most, self.extra.get(name, 0) // amount)
        if most <= 0 or not item.gpus:
            return max(most, 0)
        if item.is_share:
            return min(most, sum(free // item.gpus for free in self.slots))
        return min(most, self.whole * UNIT // item.gpus)

    def put(self, item: Item, replicas: int = 1, preferred: Sequence[int] = ()) -> None:
        """Put some of the replicas that there is ``room`` for here.

        Whole GPUs are the last free ones, those on which shares run today at the very end. A share
        takes the fullest that has room for it, but first each of ``preferred`` that has fewer of
        its deployment than it is named times, and at the very end those that shares have to leave.
        """
        if item.is_share:
            for _ in range(replicas):
                self._add_share(item, self._slot_for(item, preferred))
        elif item.gpus:
            whole = [i for i, free in enumerate(self.slots) if free == UNIT]
            whole.sort(key=lambda i: (i not in self.claimed, i))
            for slot in whole[len(whole) - replicas * item.gpus // UNIT :]:
                self.slots[slot] = 0
        self.cpus -= item.cpus * replicas
        self.memory -= item.memory * replicas
        for name, amount in item.extra:
            self.extra[name] -= amount * replicas
        self.held[item.deployment] = self.held.get(item.deployment, 0) + replicas

    def _slot_for(self, item: Item, preferred: Sequence[int]) -> int:
        for slot in preferred:
            there = self.shares.get((item.deployment, slot), 0)
            if self.slots[slot] >= item.gpus and there < preferred.count(slot):
                return slot
        fits = [i for i, free in enumerate(self.slots) if free >= item.gpus]
        return min(fits, key=lambda i: (i in self.leaving, self.slots[i], i))

    def _add_share(self, item: Item, slot: int) -> None:
        self.slots[slot] -= item.gpus
        key = (item.deployment, slot)
        self.shares[key] = self.shares.get(key, 0) + 1


def preferred_slots(cell: Cell, deployment: int) -> list[int]:
    """Return the GPUs that shares of a deployment use on each node of a cell today, each as often
    as there are replicas on it.
    """
    return [
        r.slot
        for r in cell.residents
        if r.deployment == deployment and r.slot is not None
        for _ in range(r.replicas)
    ]
