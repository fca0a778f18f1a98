"""A first plan without a solver: everyone in order, on the cheapest nodes that have room.

It never breaks a rule; what it cannot place by these means it leaves out. The plan is what remains
when no time is left for anything better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from placement.problem.builder import ProblemBuilder
from placement.problem.problem import Ints
from placement.solvers.domain_rules import DomainRules
from placement.solvers.node_arrays import Demand, NodeArrays, Put
from placement.solvers.node_space import Seat
from placement.workspace.workspace import Domain

Layout = dict[int, tuple[Seat, ...]]
"""Seats by cell."""
Seats = tuple[Ints, Ints, Ints, Ints, Ints]
"""Deployment, cell, node of the cell, GPU or -1, replicas."""

PASSES = 6
"""Further passes where something is left out."""
PLACED_AGAIN = 30_000
"""Deployments that all further passes place again at most."""
CELLS = 4
"""So many cells at least are looked at in one step."""
PARTS = 4
"""A balanced pass takes this part of the room of a node at a time."""
ALIKE = 2
"""Decimals to which the likeness of a demand and of what is free is told apart."""


class Greedy:
    """State of one greedy pass.

    Parameters
    ----------
    builder : ProblemBuilder
        After all constraints have been compiled.
    values : int array
        Per pair what one replica adds to the last tier.
    balanced : bool
        Whether a replica goes where what is free is most like what it asks for, so that no
        resource is left behind alone, rather than where it is cheapest.
    """

    def __init__(self, builder: ProblemBuilder, values: Ints, *, balanced: bool = False) -> None:
        self.builder = builder
        self.values = values
        self.balanced = balanced
        self.demands = [
            Demand(d.gpus, (("cpus", d.cpus), ("memory", d.memory), *sorted(d.extra.items())))
            for d in builder.deployments
        ]
        shares = any(demand.is_share for demand in self.demands)
        self.nodes = NodeArrays(builder.cells, shares=shares)
        self.puts: list[list[Put]] = [[] for _ in builder.deployments]
        self.placed = [0] * len(builder.deployments)
        self.rules = DomainRules(builder, self.nodes, self.puts)
        self.residents: list[dict[int, list[tuple[int | None, int]]]] = [
            {} for _ in builder.deployments
        ]
        for c in np.flatnonzero(builder.has_residents).tolist():
            for resident in builder.cells[c].residents:
                own = self.residents[resident.deployment].setdefault(c, [])
                own.append((resident.slot, resident.replicas))
        supply = self._free(np.arange(len(self.nodes.cell))).sum(axis=1)
        self.supply = np.where(supply > 0, supply, 1.0)

    # ---------------------------------------------------------------- replicas

    def keep(self, d: int) -> None:
        """Leave running replicas where they are as far as the rules allow."""
        pairs = self.builder.pairs_of(d)
        cells = self.builder.pair_cell[pairs]
        at = np.isin(cells, np.array(list(self.residents[d]), np.int64))
        if not at.any():
            return
        pairs, cells = pairs[at], cells[at]
        rows = [self.residents[d][c] for c in cells.tolist()]
        running = np.array([sum(n for _, n in row) for row in rows], np.int64)
        size = self.nodes.size[cells]
        most = np.repeat(np.minimum(running, self.builder.most[pairs]), size)
        wish = self._wishes(d, cells, rows)
        placed = -1
        while placed < self.placed[d]:
            placed = self.placed[d]
            nodes = self.nodes.of(cells)
            self._put(d, nodes, self._room(d, nodes, most), wish)

    def _wishes(self, d: int, cells: Ints, rows: list[list[tuple[int | None, int]]]) -> Ints | None:
        """Return which GPUs shares of a deployment use on the nodes of some cells today."""
        if not self.demands[d].is_share:
            return None
        wishes = np.zeros((len(cells), self.nodes.names.shape[1]), np.int64)
        for line, (c, row) in enumerate(zip(cells.tolist(), rows, strict=True)):
            for slot, replicas in row:
                if slot is not None:
                    wishes[line, self.nodes.names[c] == slot] += replicas
        return np.repeat(wishes, self.nodes.size[cells], axis=0)

    def place(self, d: int) -> None:
        """Place what is missing of a deployment."""
        deployment = self.builder.deployments[d]
        for entry in deployment.spread:
            if entry.min_domains is not None:
                self._open(d, entry.over, min(entry.min_domains, deployment.replicas))
        again = self.balanced or self.rules.spreads(d)
        placed = -1
        while placed < self.placed[d] < self.builder.wanted[d]:
            placed = self.placed[d]
            for pairs in self._batches(d):
                self._fill(d, pairs)
                if not self._owed(d):
                    break
            if not again:
                return

    def remove(self, d: int) -> None:
        """Take every replica of a deployment away again."""
        for put in self.puts[d]:
            self.nodes.take(self.demands[d], put)
        self.puts[d].clear()
        self.placed[d] = 0
        self.rules.changed(d)

    def restore(self, d: int, puts: Sequence[Put]) -> None:
        """Put whole replicas of a deployment on nodes that have room for them."""
        for put in puts:
            self.puts[d].append(self.nodes.put(self.demands[d], put.nodes, put.replicas))
            self.placed[d] += int(put.replicas.sum())
        self.rules.changed(d)

    def stands(self, d: int) -> bool:
        """Whether what is placed of a deployment may stay as it is."""
        if not self.placed[d]:
            return True
        enough = self.placed[d] >= self.builder.deployments[d].min_replicas
        return enough and self.rules.met(d)

    # ------------------------------------------------------------------- where

    def _owed(self, d: int) -> int:
        return max(self.builder.wanted[d] - self.placed[d], 0)

    def _batches(self, d: int) -> Iterator[Ints]:
        """Yield pairs in order, each time so many that they could suffice, or twice as many.

        What depends on all domains or all nodes is asked of all at once.
        """
        pairs = self._candidates(d)
        if self.balanced or self.rules.spreads(d):
            yield pairs
            return
        there = np.cumsum(self.builder.pair_high[pairs])
        start, width, owed = 0, CELLS, self._owed(d)
        while start < len(pairs):
            before = int(there[start - 1]) if start else 0
            enough = int(np.searchsorted(there, before + owed)) + 1
            end = max(start + width, enough)
            yield pairs[start:end]
            start, width = end, 2 * (end - start)

    def _candidates(self, d: int) -> Ints:
        """Return the pairs where a replica could find room, cheapest and tightest cells first."""
        pairs = self.builder.pairs_of(d)
        cells = self.builder.pair_cell[pairs]
        fits = self.nodes.may_fit(self.demands[d], cells) & self.builder.accepts[cells]
        left, cells = pairs[fits], cells[fits]
        order = np.lexsort((left, self.nodes.most["whole"][cells], self.values[left]))
        return np.take(left, order)

    def _fill(self, d: int, pairs: Ints) -> None:
        """Put what is missing on the nodes of some pairs, best ones first."""
        nodes, room, value = self._usable(d, pairs)
        if not len(nodes):
            return
        if not self.balanced:
            order = np.lexsort((self.nodes.tightness(self.demands[d], nodes), value))
            self._put(d, nodes[order], room[order])
            return
        order = np.lexsort((value, -np.round(self._likeness(d, nodes), ALIKE)))
        self._put(d, nodes[order], -(-room[order] // PARTS))

    def _open(self, d: int, over: Domain, wanted: int) -> None:
        """Put one replica into each further domain until ``wanted`` of them are used."""
        placed = -1
        while placed < self.placed[d] < self.builder.wanted[d]:
            placed = self.placed[d]
            nodes, room, value = self._usable(d, self._candidates(d))
            order = np.lexsort((self.nodes.tightness(self.demands[d], nodes), value))
            nodes, room = nodes[order], room[order]
            self._put(d, nodes, self.rules.fresh(d, over, wanted, nodes, room))

    def _usable(self, d: int, pairs: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the nodes of some pairs with room, how much, and the value of a replica there."""
        cells = self.builder.pair_cell[pairs]
        size = self.nodes.size[cells]
        nodes = self.nodes.of(cells)
        room = self._room(d, nodes, np.repeat(self.builder.most[pairs], size))
        use = np.flatnonzero(room)
        return nodes[use], room[use], np.repeat(self.values[pairs], size)[use]

    def _room(self, d: int, nodes: Ints, most: Ints) -> Ints:
        """Return how many more replicas each node may hold, up to ``most`` in all."""
        room = np.minimum(most, self.rules.most_per_node(d))
        if self.puts[d]:
            room -= self.rules.counts(d, Domain.NODE)[nodes]
        room = np.minimum(np.maximum(room, 0), self.nodes.room(self.demands[d], nodes))
        return room if self.rules.is_free(d) else np.where(self.rules.open_to(d, nodes), room, 0)

    def _likeness(self, d: int, nodes: Ints) -> NDArray[np.float64]:
        """Return the cosine of the angle between the demand and what is free on each node."""
        asked = self.demands[d]
        sums = dict(asked.sums)
        want = np.array([asked.gpus, sums["cpus"], sums["memory"]]) / self.supply
        free = self._free(nodes) / self.supply[:, None]
        length = np.sqrt((free * free).sum(axis=0) * (want @ want))
        return (want @ free) / np.where(length, length, 1.0)

    def _free(self, nodes: Ints) -> NDArray[np.float64]:
        free = self.nodes.free
        rows = [self.nodes.gpus(nodes), free["cpus"][nodes], free["memory"][nodes]]
        return np.array(rows, np.float64)

    def _put(self, d: int, nodes: Ints, room: Ints, wish: Ints | None = None) -> None:
        """Put what is missing on nodes in order, up to ``room`` on each."""
        owed = self._owed(d)
        if self.rules.spreads(d):
            room = self.rules.capped(d, nodes, room, owed)
        counts = np.clip(owed - (np.cumsum(room) - room), 0, room)
        use = np.flatnonzero(counts)
        if not len(use):
            return
        own = None if wish is None else wish[use]
        self.puts[d].append(self.nodes.put(self.demands[d], nodes[use], counts[use], own))
        self.placed[d] += int(counts.sum())
        self.rules.changed(d)

    def left_out(self) -> list[int]:
        """Return the deployments that are not placed whole and could be somewhere."""
        return [d for d in range(len(self.puts)) if self._owed(d) and len(self._cells(d))]

    def strands(self) -> bool:
        """Whether there are GPUs for something left out, but not the CPUs or the memory.

        Of deployments without GPUs: whether they are left out at all.
        """
        return any(self.nodes.any_gpus(self.demands[d], self._cells(d)) for d in self.left_out())

    def _cells(self, d: int) -> Ints:
        return self.builder.pair_cell[self.builder.pairs_of(d)]

    # ------------------------------------------------------------------ result

    def merit(self) -> tuple[int, ...]:
        """Return what the tiers would say, but moves: less is better."""
        displaced: Counter[int] = Counter()
        unplaced: Counter[int] = Counter()
        for d, deployment in enumerate(self.builder.deployments):
            running = sum(
                replicas * int(self.nodes.size[c])
                for c, rows in self.residents[d].items()
                for _, replicas in rows
            )
            lost = max(min(running, deployment.replicas) - self.placed[d], 0)
            displaced[-deployment.priority] += deployment.weight * lost
            unplaced[-deployment.priority] += deployment.weight * self._owed(d)
        order = sorted(unplaced)
        owner, cell, _, _, count = self._seats()
        value = int(self.values[_pairs_at(self.builder, owner, cell)] @ count)
        return (*(displaced[p] for p in order), *(unplaced[p] for p in order), value)

    def _seats(self) -> Seats:
        """Return all seats in arrays."""
        parts: list[Seats] = []
        for d, puts in enumerate(self.puts):
            for put in puts:
                nodes, replicas = put.nodes, put.replicas
                slot = np.full(len(nodes), -1)
                if self.demands[d].is_share and put.slots is not None:
                    line, column = np.nonzero(put.slots)
                    nodes, replicas = nodes[line], put.slots[line, column]
                    slot = self.nodes.names[self.nodes.cell[nodes], column]
                cell = self.nodes.cell[nodes]
                owner = np.full(len(nodes), d, np.int64)
                parts.append((owner, cell, nodes - self.nodes.first[cell], slot, replicas))
        if not parts:
            none = np.zeros(0, np.int64)
            return none, none, none, none, none
        owners, cells, places, gpus, counts = map(np.concatenate, zip(*parts, strict=True))
        return owners, cells, places, gpus, counts

    def layout(self) -> Layout:
        """Return the seats by cell."""
        d, cell, node, slot, count = self._seats()
        order = np.lexsort((slot, d, node, cell))
        keys = np.stack([cell, node, d, slot])[:, order]
        new = np.ones(len(order), bool)
        new[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        start = np.flatnonzero(new)
        total = np.add.reduceat(count[order], start) if len(order) else count
        seats: dict[int, list[Seat]] = {}
        lines = zip(*keys[:, start].tolist(), total.tolist(), strict=True)
        for c, place, owner, gpu, replicas in lines:
            seats.setdefault(c, []).append(Seat(owner, place, None if gpu < 0 else gpu, replicas))
        return {c: tuple(own) for c, own in seats.items()}


def greedy_layout(builder: ProblemBuilder, values: Ints) -> Layout:
    """Return a layout that breaks no rule.

    Where something is left out there are further passes, in which whoever was left out before
    comes earlier. If that does not help and GPUs stay free that no node has the CPUs or the
    memory to go with, the next passes use resources evenly instead of cheaply.
    """
    best = last = _pass(builder, values, order_of(builder, {}))
    blame: Counter[int] = Counter()
    before: tuple[int, ...] | None = None
    for number in range(min(PASSES, PLACED_AGAIN // (len(builder.deployments) + 1))):
        left_out, merit = last.left_out(), last.merit()
        balanced = last.balanced or (number > 0 and last.strands())
        if not left_out or (merit == before and balanced == last.balanced):
            break
        before = merit
        blame = blame + Counter(left_out) if balanced == last.balanced else Counter()
        order = order_of(builder, blame, by_size=balanced)
        last = _pass(builder, values, order, balanced=balanced)
        if last.merit() < best.merit():
            best = last
    return best.layout()


def _pass(
    builder: ProblemBuilder, values: Ints, order: Sequence[int], *, balanced: bool = False
) -> Greedy:
    state = Greedy(builder, values, balanced=balanced)
    for d in order:
        state.keep(d)
    return completed(state, order)


def completed(state: Greedy, order: Sequence[int]) -> Greedy:
    """Place what is missing, and take back what does not stand by itself."""
    for d in order:
        state.place(d)
        if not state.stands(d):
            state.remove(d)
    while any(not state.stands(d) for d in order):
        for d in order:
            if not state.stands(d):
                state.remove(d)
    return state


def order_of(
    builder: ProblemBuilder, blame: Mapping[int, int], *, by_size: bool = False
) -> list[int]:
    """High priority first, then with GPUs, then those with the fewest nodes to go to.

    Parameters
    ----------
    blame : mapping of int to int
        How often a deployment was left out: so much earlier it comes.
    by_size : bool
        Whether twice the GPUs weigh as much as half the nodes.
    """
    nodes = np.bincount(
        builder.pair_deployment,
        weights=builder.size[builder.pair_cell],
        minlength=len(builder.deployments),
    )

    def key(number: int) -> tuple[float, ...]:
        d = builder.deployments[number]
        few = nodes[number] / (1 + blame.get(number, 0)) / ((d.gpus or 1) if by_size else 1)
        size = (-d.gpus, -d.cpus, -d.memory)
        return (-d.priority, bool(d.together_with), not d.gpus, few, *size, number)

    return sorted(range(len(builder.deployments)), key=key)


def _pairs_at(builder: ProblemBuilder, deployment: Ints, cell: Ints) -> Ints:
    """Return the numbers of some pairs."""
    width = len(builder.cells) + 1
    keys = builder.pair_deployment * width + builder.pair_cell
    found: Ints = np.searchsorted(keys, deployment * width + cell)
    return found


def counts_of(builder: ProblemBuilder, layout: Layout) -> Ints:
    """Return the replicas per pair of a layout."""
    seats = [(s.deployment, c, s.replicas) for c, own in layout.items() for s in own]
    d, cell, replicas = np.array(seats, np.int64).reshape(-1, 3).T
    counts = np.zeros(len(builder.pair_deployment), np.int64)
    np.add.at(counts, _pairs_at(builder, d, cell), replicas)
    return counts
