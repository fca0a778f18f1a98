"""A layout near the counts of a relaxation, on whole replicas and single nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement.problem.builder import ProblemBuilder
from placement.problem.problem import Ints
from placement.solvers.domain_rules import within
from placement.solvers.greedy import Greedy, Layout, completed, order_of
from placement.solvers.node_space import Seat


def layout_near(
    builder: ProblemBuilder, values: Ints, counts: Ints, packed: Layout | None = None
) -> Following:
    """Return the state with a layout that breaks no rule and is near some counts.

    Large replicas are settled first; what the counts leave out, and what does not fit where they
    say, goes where it is worth least.

    Parameters
    ----------
    values : int array
        Per pair what one replica adds there: the reduced costs of the relaxation.
    counts : int array
        Per pair the replicas to begin with.
    packed : Layout, optional
        Seats for most of them, which come before all others.
    """
    state = Following(builder, values)
    order = order_of(builder, {})
    for d in order:
        state.keep(d)
    for cell, seats in (packed or {}).items():
        state.seat(cell, seats)
    for d in sorted(order, key=lambda d: (-builder.deployments[d].gpus, d)):
        pairs = builder.pairs_of(d)
        wanted = pairs[counts[pairs] > 0]
        if len(wanted):
            state.settle(d, wanted, counts[wanted])
    completed(state, order)
    return state


def seated(builder: ProblemBuilder, layout: Layout) -> Following | None:
    """Return the state with a layout, None where not all of it can be seated one by one.

    So it is with shares, whose GPUs would have to be known, and with some rules.
    """
    state = Following(builder, np.zeros(len(builder.pair_cell), np.int64))
    for cell, seats in layout.items():
        state.seat(cell, seats)
    wanted = sum(seat.replicas for seats in layout.values() for seat in seats)
    return state if sum(state.placed) == wanted else None


class Following(Greedy):
    """A greedy pass that is told where to begin."""

    def seat(self, cell: int, seats: Sequence[Seat]) -> None:
        """Take over the seats of one cell, as far as those who run there leave room; no shares."""
        nodes_of: dict[int, list[tuple[int, int]]] = {}
        for seat in seats:
            if seat.slot is None:
                nodes_of.setdefault(seat.deployment, []).append((seat.node, seat.replicas))
        for d, own in nodes_of.items():
            nodes, counts = (np.array(column, np.int64) for column in zip(*own, strict=True))
            nodes = nodes + self.nodes.first[cell]
            room = self._room(d, nodes, np.full(len(nodes), int(counts.max())))
            self._put(d, nodes, np.minimum(room, counts))

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
