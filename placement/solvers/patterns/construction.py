"""Nodes one after the other, each with the content that is best value at prices of the moment.

For plans that pay by node. Resources that become scarce become dear, so that nodes that are
filled later are left with replicas that fit together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.solvers.limits import Limits
from placement.solvers.patterns.contents import Nodes, counts, cut
from placement.solvers.patterns.covering import resource_prices, totals
from placement.solvers.patterns.kinds import Content, Kinds, TierCosts
from placement.solvers.patterns.master import Floats, Master
from placement.solvers.patterns.pricing import Priced, Pricing

STEP = 0.2
"""How far prices go in one round towards those of what is left."""
LARGE = 0.3
"""How much more the largest replicas count, because they find fewer places later."""
BEST = 0.15
"""Share of the kinds whose contents are used in one round."""


@dataclass
class Construction:
    """What is left to place and to use while nodes are filled."""

    left: Kinds
    costs: TierCosts
    nodes: Nodes
    worth: Floats | None = None

    def run(self, limits: Limits) -> Nodes:
        """Fill nodes until nothing is left or nothing fits."""
        while self.left.wanted.any() and not limits.over():
            self.worth = self._repriced()
            if not self._use(self._priced(self.worth, limits)):
                break
        return self.nodes

    def _repriced(self) -> Floats:
        now = resource_prices(self.left, self.costs.node)
        return now if self.worth is None else STEP * now + (1 - STEP) * self.worth

    def _priced(self, worth: Floats, limits: Limits) -> list[Priced]:
        demand, capacity = totals(self.left)
        size = (demand / np.maximum(capacity.max(axis=0), 1)).sum(axis=1)
        gain = demand @ worth * (1 + LARGE * size / max(size.max(), 1e-9))
        master = Master(self.left, self.costs, (), self.left.wanted)
        prices = master.rounded(gain, np.zeros(0))
        return Pricing(self.left).best(master.gains(prices), limits)

    def _use(self, priced: list[Priced]) -> bool:
        """Use the contents of the best value as often as they are wanted."""
        cost = np.maximum(self.costs.node, 1)
        value = np.array([own.gain for own in priced]) * (self.left.nodes > 0) / cost
        order = np.argsort(-value, kind="stable")
        order = order[value[order] > 0]
        best = order[: max(1, int(BEST * len(order)))].tolist()
        used = [self._fill(kind, priced[kind].content) for kind in best]
        # A content made of shares may have more of a shape than is left: then it is cut.
        return any(used) or any(
            self._fill(kind, cut(priced[kind].content, self.left.wanted)) for kind in best[:1]
        )

    def _fill(self, kind: int, content: Content) -> bool:
        """Give nodes of a kind a content as long as all of it is wanted; return if any got it."""
        found = False
        while content and self.left.nodes[kind] and cut(content, self.left.wanted) == content:
            self.nodes.setdefault(kind, []).append(content)
            self.left = self.left.without(kind, counts(content))
            found = True
        return found
