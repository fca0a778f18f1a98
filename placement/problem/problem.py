"""The array form of a problem: integer variables, linear rows, lexicographic tiers.

Nothing here knows names; ``decode`` information is kept beside the arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement.problem.cells import Cell

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment

Ints = NDArray[np.int64]
INFINITE = np.int64(2**62)
"""Stands for a missing side of a row."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a capacity row counts: a resource in thousandths, or its pieces of one size.

    ``resource`` is ``gpus``, ``cpus``, ``memory`` or ``extra:<name>``; ``size`` is in thousandths.
    """

    resource: str
    size: int | None = None


@dataclass(frozen=True)
class CapacityRows:
    """Which rows are sums over the replicas in one cell, at most what its nodes have.

    ``row``, ``cell`` and ``label`` (a position in ``labels``) have one value per such row.
    """

    row: Ints
    cell: Ints
    label: Ints
    labels: tuple[Label, ...]


_NONE = np.zeros(0, np.int64)
NO_CAPACITY = CapacityRows(_NONE, _NONE, _NONE, ())


@dataclass(frozen=True)
class Rows:
    """Sparse rows ``low <= sum(coefficient x variable) <= high``, sorted by row."""

    start: Ints
    """Row r has the entries ``start[r]:start[r + 1]``."""
    variable: Ints
    coefficient: Ints
    low: Ints
    high: Ints
    name: tuple[str, ...]
    """The constraint each row comes from."""
    capacity: CapacityRows = NO_CAPACITY

    def __len__(self) -> int:
        return len(self.low)

    @property
    def row(self) -> Ints:
        """Row number of each entry."""
        return np.repeat(np.arange(len(self.low)), np.diff(self.start))


@dataclass(frozen=True)
class TierSpec:
    """Minimise ``constant + sum(coefficient x variable)``, which is never below ``floor``.

    The floor of the last tier holds only where the tiers before it are at theirs.
    """

    name: str
    unit: str | None
    scale: int
    constant: int
    variable: Ints
    coefficient: Ints
    floor: int = 0

    def value(self, solution: Ints) -> int:
        """Return the exact value of a solution."""
        return self.constant + int(self.coefficient @ solution[self.variable])

    def per_pair(self, pairs: int) -> Ints:
        """Return the coefficient of each of the first ``pairs`` variables."""
        dense = np.zeros(pairs, np.int64)
        mine = self.variable < pairs
        dense[self.variable[mine]] = self.coefficient[mine]
        return dense


@dataclass(frozen=True)
class NodeRules:
    """What the packing of cells onto single nodes has to respect besides capacity.

    Attributes
    ----------
    most : int array
        Per pair: the most replicas on one node.
    distinct : dict of int to int
        Pair to the variable that says on how many nodes its replicas must lie at least.
    skew : dict of int to tuple of (int, int)
        Deployment to pairs of variables: the least and the most replicas on any node.
    apart : frozenset of (int, int)
        Deployments that must not share a node.
    together : tuple of (int, tuple of int)
        A deployment and those of which one must be on each of its nodes.
    keep : dict of int to int
        Pair to the variable that counts replicas staying on their node.
    open : dict of int to int
        Cell to the variable that counts its nodes in use (billing by node).
    """

    most: Ints
    distinct: dict[int, int] = field(default_factory=dict)
    skew: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    apart: frozenset[tuple[int, int]] = frozenset()
    together: tuple[tuple[int, tuple[int, ...]], ...] = ()
    keep: dict[int, int] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One problem in arrays.

    Attributes
    ----------
    deployments, cells
        What the indices mean.
    pair_deployment, pair_cell : int arrays
        Pair p counts replicas of deployment ``pair_deployment[p]`` in cell ``pair_cell[p]``;
        its variable has number p. Pairs are sorted by (deployment, cell).
    low, high : int arrays
        Bounds of all variables.
    """

    deployments: tuple[ModelDeployment, ...]
    cells: tuple[Cell, ...]
    pair_deployment: Ints
    pair_cell: Ints
    low: Ints
    high: Ints
    rows: Rows
    tiers: tuple[TierSpec, ...]
    node_rules: NodeRules

    @property
    def pairs(self) -> int:
        """Number of (deployment, cell) pairs."""
        return len(self.pair_deployment)
