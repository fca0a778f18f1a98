"""From fractions of columns to whole nodes: fix the surest columns, solve for the rest, repeat."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from placement.problem.problem import Ints
from placement.solvers.limits import Limits
from placement.solvers.patterns.contents import Nodes, counts, cut
from placement.solvers.patterns.kinds import Kinds
from placement.solvers.patterns.master import Answer, Floats, Master
from placement.solvers.patterns.pricing import Pricing

SURE = 0.9
"""Columns of at least such a fraction are fixed together."""
FEW = 0.04
"""Share of the nodes in use that are fixed at once where none is sure."""
RENEWALS = 2
"""How often columns are looked for before nodes are fixed."""
NOTHING = 1e-6


@dataclass
class Dive:
    """Nodes fixed so far, and what is left to place and to use."""

    master: Master
    left: Kinds
    needed: Ints
    nodes: Nodes = field(default_factory=dict)

    def run(self, limits: Limits) -> Nodes:
        """Fix nodes until the programme uses no more; return their contents."""
        while self.left.wanted.any() and not limits.over():
            self.master.limit(self.needed, self.left.wanted, self.left.nodes)
            answer = self._renewed(limits)
            if answer is None or not (self._whole(answer.nodes) or self._parts(answer.nodes)):
                break
        self.master.unlimit()
        return self.nodes

    def _renewed(self, limits: Limits) -> Answer | None:
        """Solve for what is left, with a few columns made of nothing else."""
        answer = self.master.solve()
        pricing = Pricing(self.left)
        for _ in range(RENEWALS):
            if answer is None or limits.over():
                break
            prices = self.master.rounded(answer.shape, answer.tier)
            priced = pricing.best(self.master.gains(prices), limits)
            fresh = [self.master.add(kind, own.content) for kind, own in enumerate(priced)]
            if not any(fresh):
                break
            answer = self.master.solve() or answer
        return answer

    def _whole(self, values: Floats) -> bool:
        """Fix the whole part of every column."""
        done = False
        for number in np.flatnonzero(values >= 1 - NOTHING).tolist():
            for _ in range(int(values[number] + NOTHING)):
                done |= self._fix(number, whole=True)
        return done

    def _parts(self, values: Floats) -> bool:
        """Fix the columns of the largest fractions."""
        order = np.argsort(-values, kind="stable")
        order = order[values[order] > NOTHING]
        count = max(1, int(FEW * values.sum()), int((values >= SURE).sum()))
        done = 0
        for whole in (True, False):
            for number in order.tolist():
                if done >= (count if whole else 1):
                    break
                done += self._fix(number, whole=whole)
        return done > 0

    def _fix(self, number: int, *, whole: bool) -> bool:
        """Use one more node for a column, cut to what is left; with ``whole`` only uncut."""
        kind, full = self.master.columns[number]
        content = cut(full, self.left.wanted)
        if not content or not self.left.nodes[kind] or (whole and content != full):
            return False
        self.nodes.setdefault(kind, []).append(content)
        held = counts(content)
        self.left = self.left.without(kind, held)
        for shape, replicas in held.items():
            self.needed[shape] = max(0, self.needed[shape] - replicas)
        return True


def dive(master: Master, limits: Limits) -> Nodes:
    """Return nodes near the optimum of a programme."""
    return Dive(master, master.kinds, master.needed.copy()).run(limits)
