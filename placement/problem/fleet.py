"""The nodes of a catalog by number, and what each has free when nothing runs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

Ints = NDArray[np.int64]


class Fleet:
    """Numbers the nodes of a catalog: node i of group g is ``offset[g] + i``.

    Parameters
    ----------
    catalog : Catalog

    Attributes
    ----------
    group_of : int array, shape (nodes,)
        Number of the node group of each node.
    cpus, memory, whole : int arrays, shape (nodes,)
        Free thousandths of CPUs and GiB, and wholly free GPUs.
    extra : dict of str to int array
        Free thousandths of further resources.
    slots : dict of int to tuple of int
        Free thousandths of each GPU, of nodes with reservations only.
    accepts, holds : bool arrays, shape (nodes,)
        Whether new replicas may come, and whether running ones may stay.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        groups, table = catalog.node_groups, catalog.table
        self.position = {group.name: number for number, group in enumerate(groups)}
        self.offset: Ints = np.concatenate([[0], np.cumsum(table.count)]).astype(np.int64)
        self.group_of: Ints = np.repeat(np.arange(len(groups)), table.count)
        self.cpus: Ints = table.cpus[self.group_of]
        self.memory: Ints = table.memory[self.group_of]
        self.extra = {name: values[self.group_of] for name, values in table.extra.items()}
        wholes = np.array([g.gpu_slots.count(UNIT) for g in groups], np.int64)
        self.whole: Ints = wholes[self.group_of] if len(groups) else np.zeros(0, np.int64)
        self.slots: dict[int, tuple[int, ...]] = {}
        accepts = np.array([g.state.accepts for g in groups], bool)
        holds = np.array([g.state.holds for g in groups], bool)
        self.accepts: NDArray[np.bool_] = accepts[self.group_of]
        self.holds: NDArray[np.bool_] = holds[self.group_of]
        self._reserve()
        for node, state in catalog.states.items():
            number = self.number(node)
            if number is not None:
                self.accepts[number], self.holds[number] = state.accepts, state.holds

    def _reserve(self) -> None:
        for node, reserved in self.catalog.reserved.items():
            number = self.number(node)
            if number is None:
                continue
            self.cpus[number] -= reserved.cpus
            self.memory[number] -= reserved.memory
            full = self.group(number).gpu_slots
            held = reserved.gpu_slots or (0,) * len(full)
            free = tuple(have - used for have, used in zip(full, held, strict=True))
            self.slots[number] = free
            self.whole[number] = free.count(UNIT)

    def __len__(self) -> int:
        return len(self.group_of)

    @cached_property
    def _shares(self) -> dict[int, Ints]:
        return {}

    def shares_by_group(self, share: int) -> Ints:
        """Return per node group how many shares of one size an empty node takes."""
        if share not in self._shares:
            fit = [sum(s // share for s in g.gpu_slots) for g in self.catalog.node_groups]
            self._shares[share] = np.array(fit, np.int64)
        return self._shares[share]

    def number(self, node: str) -> int | None:
        """Return the number of a node, or None if there is no such node."""
        found = self.catalog.find_node(node)
        if found is None:
            return None
        group, index = found
        return int(self.offset[self.position[group.name]]) + index

    def group(self, number: int) -> NodeGroup:
        """Return the node group of a node."""
        return self.catalog.node_groups[int(self.group_of[number])]

    def index(self, number: int) -> int:
        """Return the index of a node in its group."""
        return number - int(self.offset[self.group_of[number]])

    def name(self, number: int) -> str:
        """Return the name of a node."""
        name: str = self.group(number).node(self.index(number))
        return name
