"""The linear programme over contents of nodes, and the exact bound that its prices give.

A column is a content of a node of one kind and counts the nodes that have it. The price of a
shape is what one more replica of it, held by some node, is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from placement.problem.problem import Ints
from placement.solvers.patterns.contents import counts
from placement.solvers.patterns.kinds import Content, Kinds, TierCosts
from placement.solvers.patterns.pricing import Priced

Floats = NDArray[np.float64]
ONE_THREAD = mathopt.SolveParameters(threads=1)
VALUES_ONLY = mathopt.ModelSolveParameters(
    variable_values_filter=mathopt.SparseVectorFilter(skip_zero_values=True),
    reduced_costs_filter=mathopt.SparseVectorFilter(filtered_items=()),
)
FINEST = 22
"""Prices are integers over two to a power; costs have about so many bits then."""


@dataclass(frozen=True)
class Closed:
    """An earlier tier with the most it may be, counted by shape."""

    costs: TierCosts
    value: int

    @property
    def most(self) -> int:
        """The most that the replicas placed may add to the tier."""
        return self.value - self.costs.constant

    @property
    def per_shape(self) -> Ints:
        """Cost of one replica of each shape."""
        shape: Ints = self.costs.replica[0]
        return shape


@dataclass(frozen=True)
class Prices:
    """Integer prices over ``2**scale``, in steps of the tier.

    Attributes
    ----------
    shape : int array
        At least 0, what a replica that is held is worth.
    tier : tuple of int
        Per earlier tier, at least 0: what one step more of it would save.
    """

    shape: Ints
    tier: tuple[int, ...]
    scale: int


@dataclass(frozen=True)
class Answer:
    """The optimum over the columns at hand: value, prices and the nodes of each column."""

    value: float
    shape: Floats
    tier: Floats
    nodes: Floats


class Master:
    """The programme of one tier.

    Parameters
    ----------
    kinds : Kinds
    costs : TierCosts
        Of the tier to minimise.
    closed : sequence of Closed
        The tiers before it.
    needed : int array
        Per shape how many replicas must be placed.
    """

    def __init__(
        self, kinds: Kinds, costs: TierCosts, closed: Sequence[Closed], needed: Ints
    ) -> None:
        self.kinds, self.costs, self.closed, self.needed = kinds, costs, tuple(closed), needed
        self.columns: list[tuple[int, Content]] = []
        self._known: set[tuple[int, Content]] = set()
        self._variables: list[mathopt.Variable] = []
        self._model = mathopt.Model()
        self._model.objective.is_maximize = False
        self._by_shape = costs.by_shape
        self._make_rows()
        self._solver: mathopt.IncrementalSolver | None = None

    def _make_rows(self) -> None:
        model, kinds = self._model, self.kinds
        held = self.costs.replica[0] if self._by_shape else np.zeros(len(kinds.wanted), np.int64)
        self._placed = [
            model.add_variable(lb=float(low), ub=float(high))
            for low, high in zip(self.needed.tolist(), kinds.wanted.tolist(), strict=True)
        ]
        self._lacking = [model.add_variable(lb=0.0, ub=float(low)) for low in self.needed.tolist()]
        self._cover = [model.add_linear_constraint(lb=0.0) for _ in kinds.wanted]
        self._size = [model.add_linear_constraint(ub=float(n)) for n in kinds.nodes.tolist()]
        self._tiers = [model.add_linear_constraint(ub=float(tier.most)) for tier in self.closed]
        self._over = [model.add_variable(lb=0.0, ub=0.0) for _ in self.closed]
        for s, row in enumerate(self._cover):
            row.set_coefficient(self._placed[s], -1.0)
            row.set_coefficient(self._lacking[s], 1.0)
            model.objective.set_linear_coefficient(self._placed[s], float(held[s]))
            model.objective.set_linear_coefficient(self._lacking[s], self.penalty)
        for tier, row, over in zip(self.closed, self._tiers, self._over, strict=True):
            row.set_coefficient(over, -1.0)
            model.objective.set_linear_coefficient(over, self.penalty)
            for s, cost in enumerate(tier.per_shape.tolist()):
                if cost:
                    row.set_coefficient(self._placed[s], float(cost))

    @property
    def penalty(self) -> float:
        """What a needed replica costs that nothing holds: more than any node for itself."""
        dearest = self.costs.replica.max(initial=0) + self.costs.node.max(initial=0)
        return 2.0 * float(dearest) + 1.0

    def add(self, kind: int, content: Content) -> bool:
        """Add a column unless it is there; return whether it is new."""
        if not content or (kind, content) in self._known:
            return False
        self._known.add((kind, content))
        self.columns.append((kind, content))
        variable = self._model.add_variable(lb=0.0)
        self._variables.append(variable)
        self._size[kind].set_coefficient(variable, 1.0)
        for shape, replicas in counts(content).items():
            self._cover[shape].set_coefficient(variable, float(replicas))
        cost = 0 if self._by_shape else self.costs.of(kind, content)
        self._model.objective.set_linear_coefficient(variable, float(cost))
        return True

    def limit(self, needed: Ints, wanted: Ints, nodes: Ints) -> None:
        """Solve for a part only: what must and may still be placed, and on how many nodes.

        The rest counts as placed. What the part cannot keep of earlier tiers is paid for.
        """
        for s, variable in enumerate(self._placed):
            variable.lower_bound, variable.upper_bound = float(needed[s]), float(wanted[s])
            self._lacking[s].upper_bound = float(needed[s])
        for row, count in zip(self._size, nodes.tolist(), strict=True):
            row.upper_bound = float(count)
        rest = self.kinds.wanted - wanted
        for tier, row, over in zip(self.closed, self._tiers, self._over, strict=True):
            row.upper_bound = float(tier.most - int(tier.per_shape @ rest))
            over.upper_bound = float("inf")

    def unlimit(self) -> None:
        """Solve for the whole again."""
        self.limit(self.needed, self.kinds.wanted, self.kinds.nodes)
        for over in self._over:
            over.upper_bound = 0.0

    def solve(self) -> Answer | None:
        """Return the optimum, None where the solver gives none."""
        for _ in range(2):
            if self._solver is None:
                self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
            result = self._solver.solve(params=ONE_THREAD, model_params=VALUES_ONLY)
            if result.has_primal_feasible_solution() and result.has_dual_feasible_solution():
                return self._answer(result)
            # What it kept of the last solve may be at fault: begin again.
            self._solver = None
        return None

    def _answer(self, result: mathopt.SolveResult) -> Answer:
        duals, values = result.dual_values(), result.variable_values()
        return Answer(
            value=result.objective_value(),
            shape=np.array([duals[row] for row in self._cover]),
            tier=np.array([-duals[row] for row in self._tiers]),
            nodes=np.array([values.get(variable, 0.0) for variable in self._variables]),
        )

    # ----------------------------------------------------------------- prices

    def rounded(self, shape: Floats, tier: Floats) -> Prices:
        """Return prices as integers."""
        largest = max(1.0, float(np.abs(shape).max(initial=0.0)), float(self._dearest()))
        scale = max(0, FINEST - int(np.ceil(np.log2(largest))))
        exact = np.maximum(np.rint(shape * 2.0**scale), 0).astype(np.int64)
        return Prices(exact, tuple(max(0, round(float(t) * 2**scale)) for t in tier), scale)

    def _dearest(self) -> int:
        if self._by_shape:
            return int(np.abs(self.costs.replica[0]).max(initial=0))
        node = int(self.costs.node.max(initial=0))
        return max(node, int(np.abs(self.costs.replica).max(initial=0)))

    def gains(self, prices: Prices) -> Ints:
        """Return per kind and shape what holding one replica gains."""
        if self._by_shape:
            return np.tile(prices.shape, (len(self.kinds.nodes), 1))
        return prices.shape - (self.costs.replica << prices.scale)

    def node_costs(self, prices: Prices) -> Ints:
        """Return per kind what using a node costs, in the steps of the prices."""
        return self.costs.node << prices.scale

    def bound(self, prices: Prices, priced: Sequence[Priced]) -> int:
        """Return the exact bound of prices for the tier's value, rounded up to a whole step.

        At these prices every shape is placed as often as suits it, and every node has its best
        content: nothing can be lower.
        """
        own = self.costs.replica[0] if self._by_shape else 0 * prices.shape
        rest = (own << prices.scale) + prices.shape
        total = 0
        for tier, price in zip(self.closed, prices.tier, strict=True):
            rest = rest + price * tier.per_shape
            total -= price * tier.most
        lowest = np.minimum(rest * self.needed, rest * self.kinds.wanted)
        total += sum(lowest.tolist())
        node = self.node_costs(prices).tolist()
        for kind, count in enumerate(self.kinds.nodes.tolist()):
            total -= count * max(0, priced[kind].most - node[kind])
        least: int = self.costs.constant - (-total >> prices.scale)
        return least
