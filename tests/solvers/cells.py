"""Random tiny packing tasks, a judge of seats, and brute force over every way to pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from placement.catalog.rows import UNIT
from placement.problem.cells import Cell
from placement.problem.running import Resident
from placement.solvers.cell_task import CellTask
from placement.solvers.node_space import Item, Seat

Node = tuple[tuple[int, ...], tuple[int, ...]]
"""Free thousandths of the GPUs, ascending, and replicas held per item."""


def make_cell(
    *,
    nodes: int,
    slots: Sequence[int] = (),
    cpus: int = 100,
    memory: int = 100,
    extra: int = 100,
    residents: Sequence[Resident] = (),
) -> Cell:
    """Return a cell whose nodes have one further resource, ``disk``."""
    return Cell(
        group=0,
        indices=tuple(range(nodes)),
        slots=tuple(slots),
        cpus=cpus,
        memory=memory,
        extra=(("disk", extra),),
        residents=tuple(residents),
        accepts=True,
    )


def make_item(deployment: int, count: int, *, disk: int = 0, **more: int) -> Item:
    """Return an item that asks for nothing but what is named."""
    demand = {"gpus": 0, "cpus": 0, "memory": 0, "most": count, **more}
    return Item(deployment, count, extra=(("disk", disk),) if disk else (), **demand)


def make_task(
    cell: Cell,
    items: Sequence[Item],
    *,
    nodes: int | None = None,
    apart: Iterable[tuple[int, int]] = (),
    together: Sequence[tuple[int, tuple[int, ...]]] = (),
) -> CellTask:
    """Return a task on all nodes of a cell, unless fewer are named."""
    opened = cell.size if nodes is None else nodes
    return CellTask(cell, opened, tuple(items), frozenset(apart), tuple(together))


def random_task(seed: int) -> CellTask:
    """Return a tight task with up to three nodes, three deployments and a few rules."""
    rng = Random(seed)
    nodes = rng.randint(1, 3)
    slots = [rng.choice((UNIT, UNIT, UNIT, 500, 300)) for _ in range(rng.randint(0, 3))]
    cpus, memory, extra = (rng.randint(2, 6) for _ in range(3))
    numbers = range(rng.randint(1, 3))
    items = [_item(rng, d, bool(slots), nodes) for d in numbers]
    residents = [Resident(d, None, rng.randint(1, 2)) for d in numbers if rng.random() < 0.3]
    cell = make_cell(
        nodes=nodes, slots=slots, cpus=cpus, memory=memory, extra=extra, residents=residents
    )
    pairs = [(a, b) for a in numbers for b in numbers if a < b]
    return make_task(
        cell,
        [_with_keep(rng, item, cell) for item in items],
        nodes=rng.choice((nodes, nodes, nodes, max(1, nodes - 1))),
        apart=[pair for pair in pairs if rng.random() < 0.2],
        together=[
            (d, tuple(other for other in numbers if other != d))
            for d in numbers
            if len(numbers) > 1 and rng.random() < 0.12
        ],
    )


def _item(rng: Random, deployment: int, gpus: bool, nodes: int) -> Item:
    count = rng.randint(1, 4)
    sizes = (0, UNIT, UNIT, 2 * UNIT, 250, 300, 500, 600) if gpus else (0,)
    return make_item(
        deployment,
        count,
        gpus=rng.choice(sizes),
        cpus=rng.choice((0, 1, 1, 2)),
        memory=rng.choice((0, 1, 1, 2)),
        disk=rng.choice((0, 0, 0, 1, 2)),
        most=rng.choice((count, count, count, 1, 2)),
        least=rng.choice((0, 0, 0, 0, 0, 0, 1)),
        distinct=rng.choice((0, 0, 0, *range(1, min(count, nodes) + 1))),
    )


def _with_keep(rng: Random, item: Item, cell: Cell) -> Item:
    running = cell.resident(item.deployment)
    keep = rng.randint(0, min(item.count, running * cell.size)) if running else 0
    return Item(
        item.deployment,
        item.count,
        item.gpus,
        item.cpus,
        item.memory,
        item.extra,
        item.most,
        item.least,
        item.distinct,
        keep,
    )


# --------------------------------------------------------------------- the judge


def faults(task: CellTask, seats: Sequence[Seat]) -> list[str]:
    """Return everything that is wrong with seats, by going through them one by one."""
    items = {item.deployment: item for item in task.items}
    held = [Counter[int]() for _ in range(task.cell.size)]
    for seat in seats:
        held[seat.node][seat.deployment] += seat.replicas
    counts = [tuple(node[item.deployment] for item in task.items) for node in held]
    wrong = [
        f"{seat} has no replica or no such slot"
        for seat in seats
        if seat.replicas < 1 or (seat.slot is None) == items[seat.deployment].is_share
    ]
    wrong += [f"node {n} is not open" for n in range(task.nodes, task.cell.size) if held[n]]
    for n in range(task.cell.size):
        wrong += _overfull(task, n, [seat for seat in seats if seat.node == n], items)
    return wrong + ([] if meets_the_rules(task, counts) else ["a rule is broken"])


def _overfull(task: CellTask, n: int, seats: list[Seat], items: dict[int, Item]) -> Iterator[str]:
    cell, extra = task.cell, dict(task.cell.extra)
    use: Counter[str] = Counter()
    shares: Counter[int] = Counter()
    whole = 0
    for seat in seats:
        item = items[seat.deployment]
        use["cpus"] += seat.replicas * item.cpus
        use["memory"] += seat.replicas * item.memory
        use["disk"] += seat.replicas * dict(item.extra).get("disk", 0)
        if seat.slot is not None:
            shares[seat.slot] += seat.replicas * item.gpus
        else:
            whole += seat.replicas * item.gpus // UNIT
    free = {"cpus": cell.cpus, "memory": cell.memory, "disk": extra["disk"]}
    yield from (f"node {n} lacks {name}" for name, amount in use.items() if amount > free[name])
    yield from (f"GPU {s} of node {n} is overfull" for s in shares if shares[s] > cell.slots[s])
    untouched = sum(f == UNIT and s not in shares for s, f in enumerate(cell.slots))
    if whole > untouched:
        yield f"node {n} lacks whole GPUs"


def meets_the_rules(task: CellTask, nodes: Sequence[tuple[int, ...]]) -> bool:
    """Whether replicas per (node, item) keep all rules besides capacity."""
    place = {item.deployment: i for i, item in enumerate(task.items)}
    every = range(task.cell.size)
    for i, item in enumerate(task.items):
        held = [nodes[n][i] if n < len(nodes) else 0 for n in every]
        running = task.cell.resident(item.deployment)
        if sum(held) != item.count or max(held) > item.most or min(held) < item.least:
            return False
        if sum(h > 0 for h in held) < item.distinct:
            return False
        if sum(min(h, running) for h in held) < item.keep:
            return False
    for node in nodes:
        if any(node[place[a]] and node[place[b]] for a, b in task.apart):
            return False
        for d, others in task.together:
            if node[place[d]] and not any(node[place[other]] for other in others):
                return False
    return True


# ------------------------------------------------------------------- brute force


def can_be_packed(task: CellTask) -> bool:
    """Whether some packing exists: every replica on every node and GPU, nodes being alike."""
    empty: Node = (tuple(sorted(task.cell.slots)), (0,) * len(task.items))
    reached = {(empty,) * task.nodes}
    for i, item in enumerate(task.items):
        for _ in range(item.count):
            reached = {
                tuple(sorted((*state[:n], after, *state[n + 1 :])))
                for state in reached
                for n in range(task.nodes)
                for after in _after(task, state[n], i)
            }
    return any(meets_the_rules(task, [held for _, held in state]) for state in reached)


def _after(task: CellTask, node: Node, i: int) -> Iterator[Node]:
    """Yield the node with one more replica of item ``i``, on each GPU it could take."""
    slots, held = node
    item = task.items[i]
    more = (*held[:i], held[i] + 1, *held[i + 1 :])
    pairs = list(zip(task.items, more, strict=True))
    if sum(it.cpus * n for it, n in pairs) > task.cell.cpus:
        return
    if sum(it.memory * n for it, n in pairs) > task.cell.memory:
        return
    if sum(dict(it.extra).get("disk", 0) * n for it, n in pairs) > dict(task.cell.extra)["disk"]:
        return
    if item.is_share:
        for s, free in enumerate(slots):
            if free >= item.gpus:
                yield tuple(sorted((*slots[:s], free - item.gpus, *slots[s + 1 :]))), more
        return
    wanted = item.gpus // UNIT
    if slots.count(UNIT) >= wanted:
        rest = [s for s in slots if s != UNIT] + [0] * wanted
        yield tuple(sorted(rest + [UNIT] * (slots.count(UNIT) - wanted))), more
