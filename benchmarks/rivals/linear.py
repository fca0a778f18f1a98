"""The instance as an integer program: replicas of a deployment per node group, or per node."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.rivals.arrays import Answer, Arrays, Ints, Spread
from benchmarks.rivals.first_fit import Filling, Order
from placement.catalog.rows import UNIT

Floats = NDArray[np.float64]
MOST_PAIRS = 3_000_000
"""A model with more pairs is not built: no rival here ends with one of that size."""


@dataclass(frozen=True)
class Program:
    """Minimise ``out @ x``, then ``cost @ x``, over whole ``0 <= x <= high`` and ``rows``.

    The variables are the allowed pairs, then the replicas without a place of each deployment.

    Attributes
    ----------
    high : int array of shape (variables,)
    row, variable, coefficient : arrays of one length
        The terms of all rows, by row.
    low, top : int arrays of shape (rows,)
        Least and most of each row; ``low`` is -1 where there is no least.
    out, cost : int arrays of shape (variables,)
        Thousandths of GPUs; micro-USD per hour.
    """

    pairs: int
    high: Ints
    row: Ints
    variable: Ints
    coefficient: Ints
    low: Ints
    top: Ints
    out: Ints
    cost: Ints

    @cached_property
    def steps(self) -> tuple[int, int]:
        """What all of ``out`` and all of ``cost`` are whole multiples of."""
        return int(np.gcd.reduce(self.out)) or 1, int(np.gcd.reduce(self.cost)) or 1


def by_node(arrays: Arrays) -> Arrays:
    """Return the same instance with every node as a group of its own."""
    of = np.repeat(np.arange(arrays.groups), arrays.count)
    return Arrays(
        count=np.ones(len(of), np.int64),
        room=arrays.room[:, of],
        replicas=arrays.replicas,
        weight=arrays.weight,
        need=arrays.need,
        shape=arrays.shape,
        allowed=arrays.allowed[:, of],
        cost=arrays.cost[:, of],
        spreads=tuple(
            Spread(s.deployment, None if s.domain is None else s.domain[of], s.most)
            for s in arrays.spreads
        ),
    )


def pairs_of(arrays: Arrays, *, nodes: bool) -> int:
    """Return how many variables a model per node group, or per node, would have."""
    sizes = arrays.count if nodes else np.ones(arrays.groups, np.int64)
    return int((arrays.allowed @ sizes)[arrays.shape].sum())


def program(arrays: Arrays) -> Program:
    """Return the integer program of an instance."""
    deployment, group = arrays.pairs
    pairs, many = len(deployment), arrays.deployments
    rows = _Rows()
    fits = _fits(arrays, deployment, group)
    high = np.minimum(arrays.replicas[deployment], fits * arrays.count[group])
    high = _node_spread(arrays, deployment, group, high)
    demand = np.concatenate([deployment, np.arange(many)])
    rows.add(demand, np.arange(pairs + many), np.ones(pairs + many, np.int64), arrays.replicas,
             arrays.replicas)  # fmt: skip
    for resource in range(3):
        need = arrays.need[resource, deployment]
        used = need > 0
        most = arrays.room[resource] * arrays.count
        rows.add(group[used], np.flatnonzero(used), need[used], np.full(arrays.groups, -1), most)
    for spread in arrays.spreads:
        if spread.domain is not None:
            own = np.flatnonzero(deployment == spread.deployment)
            domains = spread.domain[group[own]]
            most = np.full(int(spread.domain.max()) + 1, spread.most)
            rows.add(domains, own, np.ones(len(own), np.int64), np.full(len(most), -1), most)
    return Program(
        pairs=pairs,
        high=np.concatenate([high, arrays.replicas]),
        out=np.concatenate([np.zeros(pairs, np.int64), arrays.weight]),
        cost=np.concatenate(
            [arrays.cost[arrays.shape[deployment], group], np.zeros(many, np.int64)]
        ),
        **rows.together(),
    )


class _Rows:
    """Collects rows by the number that each of their terms has in its own set of rows."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Ints]] = []
        self.low: list[Ints] = []
        self.top: list[Ints] = []
        self.count = 0

    def add(self, own: Ints, variable: Ints, coefficient: Ints, low: Ints, top: Ints) -> None:
        """Add a set of rows, numbered from 0 in ``own``."""
        self.parts.append((own + self.count, variable, coefficient))
        self.low.append(low)
        self.top.append(top)
        self.count += len(low)

    def together(self) -> dict[str, Ints]:
        """Return the terms by row and variable; rows without terms stay, and hold anyway."""
        row, variable, coefficient = (
            np.concatenate([part[k] for part in self.parts]) for k in range(3)
        )
        order = np.lexsort((variable, row))
        return {
            "row": row[order],
            "variable": variable[order],
            "coefficient": coefficient[order],
            "low": np.concatenate(self.low),
            "top": np.concatenate(self.top),
        }


def _fits(arrays: Arrays, deployment: Ints, group: Ints) -> Ints:
    """Return how many replicas of a deployment one empty node holds."""
    need, room = arrays.need[:, deployment], arrays.room[:, group]
    found: Ints = np.where(need > 0, room // np.maximum(need, 1), UNIT * UNIT).min(axis=0)
    return found


def _node_spread(arrays: Arrays, deployment: Ints, group: Ints, high: Ints) -> Ints:
    for spread in arrays.spreads:
        if spread.domain is None:
            own = np.flatnonzero(deployment == spread.deployment)
            high[own] = np.minimum(high[own], spread.most * arrays.count[group[own]])
    return high


def packed(arrays: Arrays, counts: Ints) -> Answer:
    """Return counts per pair put on nodes, large replicas first.

    What does not fit side by side on the nodes of its group, goes where it is cheapest.
    """
    deployment, group = arrays.pairs
    filling = Filling(arrays)
    domains: dict[int, list[Counter[int]]] = {
        s.deployment: [Counter() for _ in filling.spreads[s.deployment]] for s in arrays.spreads
    }
    left = arrays.replicas.copy()
    chosen = np.flatnonzero(counts)
    for p in chosen[np.lexsort((-arrays.need[1, deployment[chosen]],
                                -arrays.need[0, deployment[chosen]]))].tolist():  # fmt: skip
        d = int(deployment[p])
        left[d] -= filling.put(d, int(group[p]), int(counts[p]), Order.FULLEST, domains.get(d, []))
    for d in np.flatnonzero(left).tolist():
        filling.put_anywhere(d, int(left[d]), Order.FULLEST, domains.get(d, []))
    return filling.answer()


def as_nodes(arrays: Arrays, answer: Answer) -> Answer:
    """Return an answer for ``by_node(arrays)`` as one for ``arrays``."""
    group = np.searchsorted(arrays.start, answer.group, side="right") - 1
    return Answer(
        answer.deployment,
        group.astype(np.int64),
        answer.group - arrays.start[group],
        answer.replicas,
        answer.seconds,
        answer.note,
    )


def counted(arrays: Arrays, answer: Answer) -> Ints:
    """Return the replicas per pair of an answer: a hint for a solver."""
    deployment, group = arrays.pairs
    size = arrays.groups
    found = np.zeros(arrays.deployments * size, np.int64)
    np.add.at(found, answer.deployment * size + answer.group, answer.replicas)
    counts: Ints = found[deployment * size + group]
    return counts
