"""A layout near the counts of a relaxation, on whole replicas and single nodes."""

from __future__ import annotations

import numpy as np

from placement.problem.builder import ProblemBuilder
from placement.problem.problem import Ints
from placement.solvers.domain_rules import within
from placement.solvers.greedy import Greedy, Layout, completed, order_of


def layout_near(builder: ProblemBuilder, values: Ints, counts: Ints) -> Layout:
    """Return a layout that breaks no rule and is near some counts.

    Large replicas are settled first; what the counts leave out, and what does not fit where they
    say, goes where it is worth least.

    Parameters
    ----------
    values : int array
        Per pair what one replica adds there: the reduced costs of the relaxation.
    counts : int array
        Per pair the replicas to begin with.
    """
    state = Following(builder, values)
    order = order_of(builder, {})
    for d in order:
        state.keep(d)
    for d in sorted(order, key=lambda d: (-builder.deployments[d].gpus, d)):
        pairs = builder.pairs_of(d)
        wanted = pairs[counts[pairs] > 0]
        if len(wanted):
            state.settle(d, wanted, counts[wanted])
    return completed(state, order).layout()


class Following(Greedy):
    """A greedy pass that is told where to begin."""

    def settle(self, d: int, pairs: Ints, counts: Ints) -> None:
        """Place up to so many replicas in the cells of some pairs, tightest nodes first.

        Those kept there count.
        """
        nodes, room, _ = self._usable(d, pairs)
        order = np.lexsort((self.nodes.tightness(self.demands[d], nodes), self.nodes.cell[nodes]))
        nodes, room = nodes[order], room[order]
        left = np.zeros(len(self.nodes.size), np.int64)
        left[self.builder.pair_cell[pairs]] = counts
        for put in self.puts[d]:
            np.subtract.at(left, self.nodes.cell[put.nodes], put.replicas)
        self._put(d, nodes, within(self.nodes.cell[nodes], room, left))
