"""A few dozen nodes at a time, emptied and filled again by a programme of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placement.problem.problem import Ints
from placement.solvers.limits import Limits
from placement.solvers.patterns.contents import Nodes, placed
from placement.solvers.patterns.generation import Generation
from placement.solvers.patterns.kinds import Content, Kinds
from placement.solvers.patterns.search import Goal, programme, whole_nodes

NODES = 40
"""Nodes in use that are emptied together."""
ROUNDS = 25
"""Rounds of column generation for them."""
POOR = 0.5
"""Share of them that are poor value at the prices of the whole; the others are any."""


@dataclass(frozen=True)
class Neighbourhoods:
    """Draws nodes of poor value and others, and decides them again.

    Attributes
    ----------
    whole : Generation
        The programme of all nodes, for its prices.
    """

    kinds: Kinds
    goal: Goal
    whole: Generation
    limits: Limits

    def improved(self, nodes: Nodes, turn: int) -> Nodes:
        """Return the nodes, some of them decided again if that is better."""
        freed, kept = self._parted(nodes, turn)
        own = self._left(kept)
        goal = self.goal.within(own, freed)
        generation = programme(own, goal, freed)
        generation.prices = self.whole.prices
        generation.run(self.limits, rounds=ROUNDS)
        found = whole_nodes(own, goal, generation.master, self.limits)
        if goal.values(found) >= goal.values(freed):
            return nodes
        used = sorted({*kept, *found})
        return {kind: [*kept.get(kind, ()), *found.get(kind, ())] for kind in used}

    def _left(self, kept: Nodes) -> Kinds:
        """Return what is still wanted and free beside some nodes."""
        used = [len(kept.get(kind, ())) for kind in range(len(self.kinds.nodes))]
        wanted = self.kinds.wanted - placed(self.kinds, kept)
        return self.kinds.reduced(wanted, self.kinds.nodes - np.array(used, np.int64))

    def _parted(self, nodes: Nodes, turn: int) -> tuple[Nodes, Nodes]:
        """Return the nodes to decide again, and the others."""
        members = [(kind, content) for kind in sorted(nodes) for content in nodes[kind]]
        chosen = self._drawn(members, turn)
        freed: Nodes = {}
        kept: Nodes = {}
        for number, (kind, content) in enumerate(members):
            part = freed if number in chosen else kept
            part.setdefault(kind, []).append(content)
        return freed, kept

    def _drawn(self, members: list[tuple[int, Content]], turn: int) -> set[int]:
        rng = np.random.default_rng([self.limits.seed, turn])
        regret = np.array([self._regret(kind, content) for kind, content in members])
        poor = np.argsort(-regret * rng.random(len(members)), kind="stable").tolist()
        others = rng.permutation(len(members)).tolist()
        first = poor[: int(POOR * NODES)]
        return set(list(dict.fromkeys([*first, *others]))[:NODES])

    def _regret(self, kind: int, content: Content) -> float:
        """Return how much less a node gains than the best of its kind."""
        gain = sum(int(self._gains[kind, shape]) * count for shape, _, count in content)
        best = self.whole.priced[kind].most if self.whole.priced else 0
        return max(0.0, float(best - gain))

    @cached_property
    def _gains(self) -> Ints:
        prices = self.whole.prices
        if prices is None:
            return np.zeros((len(self.kinds.nodes), len(self.kinds.wanted)), np.int64)
        return self.whole.master.gains(prices)
