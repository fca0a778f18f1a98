"""What nodes have left for one more replica, as far as capacity goes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT, Reserved
from placement.plan.prices import CPUS, EXTRA, GPUS, MEMORY

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.plan.view import PlacedRow, PlanView
    from placement.workspace.workspace import ModelDeployment

NOTHING = Reserved()
Demand = tuple[int, int, int, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class Shortage:
    """What one more replica wants of a resource, and what is left for it, in thousandths.

    ``resource`` is ``gpus``, ``cpus``, ``memory`` or ``extra:<name>``. For whole GPUs what is left
    is of GPUs that nothing else uses, for a share it is the most that is left of one GPU.
    """

    resource: str
    wanted: int
    left: int

    @property
    def short(self) -> int:
        """How much is missing; above 0."""
        return self.wanted - self.left


@dataclass(frozen=True, slots=True)
class Room:
    """Thousandths that are left on one node.

    ``whole`` is of GPUs that nothing else uses, ``share`` the largest part of one GPU that a
    further share may have.
    """

    whole: int
    share: int
    cpus: int
    memory: int
    extra: Mapping[str, int] = field(default_factory=dict)

    def takes(self, deployment: ModelDeployment) -> bool:
        """Whether one more replica fits."""
        gpus = self.share if deployment.is_share else self.whole
        wanted = ((deployment.gpus, gpus), (deployment.cpus, self.cpus))
        more = ((amount, self.extra.get(name, 0)) for name, amount in deployment.extra.items())
        return all(
            amount == 0 or amount <= left
            for amount, left in (*wanted, (deployment.memory, self.memory), *more)
        )

    def shortages(self, deployment: ModelDeployment) -> tuple[Shortage, ...]:
        """Return what is missing for one more replica; empty if it fits."""
        found = (
            Shortage(GPUS, deployment.gpus, self.share if deployment.is_share else self.whole),
            Shortage(CPUS, deployment.cpus, self.cpus),
            Shortage(MEMORY, deployment.memory, self.memory),
            *(
                Shortage(EXTRA + name, amount, self.extra.get(name, 0))
                for name, amount in sorted(deployment.extra.items())
            ),
        )
        return tuple(one for one in found if one.wanted and one.short > 0)


def room_left(group: NodeGroup, rows: Iterable[PlacedRow], reserved: Reserved) -> Room:
    """Return what is left on a node of a group beside some rows and a reservation."""
    cpus, memory = group.cpus - reserved.cpus, group.memory - reserved.memory
    extra = dict(group.extra)
    whole = 0
    shares: Counter[int] = Counter()
    for row in rows:
        deployment, replicas = row.deployment, row.replicas
        cpus -= deployment.cpus * replicas
        memory -= deployment.memory * replicas
        for name, amount in deployment.extra.items():
            extra[name] = extra.get(name, 0) - amount * replicas
        if row.gpu is None:
            whole += deployment.gpus * replicas
        else:
            shares[row.gpu] += deployment.gpus * replicas
    return Room(*_gpus_left(group, whole, shares, reserved), cpus, memory, extra)


def _gpus_left(
    group: NodeGroup, whole: int, shares: Counter[int], reserved: Reserved
) -> tuple[int, int]:
    """Return the thousandths of untouched GPUs, and the most that a share may have of one."""
    slots = group.gpu_slots
    held = [*reserved.gpu_slots, *(0 for _ in slots)]
    broken = [s - held[i] - shares[i] for i, s in enumerate(slots) if held[i] or shares[i]]
    untouched = (len(slots) - len(broken)) * UNIT - whole
    if untouched >= UNIT:
        broken.append(slots[0])
    return untouched, max(broken, default=0)


def _missing(demand: Demand, node: tuple[int, Room]) -> tuple[int, ...]:
    """Return what a node is short of by resource, 0 of what it is not."""
    (gpus, cpus, memory, extra), room = demand, node[1]
    left = room.share if gpus < UNIT else room.whole
    more = (max(0, amount - room.extra.get(name, 0)) if amount else 0 for name, amount in extra)
    # A node may have less than nothing left; who wants nothing of it misses nothing.
    first = max(0, gpus - left) if gpus else 0
    second = max(0, cpus - room.cpus) if cpus else 0
    third = max(0, memory - room.memory) if memory else 0
    return (first, second, third, *more)


def _demand(deployment: ModelDeployment) -> Demand:
    extra = tuple(sorted(deployment.extra.items()))
    return (deployment.gpus, deployment.cpus, deployment.memory, extra)


def _most(rooms: Sequence[Room]) -> Room:
    """Return a room that takes whatever any of some rooms takes."""
    names = {name for room in rooms for name in room.extra}
    return Room(
        whole=max((room.whole for room in rooms), default=0),
        share=max((room.share for room in rooms), default=0),
        cpus=max((room.cpus for room in rooms), default=0),
        memory=max((room.memory for room in rooms), default=0),
        extra={name: max(room.extra.get(name, 0) for room in rooms) for name in names},
    )


class Rooms:
    """The room on the nodes of a plan that take new replicas; one empty node stands for all."""

    def __init__(self, view: PlanView) -> None:
        self._view = view
        self._known: dict[str, tuple[Room, tuple[tuple[int, Room], ...]]] = {}
        self._fitting: dict[tuple[str, Demand], tuple[int, ...]] = {}
        self._nearest: dict[tuple[str, Demand], tuple[int, Room] | None] = {}
        self._first: dict[str, tuple[tuple[int, Room], ...]] = {}

    def fitting(self, deployment: ModelDeployment, group: NodeGroup) -> tuple[int, ...]:
        """Return the nodes of a group on which one more replica fits."""
        key = (group.name, _demand(deployment))
        if key not in self._fitting:
            most, rooms = self.on(group)
            tried = rooms if most.takes(deployment) else ()
            self._fitting[key] = tuple(i for i, room in tried if room.takes(deployment))
        return self._fitting[key]

    def nearest(self, deployment: ModelDeployment, group: NodeGroup) -> tuple[int, Room] | None:
        """Return the node of a group on which the least is missing: GPUs first, then CPUs, ...

        None if no node takes new replicas.
        """
        key = (group.name, _demand(deployment))
        if key not in self._nearest:
            missing, unlike = partial(_missing, key[1]), self._unlike(group)
            self._nearest[key] = min(unlike, key=missing, default=None)
        return self._nearest[key]

    def on(self, group: NodeGroup) -> tuple[Room, tuple[tuple[int, Room], ...]]:
        """Return the most that any node of a group has of each, and the room on every one.

        Only nodes that take new replicas are told, and of those that hold nothing one.
        """
        if group.name not in self._known:
            rooms = tuple(self._rooms(group))
            self._known[group.name] = (_most([room for _, room in rooms]), rooms)
        return self._known[group.name]

    def _unlike(self, group: NodeGroup) -> tuple[tuple[int, Room], ...]:
        """Return the first node of each amount of room: most nodes of a group are alike."""
        if group.name not in self._first:
            found: dict[tuple[object, ...], tuple[int, Room]] = {}
            for index, room in self.on(group)[1]:
                extra = tuple(sorted(room.extra.items()))
                amounts = (room.whole, room.share, room.cpus, room.memory, extra)
                found.setdefault(amounts, (index, room))
            self._first[group.name] = tuple(found.values())
        return self._first[group.name]

    def _rooms(self, group: NodeGroup) -> Iterator[tuple[int, Room]]:
        catalog, rows_on = self._view.catalog, self._view.rows_on
        touched: Set[int] = self._touched.get(group.name, frozenset())
        empty = next((index for index in range(group.count) if index not in touched), None)
        for index in (*(() if empty is None else (empty,)), *sorted(touched)):
            if catalog.state_of(group, index).accepts:
                node = group.node(index)
                reserved = catalog.reserved.get(node, NOTHING)
                yield index, room_left(group, rows_on.get(node, ()), reserved)

    @cached_property
    def _touched(self) -> Mapping[str, set[int]]:
        """Nodes that hold something or are in a state of their own, by node group."""
        found: dict[str, set[int]] = defaultdict(set)
        catalog = self._view.catalog
        for node in (*self._view.rows_on, *catalog.reserved, *catalog.states):
            place = catalog.find_node(node)
            if place is not None:
                found[place[0].name].add(place[1])
        return found
