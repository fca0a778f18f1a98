"""What is to be laid out in one cell, read off a solution."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from placement.problem.cells import Cell
from placement.problem.problem import Ints, Problem
from placement.solvers.node_space import Item


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


def cell_tasks(
    problem: Problem, solution: Ints, *, only: Collection[int] | None = None
) -> list[CellTask]:
    """Return the packing task of every cell that holds replicas, or of ``only`` those."""
    rules = problem.node_rules
    by_cell: dict[int, list[Item]] = {}
    held = solution[: problem.pairs].nonzero()[0]
    if only is not None:
        held = held[np.isin(problem.pair_cell[held], sorted(only))]
    for pair in held.tolist():
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
        extra=tuple(sorted((k, v) for k, v in deployment.extra.items() if v)),
        most=most,
        least=least,
        distinct=int(solution[rules.distinct[pair]]) if pair in rules.distinct else 0,
        keep=int(solution[rules.keep[pair]]) if pair in rules.keep else 0,
    )
