"""Node patterns: for few shapes on few kinds of nodes, what whole nodes hold is what is decided.

Class totals are a weak bound where several resources bind, or where nodes are paid for whole. A
linear programme over contents of nodes is a strong one, and its whole parts are nearly a plan.
"""

from __future__ import annotations

import numpy as np

from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec
from placement.solvers.exact import Report, Solved, TierBound
from placement.solvers.greedy import Layout
from placement.solvers.limits import Limits
from placement.solvers.patterns.construction import Construction
from placement.solvers.patterns.contents import Nodes, as_layout, as_nodes
from placement.solvers.patterns.covering import least_cost
from placement.solvers.patterns.kinds import Kinds, kinds_of, tier_costs
from placement.solvers.patterns.neighbourhood import NODES, Neighbourhoods
from placement.solvers.patterns.search import Goal, programme, whole_nodes

FAILURES = 15
"""Neighbourhoods without success after which a tier is left as it is."""


def solve_by_patterns(
    compiled: Compiled, problem: Problem, first: Layout, limits: Limits, report: Report
) -> Solved:
    """Improve a layout tier by tier; for problems that ``fits_patterns`` admits.

    Parameters
    ----------
    problem : Problem
        Over the cells of ``compiled``.
    first : Layout
        A layout that breaks no rule; the result is never worse.
    """
    return _Patterns(compiled, problem, first, limits, report).solve()


class _Patterns:
    """One solve."""

    def __init__(
        self, compiled: Compiled, problem: Problem, first: Layout, limits: Limits, report: Report
    ) -> None:
        self.problem, self.limits, self.report = problem, limits, report
        self.kinds: Kinds = kinds_of(compiled, problem)
        self.tiers = tuple(tier_costs(problem, tier) for tier in problem.tiers)
        self.all_tiers = Goal(self.tiers, np.zeros(len(self.kinds.wanted), np.int64))
        self.best: Nodes = as_nodes(first)
        self.values = self.all_tiers.values(self.best)

    def solve(self) -> Solved:
        """Close one tier after the other."""
        bounds: list[int | None] = []
        last = len(self.tiers) - 1
        for number, tier in enumerate(self.problem.tiers):
            bound = None if number == last else tier.floor
            if self.values[number] != bound:
                bound = self._close(number, tier, bound)
            bounds.append(bound)
            self.report(tier.name, self.values[number], bound)
        named = tuple(TierBound(t.name, b) for t, b in zip(self.problem.tiers, bounds, strict=True))
        exact = tuple(bounds) == self.values
        return Solved(
            self.problem.cells,
            as_layout(self.best),
            named,
            exact=exact,
            budget=not exact,
            cut=not exact and self.limits.effort(0.0).cut(),
            joined=True,
        )

    def _close(self, number: int, tier: TierSpec, bound: int | None) -> int | None:
        """Improve one tier; return its bound."""
        costs = self.tiers[number]
        goal = Goal(self.tiers[: number + 1], self._needed(number))
        if not costs.replica.any() and not costs.node.any():
            return costs.constant
        if costs.node.any():
            bound = _larger(bound, self._covered(goal))
            self._take(number, Construction(self.kinds, costs, {}).run(self.limits))
        whole = programme(self.kinds, goal, self.best)
        whole.run(self.limits)
        bound = _larger(bound, self._on_lattice(tier, whole.bound))
        if not self._good(number, bound) and not self.limits.over():
            self._take(number, whole_nodes(self.kinds, goal, whole.master, self.limits))
        self._refine(number, bound, Neighbourhoods(self.kinds, goal, whole, self.limits))
        return bound

    def _refine(self, number: int, bound: int | None, around: Neighbourhoods) -> None:
        """Decide neighbourhoods again until the bound is met or many in a row bring nothing."""
        failures = turn = 0
        while failures < FAILURES and sum(map(len, self.best.values())) > NODES:
            if self._good(number, bound) or self.limits.over():
                return
            better = self._take(number, around.improved(self.best, turn))
            failures = 0 if better else failures + 1
            turn += 1

    def _needed(self, number: int) -> Ints:
        """Return what must be placed because an earlier tier has nothing left out."""
        needed = np.zeros(len(self.kinds.wanted), np.int64)
        for costs, tier, value in zip(self.tiers, self.problem.tiers, self.values, strict=True):
            if tier is self.problem.tiers[number]:
                break
            if value == tier.floor:
                asked = costs.replica[0] < 0
                needed[asked] = self.kinds.wanted[asked]
        return needed

    def _covered(self, goal: Goal) -> int | None:
        costs = goal.tiers[-1]
        least = least_cost(self.kinds, goal.needed, costs.node, self.limits)
        return None if least is None else costs.constant + least

    def _on_lattice(self, tier: TierSpec, bound: int | None) -> int | None:
        """Round a bound up to a value that the tier can have."""
        step = int(np.gcd.reduce(tier.coefficient)) or 1
        return None if bound is None else tier.constant - (tier.constant - bound) // step * step

    def _good(self, number: int, bound: int | None) -> bool:
        slack = self.limits.slack if number == len(self.tiers) - 1 else 0
        return bound is not None and self.values[number] - bound <= slack

    def _take(self, number: int, nodes: Nodes) -> bool:
        """Take nodes over if they are better in the tier and no worse before it."""
        values = self.all_tiers.values(nodes)
        if values[: number + 1] >= self.values[: number + 1]:
            return False
        self.best, self.values = nodes, values
        self.report(self.problem.tiers[number].name, values[number], None)
        return True


def _larger(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return max(known) if known else None
