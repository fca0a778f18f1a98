"""What has to leave a node before more replicas of a deployment fit on it.

Where those that leave find another place is not asked here. So the cheapest evictions are a lower
bound of the moves that a change needs, and they show where to look for room.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, prod
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import UNIT
from placement.problem.affected import Affected, Parts
from placement.problem.fleet import Ints
from placement.problem.ledger import Held, Key, Ledger

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment

MOST_CHOICES = 4_096
"""Ways to empty a node beyond which only the sum of GPUs is looked at."""


@dataclass(frozen=True, order=True)
class Eviction:
    """What has to leave one node.

    Attributes
    ----------
    ratio : Fraction
        The least weight per replica that then fits.
    node : int
    most : int
        Replicas that fit at most, with everything gone that may go.
    """

    ratio: Fraction
    node: int
    most: int


class Evictions:
    """Who would have to leave where, for one deployment.

    Parameters
    ----------
    affected : Affected
    key : (model, environment)
        The deployment that lacks room.
    ledger : Ledger
        What is left on the nodes, nothing of the concerned deployments being there.
    short : int
        Replicas that lack a place.
    parts : mapping
        The concerned deployments of which only the replicas on some nodes are free.
    chained : bool
        Whether those that find no other place count what has to leave for them in turn. That
        is a lower bound only if one replica of one deployment is all that lacks a place.
    """

    def __init__(
        self,
        affected: Affected,
        key: Key,
        ledger: Ledger,
        short: int,
        parts: Parts,
        *,
        chained: bool = False,
    ) -> None:
        self.affected = affected
        self.parts = parts
        self.deployment: ModelDeployment = affected.after.by_key[key]
        self.ledger = ledger
        self.short = short
        self.chained = chained
        self._followers: dict[Key, int] = {}
        self.room = ledger.room(self.deployment)
        fleet = ledger.fleet
        usable = affected.eligible(key)[fleet.group_of] & fleet.accepts
        occupied = np.zeros(len(fleet), bool)
        occupied[list(ledger.rows_on)] = True
        self.nodes: Ints = np.flatnonzero(usable & occupied)

    def needed(self) -> int:
        """Return how many replicas have no room even if no other concerned deployment wants it."""
        fleet, key = self.affected.fleet, self.deployment.key
        usable = self.affected.eligible(key)[fleet.group_of] & fleet.accepts
        there = sum(
            lot.row[0].replicas
            for lot in self.affected.lots(key)
            if lot.may_stay
            and not fleet.accepts[lot.node]
            and lot.node in self.parts.get(key, (lot.node,))
        )
        wanted = self.affected.target(key, self.parts)
        return max(0, wanted - int(self.room[usable].sum()) - there)

    def cheapest(self) -> Iterator[Eviction]:
        """Yield the evictions by node, from the least weight per replica upwards.

        Nodes are looked at closely only when their lower bound is the least of all.
        """
        bounds = self._bounds()
        order = np.lexsort((self.nodes, bounds))
        exact: list[Eviction] = []
        for i in order.tolist():
            while exact and exact[0].ratio <= bounds[i]:
                yield heapq.heappop(exact)
            found = self._at(int(self.nodes[i]), int(bounds[i]))
            if found is not None:
                heapq.heappush(exact, found)
        while exact:
            yield heapq.heappop(exact)

    def _bounds(self) -> Ints:
        """Return per node what one more replica costs at least, whatever runs there."""
        gpus = self.deployment.gpus
        if gpus < UNIT:
            return np.ones(len(self.nodes), np.int64)
        free = self.ledger.whole[self.nodes] * UNIT
        first: Ints = np.maximum(gpus * (self.room[self.nodes] + 1) - free, 1)
        least: Ints = np.minimum(first, gpus) * self._least_held() // UNIT
        return np.maximum(least, 1)

    def _least_held(self) -> Ints:
        """Return per node how little may hold up a whole GPU: the fewest thousandths in shares."""
        least = np.full(len(self.nodes), UNIT, np.int64)
        for i, node in enumerate(self.nodes.tolist()):
            held = [UNIT - free for free in self.ledger.slots.get(node, ()) if free < UNIT]
            least[i] = min(held, default=UNIT)
        return least

    def _at(self, node: int, bound: int) -> Eviction | None:
        """Return the cheapest eviction on one node, by weight per replica that then fits."""
        rows = self.affected.may_move(node, self.parts)
        everything = tuple(row.replicas for row, _ in rows)
        most = min(self._extra(node, rows, everything), self.short)
        if most < 1:
            return None
        if prod(count + 1 for count in everything) > MOST_CHOICES:
            return Eviction(Fraction(bound), node, most)
        ratios = []
        for chosen in product(*(range(count + 1) for count in everything)):
            extra = min(self._extra(node, rows, chosen), self.short)
            if extra > 0:
                weight = _sum(d.weight * n for (_, d), n in _pairs(rows, chosen))
                weight += max((self._follow(d.key) for (_, d), n in _pairs(rows, chosen) if n))
                ratios.append(Fraction(weight, extra))
        return Eviction(min(ratios), node, most)

    def _follow(self, key: Key) -> int:
        """Return what has to leave at least so that one more of a deployment fits anywhere."""
        if not self.chained:
            return 0
        if key not in self._followers:
            other = Evictions(self.affected, key, self.ledger, 1, self.parts)
            first = next(other.cheapest(), None) if other.is_full() else None
            self._followers[key] = 0 if first is None else ceil(first.ratio)
        return self._followers[key]

    def is_full(self) -> bool:
        """Whether no node takes one more replica."""
        fleet = self.affected.fleet
        usable = self.affected.eligible(self.deployment.key)[fleet.group_of] & fleet.accepts
        return not self.room[usable].any()

    def _extra(self, node: int, rows: Sequence[Held], chosen: Sequence[int]) -> int:
        """Return how many more replicas fit when so many of each row are gone."""
        wish, ledger = self.deployment, self.ledger
        cpus = int(ledger.cpus[node]) + _sum(d.cpus * n for (_, d), n in _pairs(rows, chosen))
        memory = int(ledger.memory[node]) + _sum(d.memory * n for (_, d), n in _pairs(rows, chosen))
        fit = [wish.replicas]
        fit += [cpus // wish.cpus] if wish.cpus else []
        fit += [memory // wish.memory] if wish.memory else []
        for name, amount in wish.extra.items():
            free = int(ledger.extra[name][node]) if name in ledger.extra else 0
            gone = _sum(d.extra.get(name, 0) * n for (_, d), n in _pairs(rows, chosen))
            fit += [(free + gone) // amount] if amount else []
        fit += self._gpus(node, rows, chosen)
        return max(0, min(fit)) - int(self.room[node])

    def _gpus(self, node: int, rows: Sequence[Held], chosen: Sequence[int]) -> list[int]:
        wish, slots = self.deployment.gpus, list(self.ledger.slots_of(node))
        if not wish:
            return []
        taken = int(self.ledger.taken[node])
        for (row, d), count in _pairs(rows, chosen):
            if not d.is_share:
                taken -= d.gpus // UNIT * count
            elif row.gpu is not None and row.gpu < len(slots):
                slots[row.gpu] += d.gpus * count
        idle = slots.count(UNIT)
        if wish >= UNIT:
            return [(idle - taken) * UNIT // wish]
        return [sum(free // wish for free in slots) - min(taken, idle) * (UNIT // wish)]


def least_weight(evictions: Iterable[Eviction], short: int, *, step: int) -> int | None:
    """Return the weight that has to leave at least before so many replicas fit.

    A node's least weight per replica holds for each of those that come to it. None says that not
    even everything gone that may go would be enough.

    Parameters
    ----------
    evictions : iterable of Eviction
        By ratio, upwards.
    step : int
        All weights are multiples of it.
    """
    left, total = short, Fraction(0)
    if not left:
        return 0
    for eviction in evictions:
        taken = min(left, eviction.most)
        total += eviction.ratio * taken
        left -= taken
        if not left:
            return ceil(total / step) * step
    return None


def _pairs(rows: Sequence[Held], chosen: Sequence[int]) -> Iterator[tuple[Held, int]]:
    return zip(rows, chosen, strict=True)


def _sum(values: Iterable[int]) -> int:
    return sum(values)
