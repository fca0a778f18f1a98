"""What rules about domains and peers leave open while deployments are placed one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placement.problem.builder import ProblemBuilder
from placement.problem.problem import Ints
from placement.solvers.node_arrays import MANY, NodeArrays, Put
from placement.workspace.workspace import Domain

Mask = NDArray[np.bool_]


class DomainRules:
    """Asked before replicas are put, and told afterwards.

    Parameters
    ----------
    puts : list of list of Put
        What is placed of each deployment; the owner changes it and calls ``changed``.
    """

    def __init__(
        self, builder: ProblemBuilder, nodes: NodeArrays, puts: Sequence[Sequence[Put]]
    ) -> None:
        self.builder = builder
        self.nodes = nodes
        self.puts = puts
        self.numbers = {
            over: builder.domain_numbers(over) for over in Domain if over is not Domain.NODE
        }
        self.rivals = self._rivals()
        self.near = [
            [
                (entry.over, builder.selected(d, entry.selector))
                for entry in deployment.together_with
            ]
            for d, deployment in enumerate(builder.deployments)
        ]
        self.skew = [self._skews(d) for d in range(len(builder.deployments))]
        self._counts: list[dict[Domain, Ints]] = [{} for _ in builder.deployments]

    def _rivals(self) -> list[list[tuple[int, Domain]]]:
        found: list[set[tuple[int, Domain]]] = [set() for _ in self.builder.deployments]
        for d, deployment in enumerate(self.builder.deployments):
            for entry in deployment.separate_from:
                for other in self.builder.selected(d, entry.selector):
                    found[d].add((other, entry.over))
                    found[other].add((d, entry.over))
        return [sorted(rivals) for rivals in found]

    def _skews(self, d: int) -> list[tuple[Domain, int, list[int]]]:
        """Return (kind, most skew, usable domains) of every kind but nodes."""
        return [
            (entry.over, entry.max_skew, self.builder.usable_domains(d, entry.over))
            for entry in self.builder.deployments[d].spread
            if entry.max_skew is not None and entry.over is not Domain.NODE
        ]

    def spreads(self, d: int) -> bool:
        """Whether where replicas of a deployment may go depends on where others of it are."""
        return bool(self.builder.deployments[d].spread)

    def is_free(self, d: int) -> bool:
        """Whether no other deployment says where this one may be."""
        return not (self.rivals[d] or self.near[d])

    def changed(self, d: int) -> None:
        """Take note that replicas of a deployment were put or taken away."""
        self._counts[d] = {}

    def counts(self, d: int, over: Domain) -> Ints:
        """Return the replicas of a deployment by node or by domain number."""
        if over not in self._counts[d]:
            width = int(self.numbers[over].max(initial=-1)) + 1 if over in self.numbers else 0
            total = np.zeros(width if over in self.numbers else len(self.nodes.cell), np.int64)
            for put in self.puts[d]:
                np.add.at(total, self.domains(over, put.nodes), put.replicas)
            self._counts[d][over] = total
        return self._counts[d][over]

    def domains(self, over: Domain, nodes: Ints) -> Ints:
        """Return the domain of each node as a number."""
        return nodes if over is Domain.NODE else self.numbers[over][self.nodes.cell[nodes]]

    # --------------------------------------------------------------- before a put

    def most_per_node(self, d: int) -> int:
        """Return the most replicas on one node; a skew over nodes counts from an empty one."""
        most = MANY
        for entry in self.builder.deployments[d].spread:
            if entry.over is Domain.NODE:
                most = min(most, entry.max_per_domain or MANY, entry.max_skew or MANY)
        return most

    def open_to(self, d: int, nodes: Ints) -> Mask:
        """Return on which nodes other deployments let this one be."""
        allowed = np.ones(len(nodes), bool)
        for other, over in self.rivals[d]:
            if self.puts[other]:
                allowed &= self.counts(other, over)[self.domains(over, nodes)] == 0
        for over, others in self.near[d]:
            allowed &= self._any_of(others, over, nodes)
        return allowed

    def _any_of(self, others: Sequence[int], over: Domain, nodes: Ints) -> Mask:
        domains = self.domains(over, nodes)
        there = np.zeros(len(nodes), bool)
        for other in others:
            if self.puts[other]:
                there |= self.counts(other, over)[domains] > 0
        return there

    def capped(self, d: int, nodes: Ints, replicas: Ints, owed: int) -> Ints:
        """Return what may be put on each node, in their order, so that no domain has too many.

        Parameters
        ----------
        owed : int
            The most that will be put in all.
        """
        for entry in self.builder.deployments[d].spread:
            if entry.max_per_domain is not None and entry.over is not Domain.NODE:
                left = entry.max_per_domain - self.counts(d, entry.over)
                replicas = within(self.domains(entry.over, nodes), replicas, left)
        for over, most, usable in self.skew[d]:
            counts, domains = self.counts(d, over), self.domains(over, nodes)
            least = int(counts[usable].min(initial=MANY))
            if usable and len(self.skew[d]) == 1:
                least = max(least, _level(counts, domains, replicas, usable, owed) - most)
            replicas = within(domains, replicas, least + most - counts)
        return replicas

    def fresh(self, d: int, over: Domain, wanted: int, nodes: Ints, replicas: Ints) -> Ints:
        """Return one replica for the first node of each unused domain, for ``wanted`` in all."""
        counts = self.counts(d, over)
        domains = self.domains(over, nodes)
        open_nodes = np.flatnonzero((replicas > 0) & (counts[domains] == 0))
        _, first = np.unique(domains[open_nodes], return_index=True)
        missing = max(wanted - int((counts > 0).sum()), 0)
        chosen = np.zeros_like(replicas)
        chosen[open_nodes[np.sort(first)[:missing]]] = 1
        return chosen

    # ---------------------------------------------------------------- afterwards

    def met(self, d: int) -> bool:
        """Whether what is placed of a deployment keeps the rules that ask for more."""
        deployment = self.builder.deployments[d]
        for entry in deployment.spread:
            if entry.min_domains is not None:
                used = int((self.counts(d, entry.over) > 0).sum())
                if used < min(entry.min_domains, deployment.replicas):
                    return False
        return all(
            bool(self._any_of(others, over, put.nodes).all())
            for put in self.puts[d]
            for over, others in self.near[d]
        )


def _level(counts: Ints, domains: Ints, replicas: Ints, usable: Sequence[int], owed: int) -> int:
    """Return a count that all usable domains can reach with what is owed and has room."""
    room = np.zeros(len(counts), np.int64)
    np.add.at(room, domains, np.minimum(replicas, owed))
    level = int((counts[usable].sum() + owed) // len(usable))
    return min(level, int((counts + room)[usable].min()))


def within(domains: Ints, replicas: Ints, left: Ints) -> Ints:
    """Cut replicas, the last ones first, so that each domain gets no more than is left to it."""
    total = np.zeros(len(left), np.int64)
    np.add.at(total, domains, replicas)
    if (total <= np.maximum(left, 0)).all():
        return replicas
    order = np.argsort(domains, kind="stable")
    mine, sorted_domains = replicas[order], domains[order]
    before = np.cumsum(mine) - mine
    start = np.searchsorted(sorted_domains, sorted_domains)
    cut = np.clip(left[sorted_domains] - (before - before[start]), 0, mine)
    result = np.empty_like(replicas)
    result[order] = cut
    return result
