"""Whether what is on a node at one moment of a change fits: the rule of capacity, remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from placement.catalog.rows import NodeGroup, Reserved
from placement.constraints.capacity import node_faults
from placement.plan.view import PlacedRow

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import ModelDeployment, Workspace

Item = tuple[bool, tuple[str, str], int]
"""Whether it is a replica of the plan (else one that runs today), its deployment, its GPU or -1."""
NOTHING = Reserved()


class Rooms:
    """The nodes of a catalog with the demands of what ran before and of what runs after."""

    def __init__(self, catalog: Catalog, before: Workspace, after: Workspace) -> None:
        self._catalog = catalog
        self._before, self._after = before, after
        self._known: dict[tuple[str, frozenset[tuple[Item, int]]], bool] = {}

    def fits(self, node: str, load: Mapping[Item, int]) -> bool:
        """Whether a node can hold replicas of these kinds, so many of each."""
        memory = (node, frozenset(load.items()))
        known = self._known.get(memory)
        if known is None:
            known = self._known[memory] = self._judge(node, load)
        return known

    def _judge(self, node: str, load: Mapping[Item, int]) -> bool:
        found = self._catalog.find_node(node)
        if found is None:
            return not load
        rows = [row for item, count in load.items() for row in self._rows(*found, item, count)]
        reserved = self._catalog.reserved.get(node, NOTHING)
        return not rows or next(node_faults(rows, reserved), None) is None

    def _rows(self, group: NodeGroup, index: int, item: Item, count: int) -> Iterator[PlacedRow]:
        deployment = self._demand(item)
        if deployment is not None and count:
            yield PlacedRow(deployment, group, index, None if item[2] < 0 else item[2], count)

    def _demand(self, item: Item) -> ModelDeployment | None:
        """Return what asks; rows that run without a record are taken for what is asked now."""
        is_new, key, _ = item
        record = None if is_new else self._before.by_key.get(key)
        return record or self._after.by_key.get(key)


def joined(load: Counter[Item], more: Mapping[Item, int]) -> Counter[Item]:
    """Return the sum of two loads, without what cancels out; the first one stays as it is."""
    found = load.copy()
    for item, count in more.items():
        found[item] += count
        if not found[item]:
            del found[item]
    return found
