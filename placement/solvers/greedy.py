"""A first plan without a solver: everyone in order, each replica on the cheapest node that fits.

It never breaks a rule; what it cannot place by these means it leaves out. The plan is what remains
when no time is left for anything better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from placement.problem.builder import ProblemBuilder
from placement.problem.problem import Ints
from placement.solvers.node_space import Item, NodeSpace, Seat, preferred_slots
from placement.workspace.workspace import Domain

Layout = dict[int, tuple[Seat, ...]]
"""Seats by cell."""


@dataclass(frozen=True, slots=True)
class _Put:
    item: Item
    pair: int
    cell: int
    node: int
    slots: tuple[int, ...]


class Greedy:
    """State of one greedy pass.

    Parameters
    ----------
    builder : ProblemBuilder
        After all constraints have been compiled.
    values : int array
        Per pair what one replica adds to the last tier.
    """

    def __init__(self, builder: ProblemBuilder, values: Ints) -> None:
        self.builder = builder
        self.values = values
        self.spaces: dict[int, list[NodeSpace]] = {}
        self.puts: list[list[_Put]] = [[] for _ in builder.deployments]
        self.numbers = {
            over: builder.domain_numbers(over) for over in Domain if over is not Domain.NODE
        }
        self.there: list[dict[Domain, Counter[object]]] = [{} for _ in builder.deployments]
        self.rivals = self._rivals()
        self.near = [
            [
                (entry.over, builder.selected(d, entry.selector))
                for entry in deployment.together_with
            ]
            for d, deployment in enumerate(builder.deployments)
        ]
        self.skew = [self._skews(d) for d in range(len(builder.deployments))]
        self.cpus = builder.free["cpus"].copy()
        self.memory = builder.free["memory"].copy()
        self.whole = builder.cell_whole.copy()

    def _rivals(self) -> list[list[tuple[int, Domain]]]:
        found: list[set[tuple[int, Domain]]] = [set() for _ in self.builder.deployments]
        for d, deployment in enumerate(self.builder.deployments):
            for entry in deployment.separate_from:
                for other in self.builder.selected(d, entry.selector):
                    found[d].add((other, entry.over))
                    found[other].add((d, entry.over))
        return [sorted(rivals) for rivals in found]

    def _skews(self, d: int) -> list[tuple[Domain, int, list[int]]]:
        """Return (kind, most skew, usable domains); none are listed for nodes."""
        return [
            (
                entry.over,
                entry.max_skew,
                [] if entry.over is Domain.NODE else self.builder.usable_domains(d, entry.over),
            )
            for entry in self.builder.deployments[d].spread
            if entry.max_skew is not None
        ]

    # ------------------------------------------------------------ one replica

    def _domain(self, over: Domain, cell: int, node: int) -> object:
        return (cell, node) if over is Domain.NODE else int(self.numbers[over][cell])

    def _count(self, d: int, over: Domain, domain: object) -> int:
        return self.there[d].get(over, Counter())[domain]

    def _allowed(self, d: int, cell: int, node: int) -> bool:
        deployment = self.builder.deployments[d]
        for entry in deployment.spread:
            count = self._count(d, entry.over, self._domain(entry.over, cell, node))
            if entry.max_per_domain is not None and count >= entry.max_per_domain:
                return False
        for over, most, usable in self.skew[d]:
            least = min((self._count(d, over, number) for number in usable), default=0)
            if self._count(d, over, self._domain(over, cell, node)) + 1 - least > most:
                return False
        for other, over in self.rivals[d]:
            if self._count(other, over, self._domain(over, cell, node)):
                return False
        return all(
            any(self._count(m, over, self._domain(over, cell, node)) for m in others)
            for over, others in self.near[d]
        )

    def _item(self, pair: int) -> Item:
        d = int(self.builder.pair_deployment[pair])
        deployment = self.builder.deployments[d]
        return Item(
            deployment=d,
            count=deployment.replicas,
            gpus=deployment.gpus,
            cpus=deployment.cpus,
            memory=deployment.memory,
            extra=tuple(sorted((k, v) for k, v in deployment.extra.items() if v)),
            most=int(self.builder.most[pair]),
        )

    def _nodes(self, cell: int) -> list[NodeSpace]:
        if cell not in self.spaces:
            content = self.builder.cells[cell]
            self.spaces[cell] = [NodeSpace(content) for _ in range(content.size)]
        return self.spaces[cell]

    def _try(self, item: Item, pair: int, cell: int, node: int) -> bool:
        d = item.deployment
        if not self._allowed(d, cell, node):
            return False
        preferred = preferred_slots(self.builder.cells[cell], d)
        slots = self.spaces[cell][node].put(item, preferred)
        if slots is None:
            return False
        self.puts[d].append(_Put(item, pair, cell, node, slots))
        self._mark(d, cell, node, 1)
        return True

    def _mark(self, d: int, cell: int, node: int, replicas: int) -> None:
        for over in Domain:
            counter = self.there[d].setdefault(over, Counter())
            counter[self._domain(over, cell, node)] += replicas

    def _refresh(self, cell: int) -> None:
        """Remember the most that any node of a cell still has."""
        spaces = self.spaces[cell]
        self.cpus[cell] = max(space.cpus for space in spaces)
        self.memory[cell] = max(space.memory for space in spaces)
        self.whole[cell] = max(space.whole for space in spaces)

    def remove(self, d: int) -> None:
        """Take every replica of a deployment away again."""
        for put in self.puts[d]:
            self.spaces[put.cell][put.node].take(put.item, put.slots)
        for cell in {put.cell for put in self.puts[d]}:
            self._refresh(cell)
        self.puts[d] = []
        self.there[d] = {}

    # ------------------------------------------------------------- deployments

    def keep(self, d: int) -> None:
        """Leave running replicas where they are as far as the rules allow."""
        wanted = self.builder.wanted[d]
        for pair in self.builder.pairs_of(d).tolist():
            cell = int(self.builder.pair_cell[pair])
            running = self.builder.cells[cell].resident(d)
            if not running:
                continue
            item = self._item(pair)
            for node in range(len(self._nodes(cell))):
                for _ in range(running):
                    if len(self.puts[d]) < wanted:
                        self._try(item, pair, cell, node)
            self._refresh(cell)

    def place(self, d: int) -> None:
        """Place what is missing of a deployment, cheapest nodes first."""
        pairs = self._candidates(d)
        for entry in self.builder.deployments[d].spread:
            if entry.min_domains is not None:
                wanted = min(entry.min_domains, self.builder.deployments[d].replicas)
                self._fill(d, pairs, fresh=(entry.over, wanted))
        placed = -1
        while placed < len(self.puts[d]) < self.builder.wanted[d]:
            placed = len(self.puts[d])
            self._fill(d, pairs)

    def _candidates(self, d: int) -> list[int]:
        pairs = self.builder.pairs_of(d)
        deployment = self.builder.deployments[d]
        cells = self.builder.pair_cell[pairs]
        fits = (self.cpus[cells] >= deployment.cpus) & (self.memory[cells] >= deployment.memory)
        if not deployment.is_share:
            fits &= self.whole[cells] * 1000 >= deployment.gpus
        fits &= self.builder.accepts[cells]
        left = pairs[fits]
        order = np.lexsort((left, self.whole[cells[fits]], self.values[left]))
        candidates: list[int] = left[order].tolist()
        return candidates

    def _fill(
        self, d: int, pairs: Iterable[int], *, fresh: tuple[Domain, int] | None = None
    ) -> None:
        """Put replicas on nodes in order; with ``fresh`` only until that many domains are used."""
        wanted = self.builder.wanted[d]
        for pair in pairs:
            cell = int(self.builder.pair_cell[pair])
            item = self._item(pair)
            before = len(self.puts[d])
            for node in range(len(self._nodes(cell))):
                while len(self.puts[d]) < wanted:
                    if fresh is not None and not self._is_fresh(d, fresh, cell, node):
                        break
                    if not self._try(item, pair, cell, node):
                        break
            if len(self.puts[d]) > before:
                self._refresh(cell)
            if len(self.puts[d]) >= wanted:
                return

    def _is_fresh(self, d: int, fresh: tuple[Domain, int], cell: int, node: int) -> bool:
        over, wanted = fresh
        used = sum(count > 0 for count in self.there[d].get(over, Counter()).values())
        return used < wanted and not self._count(d, over, self._domain(over, cell, node))

    def stands(self, d: int) -> bool:
        """Whether what is placed of a deployment may stay as it is."""
        deployment = self.builder.deployments[d]
        placed = len(self.puts[d])
        if not placed:
            return True
        if placed < deployment.min_replicas:
            return False
        for entry in deployment.spread:
            if entry.min_domains is not None:
                used = sum(count > 0 for count in self.there[d][entry.over].values())
                if used < min(entry.min_domains, deployment.replicas):
                    return False
        return all(
            any(self._count(m, over, self._domain(over, put.cell, put.node)) for m in others)
            for put in self.puts[d]
            for over, others in self.near[d]
        )

    def layout(self) -> Layout:
        """Return the seats by cell."""
        found: dict[int, Counter[tuple[int, int, int | None]]] = {}
        for puts in self.puts:
            for put in puts:
                slot = put.slots[0] if put.item.is_share else None
                counter = found.setdefault(put.cell, Counter())
                counter[put.item.deployment, put.node, slot] += 1
        return {
            cell: tuple(
                Seat(d, node, slot, replicas)
                for (d, node, slot), replicas in sorted(
                    counter.items(), key=lambda seat: (seat[0][1], seat[0][0], seat[0][2] or 0)
                )
            )
            for cell, counter in sorted(found.items())
        }


def greedy_layout(builder: ProblemBuilder, values: Ints) -> Layout:
    """Return a layout that breaks no rule."""
    state = Greedy(builder, values)
    order = sorted(range(len(builder.deployments)), key=lambda d: _order(builder, d))
    for d in order:
        state.keep(d)
    for d in order:
        state.place(d)
        if not state.stands(d):
            state.remove(d)
    while any(not state.stands(d) for d in order):
        for d in order:
            if not state.stands(d):
                state.remove(d)
    return state.layout()


def _order(builder: ProblemBuilder, d: int) -> tuple[int, ...]:
    """High priority first, then large replicas, then those with the fewest nodes to go to."""
    deployment = builder.deployments[d]
    nodes = int(builder.size[builder.pair_cell[builder.pairs_of(d)]].sum())
    return (
        -deployment.priority,
        bool(deployment.together_with),
        -deployment.gpus,
        nodes,
        -deployment.cpus,
        -deployment.memory,
        d,
    )


def counts_of(builder: ProblemBuilder, layout: Layout) -> Ints:
    """Return the replicas per pair of a layout."""
    number = {
        (int(d), int(c)): pair
        for pair, (d, c) in enumerate(
            zip(builder.pair_deployment.tolist(), builder.pair_cell.tolist(), strict=True)
        )
    }
    counts = np.zeros(len(builder.pair_deployment), np.int64)
    for cell, seats in layout.items():
        for seat in seats:
            counts[number[seat.deployment, cell]] += seat.replicas
    return counts
