"""The CP-SAT model of one cell: counts per deployment, node and GPU."""

from __future__ import annotations

from ortools.sat.python import cp_model

from placement.catalog.rows import UNIT
from placement.solvers.cell_task import CellTask
from placement.solvers.cpsat import BareModel
from placement.solvers.node_space import Item, Seat


class CellModel:
    """The CP-SAT model of one cell: counts per (deployment, node, slot)."""

    def __init__(self, task: CellTask) -> None:
        self.task = task
        self.model = BareModel()
        self.count: dict[tuple[int, int], cp_model.IntVar] = {}
        self.share: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.on: dict[tuple[int, int], cp_model.IntVar] = {}
        self.full = [i for i, free in enumerate(task.cell.slots) if free == UNIT]
        for node in range(task.nodes):
            self._node(node)
        for item in task.items:
            self._item(item)
        self._rules()

    def _node(self, node: int) -> None:
        task, model, cell = self.task, self.model, self.task.cell
        for item in task.items:
            most = min(item.most, item.count)
            self.count[item.deployment, node] = model.new_int_var(item.least, most, "")
        here = [(item, self.count[item.deployment, node]) for item in task.items]
        model.add(sum(item.cpus * n for item, n in here) <= cell.cpus)
        model.add(sum(item.memory * n for item, n in here) <= cell.memory)
        for name in sorted({name for item in task.items for name, _ in item.extra}):
            free = dict(cell.extra).get(name, 0)
            model.add(sum(dict(item.extra).get(name, 0) * n for item, n in here) <= free)
        self._gpus(node)

    def _gpus(self, node: int) -> None:
        model, cell = self.model, self.task.cell
        whole = [
            (item.gpus // UNIT) * self.count[item.deployment, node]
            for item in self.task.items
            if item.gpus >= UNIT
        ]
        shared = [item for item in self.task.items if item.is_share]
        busy = {slot: model.new_bool_var("") for slot in self.full} if shared else {}
        model.add(sum(whole) + sum(busy.values()) <= len(self.full))
        for slot, free in enumerate(cell.slots):
            load = []
            for item in shared:
                most = min(item.count, free // item.gpus)
                part = model.new_int_var(0, most, "")
                self.share[item.deployment, node, slot] = part
                load.append(item.gpus * part)
            if load:
                model.add(sum(load) <= (free * busy[slot] if slot in busy else free))
        for item in shared:
            parts = [self.share[item.deployment, node, s] for s in range(len(cell.slots))]
            model.add(sum(parts) == self.count[item.deployment, node])

    def _used(self, deployment: int, node: int) -> cp_model.IntVar:
        key = (deployment, node)
        if key not in self.on:
            flag = self.on[key] = self.model.new_bool_var("")
            self.model.add(self.count[key] >= 1).only_enforce_if(flag)
            self.model.add(self.count[key] == 0).only_enforce_if(~flag)
        return self.on[key]

    def _item(self, item: Item) -> None:
        model, nodes = self.model, range(self.task.nodes)
        model.add(sum(self.count[item.deployment, node] for node in nodes) == item.count)
        if item.distinct:
            used = [self._used(item.deployment, node) for node in nodes]
            model.add(sum(used) >= item.distinct)
        if item.keep:
            running = self.task.cell.resident(item.deployment)
            stays = [model.new_int_var(0, running, "") for _ in nodes]
            for node, stay in zip(nodes, stays, strict=True):
                model.add(stay <= self.count[item.deployment, node])
            model.add(sum(stays) >= item.keep)

    def _rules(self) -> None:
        for node in range(self.task.nodes):
            for first, second in sorted(self.task.apart):
                self.model.add(self._used(first, node) + self._used(second, node) <= 1)
            for deployment, others in self.task.together:
                there = [self._used(other, node) for other in others]
                self.model.add(sum(there) >= self._used(deployment, node))

    def seats(self, solver: cp_model.CpSolver) -> tuple[Seat, ...]:
        """Read the packing off a solved model."""
        seats = []
        shares = {item.deployment for item in self.task.items if item.is_share}
        for (deployment, node, slot), part in self.share.items():
            if solver.value(part):
                seats.append(Seat(deployment, node, slot, solver.value(part)))
        for (deployment, node), count in self.count.items():
            if deployment not in shares and solver.value(count):
                seats.append(Seat(deployment, node, None, solver.value(count)))
        return tuple(sorted(seats, key=lambda s: (s.node, s.deployment, s.slot or 0)))
