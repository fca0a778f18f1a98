"""What there is, as far as a price list sees it: sets of nodes with equal room and equal prices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import UNIT, Reserved
from placement.certificate.lots import LARGEST, Bools, Ints, Node
from placement.plan.prices import CPUS, EXTRA, GPUS, MEMORY, CapacityPrice

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

Label = tuple[str, int | None]
"""A resource and the size of a piece."""
Worth = tuple[tuple[Label, int], ...]
"""Prices by label."""
Likeness = tuple[Reserved, bool, Worth]
"""What others hold of a node, whether new replicas may come, and its prices."""
NOTHING = Reserved()


@dataclass(frozen=True)
class NodeSets:
    """Sets of nodes of one node group each, with equal room and prices; one column each.

    Attributes
    ----------
    group, size : int array
    reserved : list of Reserved
        What others hold of each node.
    accepts : bool array
        Whether new replicas may come; all of these nodes may hold running ones.
    prices : mapping of label to int array
        Per set, the price of a thousandth or of a piece.
    own : mapping of node to int
        The sets of nodes that differ from most of their group.
    rest : mapping of int to int
        By node group, the set of all others.
    """

    catalog: Catalog
    group: Ints
    size: Ints
    reserved: list[Reserved]
    accepts: Bools
    prices: Mapping[Label, Ints]
    own: Mapping[Node, int]
    rest: Mapping[int, int]

    def __len__(self) -> int:
        return len(self.group)

    def at(self, node: Node) -> int | None:
        """Return the set of a node; None if nothing may be on it."""
        return self.own.get(node, self.rest.get(node[0]))

    @cached_property
    def slots(self) -> list[tuple[int, ...]]:
        """Free thousandths of each GPU of one node."""
        groups = self.catalog.node_groups
        return [_slots(groups[g], r) for g, r in zip(self.group, self.reserved, strict=True)]

    @cached_property
    def whole(self) -> Ints:
        """GPUs of one node that nothing else uses."""
        return self._per_slots(lambda slots: sum(slot == UNIT for slot in slots))

    @cached_property
    def gpus_left(self) -> Ints:
        """GPUs of one node of which something is free."""
        return self._per_slots(lambda slots: sum(slot > 0 for slot in slots))

    def shares(self, share: int) -> Ints:
        """Return how many shares of one size a node takes."""
        return self._per_slots(lambda slots: sum(slot // share for slot in slots))

    def free(self, resource: str) -> Ints:
        """Return what one node has of an additive resource."""
        table, held = self.catalog.table, self.reserved
        if resource == CPUS:
            left = table.cpus[self.group] - _ints(r.cpus for r in held)
        elif resource == MEMORY:
            left = table.memory[self.group] - _ints(r.memory for r in held)
        else:
            name = resource.removeprefix(EXTRA)
            none = np.zeros(len(table), np.int64)
            left = table.extra.get(name, none)[self.group]
        return np.maximum(left, 0)

    def room(self, label: Label) -> Ints:
        """Return what one node has of what a label counts."""
        resource, size = label
        if resource != GPUS:
            free = self.free(resource)
            return free if size is None else free // size
        if size is None:
            return self._per_slots(sum)
        return self.whole * UNIT // size if size >= UNIT else self.shares(size)

    def _per_slots(self, count: Callable[[tuple[int, ...]], int]) -> Ints:
        known = {slots: count(slots) for slots in set(self.slots)}
        return _ints(known[slots] for slots in self.slots)


def make_sets(catalog: Catalog, prices: Iterable[CapacityPrice]) -> NodeSets:
    """Return the sets of nodes that a price list leaves alike; prices of one node add up."""
    of_group: defaultdict[str, list[CapacityPrice]] = defaultdict(list)
    for price in prices:
        of_group[price.node_group].append(price)
    special = _special(catalog)
    rows: list[tuple[int, int, Likeness]] = []
    own: dict[Node, int] = {}
    rest: dict[int, int] = {}
    for g, group in enumerate(catalog.node_groups):
        plain, named = _worths(group, of_group[group.name], special[g])
        alike: defaultdict[Likeness, list[int]] = defaultdict(list)
        for index, worth in named.items():
            state = catalog.state_of(group, index)
            if state.holds:
                held = catalog.reserved.get(group.node(index), NOTHING)
                alike[held, state.accepts, worth].append(index)
        for likeness, indices in alike.items():
            own |= {(g, index): len(rows) for index in indices}
            rows.append((g, len(indices), likeness))
        if group.state.holds and group.count > len(named):
            rest[g] = len(rows)
            rows.append((g, group.count - len(named), (NOTHING, group.state.accepts, plain)))
    return NodeSets(
        catalog,
        group=_ints(row[0] for row in rows),
        size=_ints(row[1] for row in rows),
        reserved=[row[2][0] for row in rows],
        accepts=np.array([row[2][1] for row in rows], bool),
        prices=_columns([row[2][2] for row in rows]),
        own=own,
        rest=rest,
    )


def _special(catalog: Catalog) -> Mapping[int, set[int]]:
    """Return the indices by node group of nodes with a reservation or a state of their own."""
    number = {group.name: g for g, group in enumerate(catalog.node_groups)}
    found: defaultdict[int, set[int]] = defaultdict(set)
    for node in (*catalog.reserved, *catalog.states):
        place = catalog.find_node(node)
        if place is not None:
            found[number[place[0].name]].add(place[1])
    return found


def _worths(
    group: NodeGroup, prices: Sequence[CapacityPrice], special: set[int]
) -> tuple[Worth, Mapping[int, Worth]]:
    """Return the prices of a node like most of its group, and those of each other one."""
    everywhere: Counter[Label] = Counter()
    at: defaultdict[int, Counter[Label]] = defaultdict(Counter)
    for price in prices:
        label = (price.resource, price.size)
        if price.nodes is None:
            everywhere[label] += price.price
        for first, last in price.nodes or ():
            for index in range(max(first, 0), min(last, group.count - 1) + 1):
                at[index][label] += price.price
    plain = _worth(everywhere)
    named = {index: _worth(everywhere + at[index]) for index in sorted(at)}
    return plain, {**dict.fromkeys(sorted(special), plain), **named}


def _worth(prices: Counter[Label]) -> Worth:
    return tuple(sorted(prices.items(), key=lambda item: (item[0][0], item[0][1] or 0)))


def _columns(worths: Sequence[Worth]) -> Mapping[Label, Ints]:
    """Return the prices of each label as a column."""
    largest = max((price for worth in worths for _, price in worth), default=0)
    kind = np.int64 if largest < LARGEST else object
    columns: dict[Label, Ints] = {}
    for c, worth in enumerate(worths):
        for label, price in worth:
            if label not in columns:
                columns[label] = np.zeros(len(worths), kind)
            columns[label][c] = price
    return columns


def _slots(group: NodeGroup, held: Reserved) -> tuple[int, ...]:
    """Return the free thousandths of each GPU of a node."""
    slots = group.gpu_slots
    taken = (*held.gpu_slots, *(0 for _ in slots))
    return tuple(max(have - used, 0) for have, used in zip(slots, taken, strict=False))


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)
