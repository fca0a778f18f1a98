"""What a catalog says about single nodes: capacity that others hold, and states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from placement.catalog import cells
from placement.catalog.codes import Code
from placement.catalog.columns import Columns
from placement.catalog.rows import UNIT, NodeGroup, NodeState, Reserved
from placement.catalog.sheet import Fault
from placement.catalog.text import did_you_mean, quote

MOST_HELD = 10**9

_HELD = cells.number(unit=UNIT, limit=MOST_HELD, rounding=cells.up)
_STATES = {state.value: state for state in NodeState}

read_state = cells.one_of(_STATES, Code.UNKNOWN_STATE, "state", tuple(_STATES))
"""Read the name of a node state."""


@dataclass(frozen=True)
class SingleNodes:
    """Reads the files about single nodes of known node groups, given by name.

    A file that is not there is None and says nothing. From a file with a finding, nothing is
    built any more.
    """

    groups: Mapping[str, NodeGroup]

    def read_reserved(self, columns: Columns | None) -> dict[str, Reserved]:
        """Return what others hold by node name; nodes of which nothing is held are absent."""
        if columns is None:
            return {}
        before = len(columns.findings)
        names = self._names(columns)
        amounts = [columns.read(column, _HELD) for column in ("gpus", "cpus", "memory_gib")]
        if len(columns.findings) > before:
            return {}
        found = {}
        for row, (name, gpus, cpus, memory) in enumerate(zip(names, *amounts, strict=True)):
            group = self.groups[name.rpartition("/")[0]]
            _check_reserved(columns, row, group, (gpus, cpus, memory))
            if gpus or cpus or memory:
                found[name] = Reserved.of(group, gpus=gpus, cpus=cpus, memory=memory)
        return found

    def read_states(self, columns: Columns | None) -> dict[str, NodeState]:
        """Return states by node name."""
        if columns is None:
            return {}
        names = self._names(columns)
        return dict(zip(names, columns.read("state", read_state), strict=True))

    def _names(self, columns: Columns) -> list[str]:
        """Return the column ``node``; unknown nodes and nodes that are there twice are reported."""
        names = columns.read("node", cells.name)
        columns.unique(names, "node", str)
        read: Sequence[str | None] = names
        for row, name in enumerate(read):
            fault = None if name is None else node_fault(name, self.groups)
            if fault is not None:
                columns.fault(row, "node", fault)
        return names


def node_fault(name: str, groups: Mapping[str, NodeGroup]) -> Fault | None:
    """Return what is wrong with the name of a node; None if there is such a node."""
    stem = name.rpartition("/")[0]
    group = groups.get(stem)
    if group is None:
        return _unknown(name, lambda: did_you_mean(stem or name, groups))
    if group.index_of(name) is not None:
        return None
    last = f"nodes are {quote(group.node(0))} to {quote(group.node(group.count - 1))}"
    return _unknown(name, last if group.count else None)


def _unknown(name: str, advice: Callable[[], str | None] | str | None) -> Fault:
    return Fault(Code.UNKNOWN_NODE, f"unknown node {quote(name)}", advice)


def _check_reserved(
    columns: Columns, row: int, group: NodeGroup, amounts: tuple[int, int, int]
) -> None:
    sizes = (sum(group.gpu_slots), group.cpus, group.memory)
    for column, amount, size in zip(("gpus", "cpus", "memory_gib"), amounts, sizes, strict=True):
        if amount > size:
            message = f"reserved {amount / UNIT:g}, the node has {size / UNIT:g}"
            columns.fault(row, column, Fault(Code.OVER_RESERVED, message))
