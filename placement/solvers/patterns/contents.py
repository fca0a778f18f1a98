"""What single nodes hold: counted, cut down, filled up, and turned into seats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from placement.catalog.rows import UNIT
from placement.problem.problem import Ints
from placement.solvers.greedy import Layout
from placement.solvers.node_space import Seat
from placement.solvers.patterns.kinds import Content, Kinds

Nodes = dict[int, list[Content]]
"""Contents of the nodes in use, by kind; the others are empty."""


def counts(content: Content) -> Counter[int]:
    """Return the replicas of each shape."""
    found: Counter[int] = Counter()
    for shape, _, replicas in content:
        found[shape] += replicas
    return found


def content_of(parts: Iterable[tuple[int, int | None, int]]) -> Content:
    """Return sorted parts with those of one shape and GPU added together."""
    total: Counter[tuple[int, int | None]] = Counter()
    for shape, slot, replicas in parts:
        total[shape, slot] += replicas
    ordered = sorted(
        total.items(), key=lambda part: (part[0][0], -1 if part[0][1] is None else part[0][1])
    )
    return tuple((shape, slot, replicas) for (shape, slot), replicas in ordered if replicas)


def cut(content: Content, wanted: Ints) -> Content:
    """Leave out what is more than wanted of a shape."""
    left = {shape: int(wanted[shape]) for shape, _, _ in content}
    kept = []
    for shape, slot, replicas in content:
        taken = min(replicas, left[shape])
        left[shape] -= taken
        if taken:
            kept.append((shape, slot, taken))
    return tuple(kept)


def placed(kinds: Kinds, nodes: Nodes) -> Ints:
    """Return how many replicas of each shape some nodes hold together."""
    total = np.zeros(len(kinds.wanted), np.int64)
    for contents in nodes.values():
        for content in contents:
            for shape, _, replicas in content:
                total[shape] += replicas
    return total


class Room:
    """What a node of a kind has left beside its content."""

    def __init__(self, kinds: Kinds, kind: int, content: Content) -> None:
        self.kinds, self.kind = kinds, kind
        self.free = kinds.capacity[kind].copy()
        self.slots = list(kinds.slots[kind])
        self.whole = self.slots.count(UNIT)
        self.held = counts(content)
        self.parts = list(content)
        for shape, slot, replicas in content:
            self.free -= kinds.demand[shape] * replicas
            if slot is None:
                self.whole -= int(kinds.gpus[shape]) // UNIT * replicas
            else:
                self._load(slot, int(kinds.gpus[shape]) * replicas)

    def _load(self, slot: int, amount: int) -> None:
        self.whole -= self.slots[slot] == UNIT
        self.slots[slot] -= amount

    def put(self, shape: int) -> bool:
        """Add one replica of a shape if it fits."""
        kinds = self.kinds
        if self.held[shape] >= kinds.most[self.kind, shape]:
            return False
        if (kinds.demand[shape] > self.free).any():
            return False
        gpus, slot = int(kinds.gpus[shape]), None
        if gpus >= UNIT:
            if self.whole * UNIT < gpus:
                return False
            self.whole -= gpus // UNIT
        elif gpus:
            slot = self._slot(gpus)
            if slot is None:
                return False
            self._load(slot, gpus)
        self.free -= kinds.demand[shape]
        self.held[shape] += 1
        self.parts.append((shape, slot, 1))
        return True

    def _slot(self, size: int) -> int | None:
        """Return the fullest GPU with room, an untouched one only if one is to spare."""
        room = [
            i for i, left in enumerate(self.slots) if left >= size and (left < UNIT or self.whole)
        ]
        return min(room, key=lambda i: (self.slots[i], i), default=None)

    def content(self) -> Content:
        """Return the content with all that was put."""
        return content_of(self.parts)


def as_layout(nodes: Nodes) -> Layout:
    """Return the seats by cell; the nodes of a cell are filled from the first on."""
    layout: Layout = {}
    for kind in sorted(nodes):
        seats = [
            Seat(shape, node, slot, replicas)
            for node, content in enumerate(nodes[kind])
            for shape, slot, replicas in content
        ]
        if seats:
            layout[kind] = tuple(seats)
    return layout


def as_nodes(layout: Layout) -> Nodes:
    """Return the contents of a layout."""
    nodes: Nodes = {}
    for kind, seats in layout.items():
        own: dict[int, list[tuple[int, int | None, int]]] = {}
        for seat in seats:
            own.setdefault(seat.node, []).append((seat.deployment, seat.slot, seat.replicas))
        nodes[kind] = [content_of(own[node]) for node in sorted(own)]
    return nodes


def fill_up(kinds: Kinds, nodes: Nodes, order: Sequence[int], opening: Sequence[int]) -> Nodes:
    """Put what is still wanted wherever a node in use has room for it, then on further nodes.

    Parameters
    ----------
    order : sequence of int
        Shapes, most pressing first.
    opening : sequence of int
        Kinds, those whose nodes are to be used first in front.
    """
    filling = _Filling(kinds, nodes)
    for shape in order:
        filling.put(shape)
    for shape in order:
        for kind in opening:
            while filling.left[shape] and kinds.most[kind, shape] and filling.open(kind, shape):
                for other in order:
                    filling.put(other, last=True)
    return filling.nodes()


class _Filling:
    """Nodes while they are filled, with what they have free in one array."""

    def __init__(self, kinds: Kinds, nodes: Nodes) -> None:
        self.kinds = kinds
        self.left = kinds.wanted - placed(kinds, nodes)
        self.rooms = [Room(kinds, kind, own) for kind in sorted(nodes) for own in nodes[kind]]
        self.used = Counter(room.kind for room in self.rooms)
        self.free = np.array([room.free for room in self.rooms], np.int64)
        self.free = self.free.reshape(len(self.rooms), kinds.demand.shape[1])

    def put(self, shape: int, *, last: bool = False) -> None:
        """Put what is left of a shape on the nodes in use, or on the last one only."""
        if not self.left[shape]:
            return
        start = len(self.rooms) - 1 if last else 0
        fits = (self.free[start:] >= self.kinds.demand[shape]).all(axis=1)
        for number in (np.flatnonzero(fits) + start).tolist():
            while self.left[shape] and self.rooms[number].put(shape):
                self.left[shape] -= 1
            self.free[number] = self.rooms[number].free

    def open(self, kind: int, shape: int) -> bool:
        """Take a further node for a shape if there is one that has room."""
        room = Room(self.kinds, kind, ())
        if self.used[kind] >= self.kinds.nodes[kind] or not room.put(shape):
            return False
        self.left[shape] -= 1
        self.used[kind] += 1
        self.rooms.append(room)
        self.free = np.vstack([self.free, room.free])
        return True

    def nodes(self) -> Nodes:
        """Return the contents of all nodes in use."""
        filled: Nodes = {}
        for room in self.rooms:
            filled.setdefault(room.kind, []).append(room.content())
        return filled
