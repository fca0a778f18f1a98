"""The best content of a node over all amounts of its resources at once, where amounts are few.

An exact dynamic programme: one table answers for every kind of node.
"""

from __future__ import annotations

import numpy as np

from placement.problem.problem import Ints
from placement.solvers.patterns.kinds import Mask

LARGEST = 200_000
"""Up to this many combinations of amounts a table is made."""


class Grid:
    """A table over the amounts of every resource, in the units that all demands share.

    Parameters
    ----------
    demand : int array, shape (shapes, resources)
        Every shape asks for something.
    capacity : int array, shape (kinds, resources)
    """

    def __init__(self, demand: Ints, capacity: Ints) -> None:
        asked = demand.any(axis=0)
        unit = np.gcd.reduce(demand[:, asked], axis=0)
        self.demand = demand[:, asked] // unit
        self.capacity = np.maximum(capacity[:, asked], 0) // unit
        self.shape = tuple((self.capacity.max(axis=0, initial=0) + 1).tolist())

    @property
    def size(self) -> float:
        """Number of combinations of amounts."""
        return float(np.prod(np.array(self.shape, float)))

    def best(
        self, shapes: Ints, gain: Ints, most: Ints, kinds: Ints
    ) -> list[tuple[int, dict[int, int]]]:
        """Return per kind the largest gain of a node and the replicas of each shape that have it.

        Parameters
        ----------
        gain, most : int array
            Per shape: of one replica, and how many of them a node may hold.
        """
        bundles = [
            (shape, size) for shape in shapes.tolist() for size in _bundles(int(most[shape]))
        ]
        table, taken = self._table(bundles, gain)
        return self._traced(table, taken, bundles, self.capacity[kinds])

    def _table(
        self, bundles: list[tuple[int, int]], gain: Ints
    ) -> tuple[Ints, list[tuple[tuple[slice, ...], Mask]]]:
        table = np.zeros(self.shape, np.int64)
        taken = []
        for shape, size in bundles:
            step = (self.demand[shape] * size).tolist()
            into = tuple(slice(amount, None) for amount in step)
            away = tuple(
                slice(0, max(0, side - amount))
                for amount, side in zip(step, self.shape, strict=True)
            )
            better = table[away] + size * int(gain[shape])
            target = table[into]
            taken.append((into, better > target))
            np.maximum(target, better, out=target)
        return table, taken

    def _traced(
        self,
        table: Ints,
        taken: list[tuple[tuple[slice, ...], Mask]],
        bundles: list[tuple[int, int]],
        state: Ints,
    ) -> list[tuple[int, dict[int, int]]]:
        """Read the bundles that were taken off the tables, last bundle first, all kinds at once."""
        values = table[tuple(state.T)].tolist()
        found: list[dict[int, int]] = [{} for _ in values]
        for (shape, size), (_, took) in zip(reversed(bundles), reversed(taken), strict=True):
            before = state - self.demand[shape] * size
            fits = np.flatnonzero((before >= 0).all(axis=1))
            chosen = fits[took[tuple(before[fits].T)]] if len(fits) else fits
            state[chosen] = before[chosen]
            for kind in chosen.tolist():
                found[kind][shape] = found[kind].get(shape, 0) + size
        return list(zip(values, found, strict=True))


def _bundles(most: int) -> list[int]:
    """Return sizes whose sums are all numbers up to ``most``."""
    sizes = []
    size = 1
    while most > 0:
        sizes.append(min(size, most))
        most -= size
        size *= 2
    return sizes
