"""Makes a layout cheaper by small steps on single nodes, where the counts of cells cannot see.

Every deployment that could be somewhere cheaper is taken away and placed again. Then replicas
change places, so that GPUs that nothing could use become useful, and what was pushed aside returns.
By turns, until nothing comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.plan.prices import GPUS
from placement.problem.problem import Ints, Problem
from placement.solvers.exchanges import Admission, Exchange, Relief, Return
from placement.solvers.greedy import Greedy
from placement.solvers.linear import Relaxed

Floats = NDArray[np.float64]
NEVER = -1
ROUNDS = 4
"""How often both steps are taken at most."""


def gpu_worth(problem: Problem, relaxed: Relaxed) -> Floats:
    """Return what a GPU of each cell is worth to a replica of one, in steps of the tier."""
    rows = problem.rows.capacity
    times = np.array(
        [
            {None: UNIT, UNIT: 1}.get(label.size, 0) if label.resource == GPUS else 0
            for label in rows.labels
        ],
        np.int64,
    )
    worth = np.zeros(len(problem.cells))
    np.add.at(worth, rows.cell, -relaxed.prices[rows.row] * times[rows.label])
    return worth / 2.0**relaxed.scale


class Resettling:
    """Improves the state of a greedy pass; earlier tiers stay as they are or become better.

    Replicas that run today, shares, and whoever must be near or apart from others stay put.

    Parameters
    ----------
    state : Greedy
        Changed in place.
    costs : int array
        Per pair what one replica adds to the last tier.
    worth : float array
        Per cell what one GPU is worth, in the unit of the costs; 0 where GPUs are left over.
    over : callable
        True when the caller wants an end.
    cells : collection of int, optional
        The cells in which something may be new, all if absent. What lacks replicas looks at all.
    """

    def __init__(
        self,
        state: Greedy,
        costs: Ints,
        worth: Floats,
        *,
        over: Callable[[], bool] = lambda: False,
        cells: Collection[int] | None = None,
    ) -> None:
        self.state = state
        self.builder = state.builder
        self.costs = costs
        self.worth = worth
        self.movable = self._movable()
        self.over = over
        self.step = 0
        self.freed = np.full(len(state.builder.cells), NEVER if cells is not None else self.step)
        self.freed[[] if cells is None else list(cells)] = self.step
        self.tried = np.full(len(state.puts), self.step)
        lacking = np.array(state.placed) < np.array(self.builder.wanted)
        self.tried[lacking] = NEVER

    def run(self) -> None:
        """Take both steps by turns until nothing comes of it."""
        state = self.state
        state.values = self.costs
        kinds: list[type[Exchange]] = []
        if state.nodes.slots is None:
            kinds = [Admission, Relief, Return]
        for _ in range(ROUNDS):
            moved = self._resettle()
            kinds = [
                kind
                for kind in kinds
                if kind(state, self.costs, self.worth, self.movable).run(self._changed, self.over)
            ]
            if self.over() or not (moved or kinds):
                return
        self._resettle()

    def _changed(self, cells: Ints) -> None:
        """Take note that nodes of some cells have other things free than before."""
        self.freed[cells] = self.step

    def may_lack(self, deployments: Collection[int]) -> bool:
        """Whether no rule is broken while some deployments lack replicas."""
        return all(
            self.movable[d]
            and not self.builder.deployments[d].spread
            and self.builder.deployments[d].min_replicas <= 1
            for d in deployments
        )

    def _movable(self) -> NDArray[np.bool_]:
        state = self.state
        tied = {other for near in state.rules.near for _, others in near for other in others}
        return np.array(
            [
                not (state.residents[d] or state.demands[d].is_share or d in tied)
                and state.rules.is_free(d)
                for d in range(len(state.puts))
            ],
            bool,
        )

    # ------------------------------------------------------- whole deployments

    def _resettle(self) -> int:
        """Place deployments again that could be cheaper; return how many became so."""
        return sum(
            self._again(d)
            for d in np.flatnonzero(self.movable).tolist()
            if not self.over() and self._could_gain(d)
        )

    def _could_gain(self, d: int) -> bool:
        """Whether there is room somewhere cheaper that was not tried already."""
        state, builder = self.state, self.builder
        pairs = builder.pairs_of(d)
        cells = builder.pair_cell[pairs]
        news = self.freed[cells] >= self.tried[d]
        if not news.any():
            return False
        if state.placed[d] >= builder.wanted[d]:
            dearest = self.costs[pairs[np.isin(cells, self._cells(d))]].max(initial=0)
            news &= self.costs[pairs] < dearest
        cells = cells[news]
        cells = cells[state.nodes.may_fit(state.demands[d], cells) & builder.accepts[cells]]
        self.step += 1
        self.tried[d] = self.step
        return bool(state.nodes.room(state.demands[d], state.nodes.of(cells)).any())

    def _cells(self, d: int) -> Ints:
        nodes = [put.nodes for put in self.state.puts[d]]
        return self.state.nodes.cell[np.concatenate(nodes)] if nodes else np.zeros(0, np.int64)

    def _again(self, d: int) -> bool:
        """Place a deployment again; back to where it was if that is no better."""
        state = self.state
        before, placed, cost = list(state.puts[d]), state.placed[d], self._cost(d)
        left = self._cells(d)
        state.remove(d)
        state.place(d)
        if state.stands(d) and (-state.placed[d], self._cost(d)) < (-placed, cost):
            self.freed[left] = self.step
            return True
        state.remove(d)
        state.restore(d, before)
        return False

    def _cost(self, d: int) -> int:
        pairs, cell = self.builder.pairs_of(d), self.state.nodes.cell
        at = np.zeros(len(self.builder.cells), np.int64)
        at[self.builder.pair_cell[pairs]] = self.costs[pairs]
        return sum(int(at[cell[put.nodes]] @ put.replicas) for put in self.state.puts[d])
