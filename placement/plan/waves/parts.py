"""What has to be put in order: the contested nodes and those that leave them, in separate parts.

A node is *contested* when what is on it today and all that arrives on it do not fit together.
Somebody has to leave it before the last one arrives.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

from placement.plan.waves.rooms import Item, Rooms
from placement.plan.waves.steps import Place, Steps, in_order

State = tuple[int, ...]
"""How many replicas are left in each slot."""
Loads = Mapping[str, Counter[Item]]


@dataclass(frozen=True)
class Mover:
    """A deployment that leaves contested nodes, and its slots.

    Attributes
    ----------
    leave : tuple of int
        Departures from contested nodes, one slot per place.
    arrive : tuple of int
        Arrivals on contested nodes, one slot per place.
    elsewhere : int
        All other arrivals; they take nothing from anybody.
    spare : int
        What leaves without a successor.
    """

    steps: Steps
    leave: tuple[int, ...]
    arrive: tuple[int, ...]
    elsewhere: int
    spare: int


@dataclass(frozen=True)
class Part:
    """Movers and contested nodes that wait for each other.

    Attributes
    ----------
    places : tuple of Place or None
        By slot; None where it does not matter.
    start : State
        Everything is left to do.
    today, full : mapping of node to Counter
        What is on each node at the start, and the same with all that arrives.
    """

    movers: tuple[Mover, ...]
    places: tuple[Place | None, ...]
    start: State
    today: Loads
    full: Loads

    def node_of(self, slot: int) -> str:
        """Return the node of a slot; empty if it does not matter."""
        place = self.places[slot]
        return "" if place is None else place[0]

    def elsewhere(self, mover: Mover) -> Iterator[Place]:
        """Yield the places of arrivals off these nodes, one per replica."""
        for place, count in in_order(_outside(self.full, mover.steps.arrive)):
            yield from repeat(place, count)

    def leaving_from(self, node: str) -> Sequence[tuple[Mover, int]]:
        """Return the movers that leave a node, with their slots."""
        return self._leaving[node]

    def leaving_slots(self, node: str) -> Sequence[int]:
        """Return the slots of departures from a node."""
        return self._slots[node][0]

    def slots(self, node: str) -> Sequence[int]:
        """Return all slots on a node."""
        return self._slots[node][1]

    def departed(self, node: str, state: State) -> dict[Item, int]:
        """Return what has left a node, counted below zero."""
        return {
            self._item(mover, slot, is_new=False): state[slot] - self.start[slot]
            for mover, slot in self._leaving[node]
        }

    def arrived(self, node: str, state: State) -> dict[Item, int]:
        """Return what has come to a node."""
        return {
            self._item(mover, slot, is_new=True): self.start[slot] - state[slot]
            for mover, slot in self._arriving[node]
        }

    def _item(self, mover: Mover, slot: int, *, is_new: bool) -> Item:
        place = self.places[slot]
        return (is_new, mover.steps.key, -1 if place is None else place[1])

    @cached_property
    def _leaving(self) -> Mapping[str, list[tuple[Mover, int]]]:
        return self._by_node((mover, slot) for mover in self.movers for slot in mover.leave)

    @cached_property
    def _arriving(self) -> Mapping[str, list[tuple[Mover, int]]]:
        return self._by_node((mover, slot) for mover in self.movers for slot in mover.arrive)

    @cached_property
    def _slots(self) -> Mapping[str, tuple[list[int], list[int]]]:
        found = {}
        for node in self.full:
            leave = [slot for _, slot in self._leaving[node]]
            found[node] = (leave, [*leave, *(slot for _, slot in self._arriving[node])])
        return found

    def _by_node(self, slots: Iterable[tuple[Mover, int]]) -> Mapping[str, list[tuple[Mover, int]]]:
        found: dict[str, list[tuple[Mover, int]]] = defaultdict(list)
        for mover, slot in slots:
            found[self.node_of(slot)].append((mover, slot))
        return found


def parts_of(
    rooms: Rooms, steps: Sequence[Steps], *, today: Loads, full: Loads
) -> tuple[Part, ...]:
    """Return the parts that have to be put in order, sorted; none if everything fits at once."""
    import networkx as nx

    contested = {node for node, load in full.items() if not rooms.fits(node, load)}
    movers = [one for one in steps if any(node in contested for node, _ in one.leave)]
    links: nx.Graph[tuple[str, str]] = nx.Graph()
    for one in movers:
        touched = {node for node, _ in (*one.leave, *one.arrive)} & contested
        links.add_edges_from((one.key, ("", node)) for node in touched)
    found = []
    for together in nx.connected_components(links):
        nodes = {node for kind, node in together if not kind}
        mine = [one for one in movers if one.key in together]
        found.append(_part(mine, nodes, today, full))
    return tuple(sorted(found, key=lambda part: part.movers[0].steps.key))


def _part(movers: Sequence[Steps], nodes: set[str], today: Loads, full: Loads) -> Part:
    slots = _Numbering()
    found = [
        Mover(
            one,
            leave=slots.on(nodes, one.leave),
            arrive=slots.on(nodes, one.arrive),
            elsewhere=slots.add(None, sum(_outside(nodes, one.arrive).values())),
            spare=slots.add(None, one.spare),
        )
        for one in movers
    ]
    return Part(
        tuple(found),
        tuple(slots.places),
        tuple(slots.counts),
        {node: today[node] for node in sorted(nodes)},
        {node: full[node] for node in sorted(nodes)},
    )


class _Numbering:
    """Numbers slots as they come."""

    def __init__(self) -> None:
        self.places: list[Place | None] = []
        self.counts: list[int] = []

    def add(self, place: Place | None, count: int) -> int:
        self.places.append(place)
        self.counts.append(count)
        return len(self.counts) - 1

    def on(self, nodes: set[str], places: Counter[Place]) -> tuple[int, ...]:
        """Add a slot for each place on one of the nodes."""
        inside = (pair for pair in in_order(places) if pair[0][0] in nodes)
        return tuple(self.add(place, count) for place, count in inside)


def _outside(nodes: Collection[str], places: Counter[Place]) -> Counter[Place]:
    return Counter({place: count for place, count in places.items() if place[0] not in nodes})
