"""When it does not fit pinned: replicas may move, first those whose going makes most room.

The nodes from which the least has to leave, and what runs there, become free; each mover may go to
a few nodes that have room for it, and where there is none, the search goes on from there. What
is found is an upper bound; the evictions alone are the lower bound that it is held against.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import islice
from math import gcd

import numpy as np
from numpy.typing import NDArray

from placement.problem.affected import Affected
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.fleet import Ints
from placement.problem.landing import landing_nodes
from placement.problem.ledger import Key
from placement.solvers.evictions import Eviction, Evictions, least_weight
from placement.solvers.exact import Solved, TierBound, solve_exactly
from placement.solvers.greedy import greedy_layout
from placement.solvers.limits import Limits
from placement.solvers.standing import Found, standing_of

ROUNDS = ((6, 4), (24, 8))
"""Nodes to make room on besides one per missing replica, and nodes that a mover may go to."""
DEPTH = 3
"""How long a chain of movers may get whose places are taken by others."""
ROUND_WORK = 1.5
"""Deterministic time of one tier in one round."""
MOST_MISSING = 64
"""Replicas without a place beyond which rooms would have to be made everywhere."""
Nodes = set[int]


class Growth:
    """Makes room for one change.

    Parameters
    ----------
    affected : Affected
    pinned : Found
        The best placement with everything else where it is; it leaves some replicas out.
    limits : Limits
    firm : bool
        Whether what must be placed whole is of no use in part.
    """

    def __init__(self, affected: Affected, pinned: Found, limits: Limits, *, firm: bool) -> None:
        self.affected = affected
        self.pinned = pinned
        self.limits = limits
        self.parts = affected.loose_parts()
        self.ledger = affected.without(affected.keys, parts=self.parts)
        strict = affected.transition.strict
        self.firm = firm and any(
            short and key in strict
            for key, short in zip(pinned.keys, pinned.standing.short, strict=True)
        )
        self.short = [
            (key, short)
            for key, short in zip(pinned.keys, pinned.standing.short, strict=True)
            if short
        ]
        self.missing = sum(short for _, short in self.short)
        chained = len(affected.keys) == 1 and self.missing == 1
        found = {
            key: Evictions(affected, key, self.ledger, short, self.parts, chained=chained)
            for key, short in self.short
        }
        self.needed = {key: evictions.needed() for key, evictions in found.items()}
        self.evictions = {key: _Seen(evictions.cheapest()) for key, evictions in found.items()}

    def grown(self) -> Found:
        """Return the best placement found; without a better one that of nothing else moving."""
        best = self.pinned
        least = self._least() if self.short else 0
        if least is None and self.firm:
            return replace(best, impossible=True)
        for breadth, places in ROUNDS if 0 < self.missing <= MOST_MISSING else ():
            if self.limits.over():
                break
            found = _Ring(self, breadth, places).solve()
            if found.rank < best.rank and self._keeps_minimum(found):
                best = found
            if not any(best.standing.short) and best.standing.moved <= (least or 0):
                break
        proved = 0 if any(best.standing.short) else (least or 0)
        return replace(best, least=proved)

    def _keeps_minimum(self, found: Found) -> bool:
        """Whether no deployment that was free in part is left with fewer than its minimum."""
        short = dict(zip(found.keys, found.standing.short, strict=True))
        return all(
            short[key] == 0
            or self.affected.wanted(key) - short[key]
            >= self.affected.after.by_key[key].min_replicas
            for key in found.parts
        )

    def _least(self) -> int | None:
        """Return the weight that has to move at least; None if no moves help."""
        after = self.affected.after.deployments
        step = reduce(gcd, (d.weight for d in after if d.enabled), 0) or 1
        least = 0
        for key, needed in self.needed.items():
            own = least_weight(self.evictions[key], needed, step=step)
            if own is None:
                return None
            least = max(least, own)
        return least


class _Seen:
    """The evictions that were asked for, kept for the next who asks."""

    def __init__(self, source: Iterator[Eviction]) -> None:
        self._source = source
        self._seen: list[Eviction] = []

    def __iter__(self) -> Iterator[Eviction]:
        position = 0
        while True:
            if position == len(self._seen):
                following = next(self._source, None)
                if following is None:
                    return
                self._seen.append(following)
            yield self._seen[position]
            position += 1


class _Ring:
    """One round: some nodes and what runs there are free."""

    def __init__(self, growth: Growth, breadth: int, places: int) -> None:
        self.growth = growth
        self.affected = growth.affected
        self.places = places
        self.parts: dict[Key, Nodes] = {key: set(own) for key, own in growth.parts.items()}
        self.may_go: dict[Key, Nodes] = {key: set() for key in self.affected.keys}
        for key, short in growth.short:
            for eviction in islice(growth.evictions[key], breadth + short):
                self._free(key, eviction.node, DEPTH)

    def _free(self, key: Key, node: int, depth: int) -> None:
        """Let a deployment come to a node, and let those that may move leave it."""
        self.may_go.setdefault(key, set()).add(node)
        for row, _ in self.affected.may_move(node, self.growth.parts):
            if not self.affected.is_loose(row.key):
                continue
            nodes = self.parts.setdefault(row.key, set())
            if node not in nodes:
                nodes.add(node)
                self._find_places(row.key, depth)

    def _find_places(self, key: Key, depth: int) -> None:
        """Let a mover go to nodes that have room, or have room made where there is none."""
        known = self.may_go.setdefault(key, set())
        if known:
            return
        known.update(self._nodes_with_room(key))
        if known or not depth:
            return
        evictions = Evictions(
            self.affected, key, self.growth.ledger, 1, self.growth.parts
        ).cheapest()
        for eviction in islice(evictions, self.places):
            self._free(key, eviction.node, depth - 1)

    def _nodes_with_room(self, key: Key) -> list[int]:
        """Return the fullest nodes that have room for one more replica."""
        ledger, fleet = self.growth.ledger, self.growth.ledger.fleet
        room = ledger.room(self.affected.after.by_key[key])
        usable = self.affected.eligible(key)[fleet.group_of] & fleet.accepts & (room > 0)
        nodes = np.flatnonzero(usable)
        chosen: list[int] = nodes[np.argsort(room[nodes], kind="stable")[: self.places]].tolist()
        return chosen

    def solve(self) -> Found:
        """Return the best placement of this round."""
        affected = self.affected
        keys = tuple(sorted({*affected.keys, *self.parts}))
        ledger, parts = self.growth.ledger, self.growth.parts
        for key in affected.keys:
            near = landing_nodes(affected, (key,), ledger, breadth=1, parts=parts)
            self.may_go[key].update(near.tolist())
        nodes = sorted({node for own in self.may_go.values() for node in own})
        compiled = affected.compile(keys, np.array(nodes, np.int64), parts=self.parts)
        allowed = self._allowed(keys, compiled.cells)
        problem, builder = compiled.build(compiled.cells, allowed=allowed)
        first = greedy_layout(builder, problem.tiers[-1].per_pair(problem.pairs))
        effort = self.growth.limits.effort(ROUND_WORK)
        solved = solve_exactly(
            compiled, first, effort, report=_silent, cells=compiled.cells, allowed=allowed
        )
        standing = standing_of(compiled, solved.cells, solved.layout)
        bounded = _with_bound(solved, compiled, self._cheapest(keys, compiled))
        return Found(keys, compiled, bounded, standing, whole=False, parts=self.parts)

    def _allowed(self, keys: Sequence[Key], cells: Sequence[Cell]) -> NDArray[np.bool_]:
        """Return which deployment may be in which cell."""
        offset = self.growth.ledger.fleet.offset
        allowed = np.zeros((len(keys), len(cells)), bool)
        for c, cell in enumerate(cells):
            nodes = {int(offset[cell.group]) + index for index in cell.indices}
            for d, key in enumerate(keys):
                own = self.may_go.get(key, set()) | self.parts.get(key, set())
                allowed[d, c] = bool(cell.resident(d)) or not own.isdisjoint(nodes)
        return allowed

    def _cheapest(self, keys: Sequence[Key], compiled: Compiled) -> int:
        """Return what the free replicas add to the last tier at least, wherever they go."""
        if self.affected.bill_nodes:
            return 0
        counts: Ints = self.affected.catalog.table.count
        total = 0
        for key, wanted in zip(keys, compiled.wanted, strict=True):
            usable = self.affected.eligible(key) & (counts > 0)
            total += wanted * int(self.affected.values(key)[usable].min(initial=2**62))
        return total


def _with_bound(solved: Solved, compiled: Compiled, bound: int) -> Solved:
    """Return a solution whose last bound holds for all nodes, not only those looked at."""
    name = compiled.objective.name
    bounds = tuple(TierBound(name, bound) if b.name == name else b for b in solved.bounds)
    return replace(solved, bounds=bounds, exact=False, budget=True, joined=True)


def _silent(tier: str, value: int, bound: int | None) -> None:
    """Report nothing: the values of one round are not those of the change."""
