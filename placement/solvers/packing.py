"""Packing: which node of a cell, and which GPU of a node, each replica goes to.

A cell's counts come from a relaxation that adds its nodes together. Here they are laid out on
single nodes, first by first-fit decreasing, and where that fails by CP-SAT, whose word on
infeasibility sends the cell back to be split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from placement.catalog.rows import UNIT
from placement.errors import SolverFaultError
from placement.problem.cells import Cell
from placement.problem.problem import Ints, Problem

PACKING_WORK = 5.0
"""Deterministic time of one CP-SAT packing."""


@dataclass(frozen=True, slots=True)
class Item:
    """The replicas of one deployment in a cell.

    Attributes
    ----------
    deployment, count : int
    gpus, cpus, memory, extra
        Demand of one replica.
    most : int
        The most replicas on one node.
    least : int
        The least on every node.
    distinct : int
        The least number of nodes used.
    keep : int
        How many replicas stay on the node where they run today.
    """

    deployment: int
    count: int
    gpus: int
    cpus: int
    memory: int
    extra: tuple[tuple[str, int], ...]
    most: int
    least: int = 0
    distinct: int = 0
    keep: int = 0

    @property
    def is_share(self) -> bool:
        """Whether a replica uses a part of one GPU."""
        return 0 < self.gpus < UNIT


@dataclass(frozen=True, slots=True)
class Seat:
    """``replicas`` of a deployment on node number ``node`` of a cell, on one slot for shares."""

    deployment: int
    node: int
    slot: int | None
    replicas: int


@dataclass(frozen=True)
class CellTask:
    """One cell with what is to be packed into it."""

    cell: Cell
    nodes: int
    items: tuple[Item, ...]
    apart: frozenset[tuple[int, int]]
    together: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def plain(self) -> bool:
        """Whether no rule between replicas on one node stands in the way of first fit."""
        return not (self.together or any(item.least for item in self.items))


@dataclass(frozen=True)
class Packed:
    """Seats, or None with ``proved`` saying whether no packing exists."""

    seats: tuple[Seat, ...] | None
    proved: bool = True


def cell_tasks(problem: Problem, solution: Ints) -> list[CellTask]:
    """Return the packing task of every cell that holds replicas."""
    rules = problem.node_rules
    by_cell: dict[int, list[Item]] = {}
    for pair in solution[: problem.pairs].nonzero()[0].tolist():
        item = _item(problem, solution, pair)
        by_cell.setdefault(int(problem.pair_cell[pair]), []).append(item)
    tasks = []
    for c, items in sorted(by_cell.items()):
        present = {item.deployment for item in items}
        cell = problem.cells[c]
        tasks.append(
            CellTask(
                cell=cell,
                nodes=int(solution[rules.open[c]]) if c in rules.open else cell.size,
                items=tuple(items),
                apart=frozenset(p for p in rules.apart if present.issuperset(p)),
                together=tuple(
                    (d, tuple(m for m in others if m in present))
                    for d, others in rules.together
                    if d in present
                ),
            )
        )
    return tasks


def _item(problem: Problem, solution: Ints, pair: int) -> Item:
    rules = problem.node_rules
    d = int(problem.pair_deployment[pair])
    deployment = problem.deployments[d]
    most, least = int(rules.most[pair]), 0
    for low, high in rules.skew.get(d, ()):
        least, most = max(least, int(solution[low])), min(most, int(solution[high]))
    return Item(
        deployment=d,
        count=int(solution[pair]),
        gpus=deployment.gpus,
        cpus=deployment.cpus,
        memory=deployment.memory,
        extra=tuple(sorted(deployment.extra.items())),
        most=most,
        least=least,
        distinct=int(solution[rules.distinct[pair]]) if pair in rules.distinct else 0,
        keep=int(solution[rules.keep[pair]]) if pair in rules.keep else 0,
    )


class NodeSpace:
    """What is free on one node while replicas are put on it."""

    __slots__ = ("cpus", "extra", "held", "memory", "shares", "slots")

    def __init__(self, cell: Cell) -> None:
        self.slots = list(cell.slots)
        self.cpus = cell.cpus
        self.memory = cell.memory
        self.extra = dict(cell.extra)
        self.held: dict[int, int] = {}
        self.shares: dict[tuple[int, int], int] = {}

    @property
    def whole(self) -> int:
        """GPUs that nothing uses."""
        return self.slots.count(UNIT)

    def fits(self, item: Item) -> bool:
        """Whether CPUs, memory and extras suffice for one more replica."""
        return (
            self.held.get(item.deployment, 0) < item.most
            and self.cpus >= item.cpus
            and self.memory >= item.memory
            and all(self.extra.get(name, 0) >= amount for name, amount in item.extra)
        )

    def slots_for(self, item: Item, preferred: Sequence[int] = ()) -> tuple[int, ...] | None:
        """Return the GPUs one more replica would take: the last free ones, or for a share the
        fullest that still takes it, a preferred one first.
        """
        if not item.gpus:
            return ()
        if not item.is_share:
            whole = [i for i, free in enumerate(self.slots) if free == UNIT]
            wanted = item.gpus // UNIT
            return tuple(whole[len(whole) - wanted :]) if len(whole) >= wanted else None
        for slot in preferred:
            if self.slots[slot] >= item.gpus:
                return (slot,)
        fits = [i for i, free in enumerate(self.slots) if free >= item.gpus]
        return (min(fits, key=lambda i: (self.slots[i], i)),) if fits else None

    def put(self, item: Item, preferred: Sequence[int] = ()) -> tuple[int, ...] | None:
        """Put one replica here if it fits; return the GPUs it took, None if it does not fit."""
        slots = self.slots_for(item, preferred) if self.fits(item) else None
        if slots is not None:
            self._change(item, slots, 1)
        return slots

    def take(self, item: Item, slots: tuple[int, ...]) -> None:
        """Undo one ``put``."""
        self._change(item, slots, -1)

    def _change(self, item: Item, slots: tuple[int, ...], replicas: int) -> None:
        each = item.gpus if item.is_share else UNIT
        for slot in slots:
            self.slots[slot] -= each * replicas
            if item.is_share:
                key = (item.deployment, slot)
                self.shares[key] = self.shares.get(key, 0) + replicas
        self.cpus -= item.cpus * replicas
        self.memory -= item.memory * replicas
        for name, amount in item.extra:
            self.extra[name] -= amount * replicas
        self.held[item.deployment] = self.held.get(item.deployment, 0) + replicas
        if not self.held[item.deployment]:
            del self.held[item.deployment]


def pack(task: CellTask, *, seed: int = 0) -> Packed:
    """Lay the replicas of one cell out on its nodes.

    Nodes beyond ``task.nodes`` stay empty, which a wish for some on every node rules out.
    """
    if task.nodes < task.cell.size and any(item.least for item in task.items):
        return Packed(None)
    seats = _first_fit(task) if task.plain else None
    packed = _exact(task, seed) if seats is None else Packed(seats)
    if packed.seats is None:
        return packed
    return Packed(stay_on_gpu(task.cell, packed.seats))


def stay_on_gpu(cell: Cell, seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
    """Exchange GPUs of equal capacity on each node so that most running shares keep theirs."""
    today = {(r.deployment, r.slot): r.replicas for r in cell.residents if r.slot is not None}
    if not today:
        return seats
    kept = []
    for node in sorted({seat.node for seat in seats}):
        kept += _exchanged(cell, [seat for seat in seats if seat.node == node], today)
    return tuple(kept)


def _exchanged(
    cell: Cell, seats: Sequence[Seat], today: Mapping[tuple[int, int], int]
) -> list[Seat]:
    import networkx as nx

    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    slots = range(len(cell.slots))
    for new in slots:
        for old in slots:
            if cell.slots[new] != cell.slots[old]:
                continue
            stays = sum(
                min(seat.replicas, today.get((seat.deployment, old), 0))
                for seat in seats
                if seat.slot == new
            )
            graph.add_edge(("new", new), ("old", old), weight=stays * len(slots) + (new == old))
    target = {}
    for one, other in nx.max_weight_matching(graph, maxcardinality=True):
        new, old = (one, other) if one[0] == "new" else (other, one)
        target[new[1]] = old[1]
    moved = [seat if seat.slot is None else replace(seat, slot=target[seat.slot]) for seat in seats]
    return sorted(moved, key=lambda s: (s.deployment, -1 if s.slot is None else s.slot))


def preferred_slots(cell: Cell, deployment: int) -> list[int]:
    """Return the GPUs that shares of a deployment use on each node of a cell today."""
    return [r.slot for r in cell.residents if r.deployment == deployment and r.slot is not None]


def _first_fit(task: CellTask) -> tuple[Seat, ...] | None:
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


def seats_of(spaces: Sequence[NodeSpace], items: Sequence[Item]) -> tuple[Seat, ...]:
    """Read the seats off filled nodes."""
    seats = []
    shares = {item.deployment for item in items if item.is_share}
    for node, space in enumerate(spaces):
        for (deployment, slot), replicas in sorted(space.shares.items()):
            if not replicas:
                continue
            seats.append(Seat(deployment, node, slot, replicas))
        for deployment, replicas in sorted(space.held.items()):
            if deployment not in shares:
                seats.append(Seat(deployment, node, None, replicas))
    return tuple(seats)


class _Packing:
    """The CP-SAT model of one cell: counts per (deployment, node, slot)."""

    def __init__(self, task: CellTask) -> None:
        self.task = task
        self.model = cp_model.CpModel()
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


def _exact(task: CellTask, seed: int) -> Packed:
    packing = _Packing(task)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.presolve_inclusion_work_limit = 0
    solver.parameters.max_deterministic_time = PACKING_WORK
    solver.parameters.catch_sigint_signal = False
    status = solver.solve(packing.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Packed(packing.seats(solver))
    if status == cp_model.MODEL_INVALID:
        raise SolverFaultError(f"the solver refused a packing: {packing.model.validate()}")
    return Packed(None, proved=status == cp_model.INFEASIBLE)
