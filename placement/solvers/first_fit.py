"""First-fit decreasing over the nodes of one cell."""

from __future__ import annotations

from placement.solvers.cell_task import CellTask
from placement.solvers.node_space import Item, NodeSpace, Seat, preferred_slots, seats_of


def first_fit(task: CellTask) -> tuple[Seat, ...] | None:
    """First-fit decreasing: kept replicas, then one on each wanted node, then the rest."""
    return _FirstFit(task).seats()


class _FirstFit:
    """The nodes of one cell while they are filled, largest replicas first."""

    def __init__(self, task: CellTask) -> None:
        self.task = task
        self.spaces = [NodeSpace(task.cell) for _ in range(task.nodes)]
        self.order = sorted(
            task.items, key=lambda i: (-i.gpus, -i.cpus, -i.memory, -i.count, i.deployment)
        )
        self.left = {item.deployment: item.count for item in task.items}
        self.rivals: dict[int, set[int]] = {}
        for first, second in task.apart:
            self.rivals.setdefault(first, set()).add(second)
            self.rivals.setdefault(second, set()).add(first)

    def seats(self) -> tuple[Seat, ...] | None:
        """Return the seats, or None where some replica finds no node."""
        for step in (self._keep, self._open, self._fill):
            if not all(step(item) for item in self.order):
                return None
        return seats_of(self.spaces, self.task.items)

    def _put(self, item: Item, space: NodeSpace) -> bool:
        against = self.rivals.get(item.deployment)
        if against and against & space.held.keys():
            return False
        done = space.put(item, preferred_slots(self.task.cell, item.deployment)) is not None
        self.left[item.deployment] -= done
        return done

    def _keep(self, item: Item) -> bool:
        """Put the replicas that stay on the nodes where they run."""
        running = self.task.cell.resident(item.deployment)
        owed = item.keep
        for space in self.spaces:
            for _ in range(min(running, owed)):
                owed -= self._put(item, space)
        return owed <= 0

    def _open(self, item: Item) -> bool:
        """Put one replica on each further node until enough nodes are used."""
        used = sum(item.deployment in space.held for space in self.spaces)
        for space in self.spaces:
            if used >= item.distinct or not self.left[item.deployment]:
                break
            if item.deployment not in space.held:
                used += self._put(item, space)
        return used >= item.distinct

    def _fill(self, item: Item) -> bool:
        """Put the rest wherever it fits first."""
        for space in self.spaces:
            while self.left[item.deployment] and self._put(item, space):
                pass
        return not self.left[item.deployment]
