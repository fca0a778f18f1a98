"""Greedy rivals: each replica to the first, or to the fullest, of the cheapest nodes with room."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

import numpy as np

from benchmarks.rivals.arrays import Answer, Arrays, Ints, Spread


class Order(StrEnum):
    """In which order the nodes of a group are tried."""

    FIRST = "first-fit"
    FULLEST = "best-fit"


def first_fit(arrays: Arrays, limit: float, seed: int) -> Answer:
    """Take the deployments as they come, and of the cheapest groups the first node with room."""
    del limit, seed
    start = time.perf_counter()
    answer = Filling(arrays).fill(range(arrays.deployments), Order.FIRST)
    return _timed(answer, start)


def best_fit(arrays: Arrays, limit: float, seed: int) -> Answer:
    """Take large replicas first, and of the cheapest groups the node with the least room left."""
    del limit, seed
    start = time.perf_counter()
    order = np.lexsort((-arrays.need[1], -arrays.need[0]))
    return _timed(Filling(arrays).fill(order.tolist(), Order.FULLEST), start)


def _timed(answer: Answer, start: float) -> Answer:
    return replace(answer, seconds=time.perf_counter() - start)


class Filling:
    """Free room of every node while deployments are put on it."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.free = np.repeat(arrays.room, arrays.count, axis=1)
        self.spreads: defaultdict[int, list[Spread]] = defaultdict(list)
        for spread in arrays.spreads:
            self.spreads[spread.deployment].append(spread)
        self.rows: list[tuple[int, int, Ints, Ints]] = []
        self.on: dict[tuple[int, int], Ints] = {}
        """Replicas per node of a deployment that is spread over nodes, in a group."""

    def fill(self, order: range | list[int], kind: Order) -> Answer:
        """Put deployments where they are cheapest, one after the other."""
        for d in order:
            domains = [Counter[int]() for _ in self.spreads[d]]
            self.put_anywhere(d, int(self.arrays.replicas[d]), kind, domains)
        return self.answer()

    def put_anywhere(self, d: int, most: int, kind: Order, domains: list[Counter[int]]) -> None:
        """Put up to so many replicas of a deployment on the cheapest groups that have room."""
        for group in self._groups(d):
            if most <= 0:
                break
            most -= self.put(d, group, most, kind, domains)

    def _groups(self, d: int) -> Iterator[int]:
        row = self.arrays.shape[d]
        groups = np.flatnonzero(self.arrays.allowed[row])
        yield from groups[np.argsort(self.arrays.cost[row, groups], kind="stable")].tolist()

    def put(self, d: int, group: int, most: int, kind: Order, domains: list[Counter[int]]) -> int:
        """Put up to so many replicas of a deployment on the nodes of a group."""
        begin = int(self.arrays.start[group])
        free = self.free[:, begin : begin + int(self.arrays.count[group])]
        need = self.arrays.need[:, d]
        fits = _fits(free, need)
        for spread, used in zip(self.spreads[d], domains, strict=True):
            if spread.domain is None:
                on = self.on.setdefault((d, group), np.zeros(free.shape[1], np.int64))
                fits = np.minimum(fits, spread.most - on)
            else:
                most = min(most, spread.most - used[int(spread.domain[group])])
        taken = _taken(fits, free, most, kind)
        total = int(taken.sum())
        if total:
            free -= need[:, None] * taken
            nodes = np.flatnonzero(taken)
            self.rows.append((d, group, nodes, taken[nodes]))
            if (d, group) in self.on:
                self.on[d, group] += taken
            for spread, used in zip(self.spreads[d], domains, strict=True):
                if spread.domain is not None:
                    used[int(spread.domain[group])] += total
        return total

    def answer(self) -> Answer:
        """Return everything that was put."""
        if not self.rows:
            return Answer.none("")
        sizes = [len(nodes) for _, _, nodes, _ in self.rows]
        where = np.stack(
            [
                np.repeat([d for d, _, _, _ in self.rows], sizes),
                np.repeat([group for _, group, _, _ in self.rows], sizes),
                np.concatenate([nodes for _, _, nodes, _ in self.rows]),
            ]
        )
        where, row = np.unique(where, axis=1, return_inverse=True)
        replicas = np.zeros(where.shape[1], np.int64)
        np.add.at(replicas, row, np.concatenate([taken for _, _, _, taken in self.rows]))
        return Answer(where[0], where[1], where[2], replicas)


def _fits(free: Ints, need: Ints) -> Ints:
    """Return how many replicas still fit on each node."""
    asked = np.flatnonzero(need)
    if not len(asked):
        return np.full(free.shape[1], np.iinfo(np.int64).max // 2)
    found: Ints = (free[asked] // need[asked, None]).min(axis=0)
    return found


def _taken(fits: Ints, free: Ints, most: int, kind: Order) -> Ints:
    """Return how many of ``most`` replicas go to each node."""
    taken = np.zeros(len(fits), np.int64)
    if most <= 0:
        return taken
    nodes = np.flatnonzero(fits)
    if kind is Order.FULLEST:
        nodes = nodes[np.lexsort((free[1, nodes], free[0, nodes]))]
    own = fits[nodes]
    taken[nodes] = np.clip(most - (np.cumsum(own) - own), 0, own)
    return taken
