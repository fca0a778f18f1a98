"""One tier over some kinds of nodes: the bound, whole nodes, and neighbourhoods of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.problem.problem import Ints
from placement.solvers.limits import Limits
from placement.solvers.patterns.contents import Nodes, fill_up, placed
from placement.solvers.patterns.generation import Generation
from placement.solvers.patterns.kinds import Kinds, TierCosts
from placement.solvers.patterns.master import Closed, Master
from placement.solvers.patterns.pricing import Pricing
from placement.solvers.patterns.rounding import dive

Values = tuple[int, ...]
"""Of every tier up to the one that is solved."""


@dataclass(frozen=True)
class Goal:
    """Minimise the last of some tiers; the others may not get worse."""

    tiers: tuple[TierCosts, ...]
    needed: Ints

    def values(self, nodes: Nodes) -> Values:
        """Return the value of every tier."""
        return tuple(
            tier.constant + sum(tier.of(kind, own) for kind in nodes for own in nodes[kind])
            for tier in self.tiers
        )

    def within(self, kinds: Kinds, nodes: Nodes) -> Goal:
        """Return the goal for a part of the nodes, by which it must place what it needs."""
        held = placed(kinds, nodes)
        return Goal(self.tiers, np.minimum(self.needed, held))


def programme(kinds: Kinds, goal: Goal, nodes: Nodes) -> Generation:
    """Return the programme of a goal with the contents of some nodes as its first columns."""
    *earlier, _ = goal.values(nodes)
    closed = [Closed(tier, value) for tier, value in zip(goal.tiers[:-1], earlier, strict=True)]
    master = Master(kinds, goal.tiers[-1], closed, goal.needed)
    for kind, contents in sorted(nodes.items()):
        for content in contents:
            master.add(kind, content)
    return Generation(master, Pricing(kinds))


def whole_nodes(kinds: Kinds, goal: Goal, master: Master, limits: Limits) -> Nodes:
    """Return whole nodes near the optimum of a programme, filled up with what still fits."""
    order, opening = orders(kinds, goal)
    return fill_up(kinds, dive(master, limits), order, opening)


def orders(kinds: Kinds, goal: Goal) -> tuple[Sequence[int], Sequence[int]]:
    """Return shapes and kinds in the order in which nodes are filled up: what matters most to the
    first tiers and is largest, and nodes that are cheap for their size.
    """
    largest = np.maximum(kinds.capacity.max(axis=0, initial=1), 1)
    size = (kinds.demand / largest).max(axis=1, initial=0)
    first = [tier.replica[0].tolist() for tier in goal.tiers if tier.by_shape]
    order = sorted(
        range(len(size)), key=lambda s: (*(row[s] for row in first), -kinds.gpus[s], -size[s], s)
    )
    cost = goal.tiers[-1].node / np.maximum((kinds.capacity / largest).sum(axis=1), 1e-9)
    return order, sorted(range(len(cost)), key=lambda kind: (cost[kind], kind))
