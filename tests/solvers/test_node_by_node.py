"""Nodes filled one by one hold no more than there is, and what is left is told."""

from __future__ import annotations

from collections import Counter
from random import Random

from placement.problem.cells import Cell
from placement.solvers.cell_task import CellTask
from placement.solvers.node_by_node import fill_nodes
from placement.solvers.node_space import Item

CELLS = 300


def cell(nodes: int, gpus: int, cpus: int, memory: int) -> Cell:
    return Cell(0, tuple(range(nodes)), (1000,) * gpus, cpus, memory, (), (), accepts=True)


def item(number: int, count: int, gpus: int, cpus: int, memory: int, most: int = 99) -> Item:
    return Item(number, count, gpus * 1000, cpus, memory, (), most)


def drawn(rng: Random) -> CellTask:
    content = cell(rng.randint(1, 6), rng.choice([2, 4, 8]), rng.randint(8, 40), rng.randint(8, 40))
    items = tuple(
        item(
            number,
            rng.randint(1, 9),
            rng.choice([0, 1, 2, 4]),
            rng.randint(0, 9),
            rng.randint(0, 9),
            rng.choice([1, 2, 99]),
        )
        for number in range(rng.randint(1, 6))
    )
    return CellTask(content, content.size, items, frozenset(), ())


def test_no_node_holds_too_much_and_nobody_is_lost():
    rng, left_over, whole = Random(3), 0, 0
    for _ in range(CELLS):
        task = drawn(rng)
        filled = fill_nodes(task)
        assert filled is not None
        seats, left = filled
        of = {own.deployment: own for own in task.items}
        placed: Counter[int] = Counter()
        for node in range(task.nodes):
            here = [(of[s.deployment], s.replicas) for s in seats if s.node == node]
            assert sum(i.gpus * n for i, n in here) <= sum(task.cell.slots)
            assert sum(i.cpus * n for i, n in here) <= task.cell.cpus
            assert sum(i.memory * n for i, n in here) <= task.cell.memory
            assert all(n <= i.most for i, n in here)
            placed.update({i.deployment: n for i, n in here})
        assert {d: placed[d] + left.get(d, 0) for d in of} == {d: i.count for d, i in of.items()}
        left_over += bool(left)
        whole += not left
    assert left_over > CELLS / 10
    assert whole > CELLS / 10


def test_cpus_and_gpus_are_kept_in_step():
    """By size the four large ones would go first, and strand the GPUs of two nodes."""
    content = cell(2, 4, 12, 100)
    items = (item(0, 2, 2, 10, 1), item(1, 4, 1, 1, 1))
    filled = fill_nodes(CellTask(content, 2, items, frozenset(), ()))
    assert filled is not None
    assert not filled[1]


def test_shares_and_rules_between_replicas_are_for_others():
    content = cell(2, 2, 12, 100)
    share = Item(0, 1, 500, 1, 1, (), 99)
    assert fill_nodes(CellTask(content, 2, (share,), frozenset(), ())) is None
    pair = (item(0, 1, 1, 1, 1), item(1, 1, 1, 1, 1))
    assert fill_nodes(CellTask(content, 2, pair, frozenset({(0, 1)}), ())) is None
