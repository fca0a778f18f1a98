"""Cells: nodes that are interchangeable in one problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT, Reserved
from placement.problem.running import Resident

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.problem.ledger import Ledger


NOWHERE: Mapping[int, frozenset[int]] = MappingProxyType({})
Likeness = tuple[Reserved, tuple[Resident, ...], bool]
"""(reservation, residents, whether new replicas may come): nodes of a group alike in all three
are interchangeable.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """Nodes of one group with the same free capacity, the same residents and a like state.

    Attributes
    ----------
    group : int
        Number of the node group in ``Catalog.node_groups``.
    indices : tuple of int
        Node indices, ascending.
    slots : tuple of int
        Free thousandths of each GPU of one node.
    cpus, memory, extra
        Free capacity of one node, in thousandths; ``extra`` as sorted pairs.
    residents : tuple of Resident
        Movable replicas that run on each of the nodes today.
    accepts : bool
        Whether new replicas may come.
    in_use : bool
        Whether others, who stay, run on each of the nodes: then it is paid for already.
    leaving : frozenset of int
        GPUs that shares use which have to leave: free in the end, but the last to be.
    """

    group: int
    indices: tuple[int, ...]
    slots: tuple[int, ...]
    cpus: int
    memory: int
    extra: tuple[tuple[str, int], ...]
    residents: tuple[Resident, ...]
    accepts: bool
    in_use: bool = False
    leaving: frozenset[int] = frozenset()

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.indices)

    @property
    def whole_gpus(self) -> int:
        """GPUs of one node that nothing else uses."""
        return sum(slot == UNIT for slot in self.slots)

    def resident(self, deployment: int) -> int:
        """Return how many replicas of a deployment run on each node today."""
        return sum(r.replicas for r in self.residents if r.deployment == deployment)

    def split(self) -> tuple[Cell, ...]:
        """Return one cell per node."""
        return tuple(replace(self, indices=(index,)) for index in self.indices)


def renumbered(cell: Cell, number: Mapping[int, int]) -> Cell:
    """Return a cell whose residents have the numbers that their deployments have now."""
    if not cell.residents:
        return cell
    residents = tuple(replace(r, deployment=number[r.deployment]) for r in cell.residents)
    return replace(cell, residents=residents)


def make_cells(
    catalog: Catalog,
    groups: Iterable[int],
    residents: Mapping[tuple[int, int], tuple[Resident, ...]],
) -> tuple[Cell, ...]:
    """Return the cells of some node groups, ordered by group and first index.

    Parameters
    ----------
    groups : iterable of int
        Numbers of the node groups that at least one deployment is eligible for.
    residents
        Movable replicas by (group number, node index).
    """
    position = {group.name: number for number, group in enumerate(catalog.node_groups)}
    special: dict[int, set[int]] = defaultdict(set)
    for number, index in residents:
        special[number].add(index)
    for node in (*catalog.reserved, *catalog.states):
        place = catalog.find_node(node)
        if place is not None:
            special[position[place[0].name]].add(place[1])
    cells: list[Cell] = []
    for number in groups:
        group = catalog.node_groups[number]
        if catalog.holding(group):
            cells += _cells_of_group(catalog, number, group, sorted(special[number]), residents)
    return tuple(cells)


def _cells_of_group(
    catalog: Catalog,
    number: int,
    group: NodeGroup,
    special: Sequence[int],
    residents: Mapping[tuple[int, int], tuple[Resident, ...]],
) -> list[Cell]:
    alike: dict[Likeness, list[int]] = defaultdict(list)
    for index in special:
        state = catalog.state_of(group, index)
        if state.holds:
            reserved = catalog.reserved.get(group.node(index), Reserved())
            alike[reserved, residents.get((number, index), ()), state.accepts].append(index)
    named = set(special)
    plain = [index for index in range(group.count) if index not in named]
    if plain and group.state.holds:
        alike[Reserved(), (), group.state.accepts] = plain
    cells = [_cell(number, group, key, tuple(indices)) for key, indices in alike.items()]
    return sorted(cells, key=lambda cell: cell.indices)


def _cell(
    number: int,
    group: NodeGroup,
    key: Likeness,
    indices: tuple[int, ...],
) -> Cell:
    reserved, residents, accepts = key
    taken = reserved.gpu_slots or (0,) * len(group.gpu_slots)
    return Cell(
        group=number,
        indices=indices,
        slots=tuple(have - used for have, used in zip(group.gpu_slots, taken, strict=True)),
        cpus=group.cpus - reserved.cpus,
        memory=group.memory - reserved.memory,
        extra=tuple(sorted(group.extra.items())),
        residents=residents,
        accepts=accepts,
    )


def cells_at(
    ledger: Ledger,
    nodes: Iterable[int],
    residents: Mapping[int, tuple[Resident, ...]],
    *,
    in_use: Collection[int] = (),
    leaving: Mapping[int, frozenset[int]] = NOWHERE,
) -> tuple[Cell, ...]:
    """Return the cells of some nodes with what a ledger leaves there, by group and first index.

    Parameters
    ----------
    in_use : collection of int
        Nodes that are paid for already.
    leaving : mapping of int to frozenset of int
        GPUs, by node, of shares that have to leave.
    """
    fleet = ledger.fleet
    alike: dict[Cell, list[int]] = {}
    for node in nodes:
        own = residents.get(node, ())
        likeness = Cell(
            group=int(fleet.group_of[node]),
            indices=(),
            slots=_slots_left(ledger, node, own),
            cpus=int(ledger.cpus[node]),
            memory=int(ledger.memory[node]),
            extra=tuple((name, int(free[node])) for name, free in sorted(ledger.extra.items())),
            residents=own,
            accepts=bool(fleet.accepts[node]),
            in_use=node in in_use,
            leaving=leaving.get(node, frozenset()),
        )
        alike.setdefault(likeness, []).append(fleet.index(node))
    cells = [replace(cell, indices=tuple(sorted(indices))) for cell, indices in alike.items()]
    return tuple(sorted(cells, key=lambda cell: (cell.group, cell.indices)))


def _slots_left(ledger: Ledger, node: int, own: Collection[Resident]) -> tuple[int, ...]:
    """Return the free thousandths of each GPU after whole-GPU replicas took theirs.

    Which GPUs those are is free: the last ones that nothing else uses, and those that shares of
    ``own`` use at the very end.
    """
    slots = list(ledger.slots_of(node))
    used = {resident.slot for resident in own}
    idle = [i for i, free in enumerate(slots) if free == UNIT]
    idle.sort(key=lambda i: (i in used, -i))
    for slot in idle[: max(int(ledger.taken[node]), 0)]:
        slots[slot] = 0
    return tuple(slots)
