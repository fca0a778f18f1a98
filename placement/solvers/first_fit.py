"""First-fit decreasing over the nodes of one cell, alike nodes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from placement.solvers.cell_task import CellTask
from placement.solvers.node_space import Item, NodeSpace, Seat, preferred_slots

Key = Callable[[Item], float]
PARTS = 4
"""Matching takes this part of the room of a node at a time."""


def first_fit(task: CellTask) -> tuple[Seat, ...] | None:
    """Return seats for all replicas, or None where no way of filling the nodes finds them."""
    for filled in _ways(task):
        if filled.complete:
            return filled.seats()
    return None


def fit_most(task: CellTask) -> tuple[tuple[Seat, ...], dict[int, int]]:
    """Return the seats of the way that leaves out the least, and what it leaves out.

    What is left out counts in GPUs, then in CPUs. Wishes for a number of nodes or for replicas
    that stay are met as far as they can be.
    """
    best: _Filling | None = None
    for filled in _ways(task):
        if best is None or filled.missing < best.missing:
            best = filled
        if filled.complete:
            break
    assert best is not None
    return best.seats(), {d: count for d, count in best.left.items() if count}


def _ways(task: CellTask) -> Iterator[_Filling]:
    """Yield the nodes filled in different ways; most cells need no second."""
    orders = _orders(task)
    for order in orders:
        yield _Filling(task, order).run()
    if task.nodes < 2:
        return
    for order in orders:
        yield _Filling(task, order).run(match=True)


def _orders(task: CellTask) -> list[list[Item]]:
    """Return orders of the items: by GPUs, by the nodes they need, by all they ask for."""
    cell = task.cell
    empty = NodeSpace(cell)
    have = {"gpus": sum(cell.slots), "cpus": cell.cpus, "memory": cell.memory, **dict(cell.extra)}

    def parts(item: Item) -> list[float]:
        asked = {"gpus": item.gpus, "cpus": item.cpus, "memory": item.memory, **dict(item.extra)}
        return [want / max(have.get(name, 0), 1) for name, want in asked.items()]

    def nodes(item: Item) -> float:
        """Return the part of all nodes that an item needs at least, or of one that it takes."""
        return max(*parts(item), item.count / max(empty.room(item) * task.nodes, 1))

    def by(key: Key) -> list[Item]:
        return sorted(
            task.items,
            key=lambda i: (-key(i), -i.gpus, -i.cpus, -i.memory, -i.count, i.deployment),
        )

    found: list[list[Item]] = []
    for order in (by(lambda _: 0.0), by(nodes), by(lambda i: sum(parts(i)))):
        if order not in found:
            found.append(order)
    return found


@dataclass(slots=True)
class _Run:
    """Nodes in a row that are in the same state."""

    space: NodeSpace
    first: int
    nodes: int


class _Filling:
    """The nodes of one cell while they are filled, item by item."""

    def __init__(self, task: CellTask, order: Sequence[Item]) -> None:
        self.task = task
        self.order = order
        self.runs = [_Run(NodeSpace(task.cell), 0, task.nodes)] if task.nodes else []
        self.left = {item.deployment: item.count for item in task.items}
        self.complete = True
        self.rivals: dict[int, set[int]] = {}
        for first, second in task.apart:
            self.rivals.setdefault(first, set()).add(second)
            self.rivals.setdefault(second, set()).add(first)

    @property
    def missing(self) -> tuple[int, int]:
        """GPUs and CPUs of what found no place."""
        lost = [(self.left[item.deployment], item) for item in self.order]
        return sum(n * item.gpus for n, item in lost), sum(n * item.cpus for n, item in lost)

    def run(self, *, match: bool = False) -> _Filling:
        """Place kept replicas, then one on each wanted node, then the rest."""
        for step in (self._keep, self._open, self._match if match else self._fill):
            for item in self.order:
                self.complete &= step(item)
        return self

    def _match(self, item: Item) -> bool:
        """Put replicas where what is free is most like what they ask for, some at a time."""
        put = 1
        while put and self.left[item.deployment]:
            self.runs.sort(key=lambda run: (-self._likeness(item, run.space), run.first))
            put = self._pour(item, self.left[item.deployment], item.most, parts=PARTS)
        return not self.left[item.deployment]

    def _likeness(self, item: Item, space: NodeSpace) -> float:
        """Return the cosine of the angle between a demand and what is free, squared."""
        cell = self.task.cell
        dot = wanted = free = 0.0
        for have, left, want in (
            (sum(cell.slots), sum(space.slots), item.gpus),
            (cell.cpus, space.cpus, item.cpus),
            (cell.memory, space.memory, item.memory),
        ):
            if have > 0:
                dot += want / have * left / have
                wanted += (want / have) ** 2
                free += (left / have) ** 2
        return dot * dot / (wanted * free) if wanted and free else 0.0

    def _keep(self, item: Item) -> bool:
        """Put the replicas that stay on the nodes where they run."""
        return self._pour(item, item.keep, self.task.cell.resident(item.deployment)) == item.keep

    def _open(self, item: Item) -> bool:
        """Put one replica on each further node until enough nodes are used."""
        used = sum(run.nodes for run in self.runs if item.deployment in run.space.held)
        missing = item.distinct - used
        if missing <= 0:
            return True
        wanted = min(missing, self.left[item.deployment])
        return self._pour(item, wanted, 1, fresh=True) == missing

    def _fill(self, item: Item) -> bool:
        """Put the rest wherever it fits first."""
        self._pour(item, self.left[item.deployment], item.most)
        return not self.left[item.deployment]

    def _pour(
        self, item: Item, total: int, each: int, *, fresh: bool = False, parts: int = 1
    ) -> int:
        """Put up to ``total`` replicas on the nodes in order, up to ``each`` on one.

        Returns how many were put; with ``fresh`` none go where some of the item are, and with
        ``parts`` only that part of what a node has room for.
        """
        owed = total
        if owed <= 0 or each <= 0:
            return 0
        runs: list[_Run] = []
        for run in self.runs:
            room = min(each, -(-self._room(item, run.space) // parts)) if owed else 0
            if not room or (fresh and item.deployment in run.space.held):
                runs.append(run)
                continue
            done = min(owed, room * run.nodes)
            runs += self._filled(item, run, room, done)
            owed -= done
        self.runs = runs
        self.left[item.deployment] -= total - owed
        return total - owed

    def _room(self, item: Item, space: NodeSpace) -> int:
        against = self.rivals.get(item.deployment)
        return 0 if against and against & space.held.keys() else space.room(item)

    def _filled(self, item: Item, run: _Run, room: int, total: int) -> Iterator[_Run]:
        """Put ``total`` replicas on the nodes of a run, ``room`` on each; yield the parts."""
        preferred = preferred_slots(self.task.cell, item.deployment) if item.is_share else ()
        full, rest = divmod(total, room)
        first = run.first
        for nodes, replicas in ((full, room), (min(rest, 1), rest)):
            if nodes:
                part = _Run(run.space.copy(), first, nodes)
                part.space.put(item, replicas, preferred)
                yield part
                first += nodes
        if first < run.first + run.nodes:
            yield _Run(run.space, first, run.first + run.nodes - first)

    def seats(self) -> tuple[Seat, ...]:
        """Read the seats off the filled nodes."""
        shares = {item.deployment for item in self.task.items if item.is_share}
        seats: list[Seat] = []
        for run in sorted(self.runs, key=lambda run: run.first):
            held: list[tuple[int, int | None, int]] = []
            held += [(d, slot, n) for (d, slot), n in sorted(run.space.shares.items())]
            held += [(d, None, n) for d, n in sorted(run.space.held.items()) if d not in shares]
            for node in range(run.first, run.first + run.nodes):
                seats += [Seat(d, node, slot, n) for d, slot, n in held]
        return tuple(seats)
