"""Tiny problems in array form, without deployments or nodes, and brute force over them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from placement.problem.problem import INFINITE, Ints, NodeRules, Problem, Rows, TierSpec

Row = tuple[Sequence[int], int | None, int | None]
"""Coefficient of every variable, lower and upper side."""


def make_problem(
    low: Sequence[int], high: Sequence[int], rows: Sequence[Row], tiers: Sequence[TierSpec] = ()
) -> Problem:
    """Return a problem in which variable i is a pair of deployment i // 2."""
    used = [[v for v, c in enumerate(row) if c] for row, _, _ in rows]
    start = np.cumsum([0, *map(len, used)])
    size = len(low)
    return Problem(
        deployments=(),
        cells=(),
        pair_deployment=np.arange(size) // 2,
        pair_cell=np.arange(size) % 2,
        low=np.array(low, np.int64),
        high=np.array(high, np.int64),
        rows=Rows(
            start=start.astype(np.int64),
            variable=np.array([v for mine in used for v in mine], np.int64),
            coefficient=np.array(
                [row[v] for (row, _, _), mine in zip(rows, used, strict=True) for v in mine],
                np.int64,
            ),
            low=np.array([-INFINITE if side is None else side for _, side, _ in rows], np.int64),
            high=np.array([INFINITE if side is None else side for _, _, side in rows], np.int64),
            name=("test",) * len(rows),
        ),
        tiers=tuple(tiers),
        node_rules=NodeRules(most=np.array(high, np.int64)),
    )


def make_tier(coefficient: Sequence[int], constant: int = 0, name: str = "cost") -> TierSpec:
    """Return a tier with a coefficient for every variable."""
    variable = np.arange(len(coefficient))
    return TierSpec(name, None, 1, constant, variable, np.array(coefficient, np.int64))


def solutions(problem: Problem) -> Ints:
    """Return every solution, one per line, by going through all values of all variables."""
    sides = [np.arange(a, b + 1) for a, b in zip(problem.low, problem.high, strict=True)]
    points = np.stack([axis.ravel() for axis in np.meshgrid(*sides, indexing="ij")], axis=1)
    keep = np.ones(len(points), bool)
    rows = problem.rows
    for r in range(len(rows)):
        part = slice(rows.start[r], rows.start[r + 1])
        total = points[:, rows.variable[part]] @ rows.coefficient[part]
        keep &= (total >= rows.low[r]) & (total <= rows.high[r])
    return points[keep]


def least(problem: Problem, tier: TierSpec) -> int | None:
    """Return the least value of a tier, None if there is no solution."""
    found = solutions(problem)
    if not len(found):
        return None
    return int((found[:, tier.variable] @ tier.coefficient).min()) + tier.constant


def random_problem(seed: int, *, size: int = 5) -> tuple[Problem, TierSpec]:
    """Return a small problem with rows of every kind, and a tier."""
    rng = Random(seed)
    low = [rng.choice((0, 0, 0, 1)) for _ in range(size)]
    high = [a + rng.randint(0, 3) for a in low]
    inside = [rng.randint(a, b) for a, b in zip(low, high, strict=True)]
    rows: list[Row] = []
    for _ in range(rng.randint(1, 4)):
        row = [rng.choice((0, 0, 1, 2, 3, -1, 7)) for _ in range(size)]
        value = sum(c * x for c, x in zip(row, inside, strict=True))
        slack = rng.choice((0, 1, 2, -1 if rng.random() < 0.2 else 3))
        sides = rng.choice(((None, value + slack), (value - slack, None), (value, value + 2)))
        rows.append((row, *sides))
    tier = make_tier([rng.randint(-9, 9) for _ in range(size)], rng.randint(-5, 5))
    return make_problem(low, high, rows), tier


def long_rows(seed: int, *, lowest: int = 0) -> tuple[Problem, TierSpec]:
    """Return a problem whose rows reach far above 2**31 and can be cut into partial sums.

    Every variable is at least 0, a few are at least ``lowest``.
    """
    rng = Random(seed)
    size = 6
    high = [rng.randint(1, 4) for _ in range(size)]
    rows: list[Row] = []
    for _ in range(rng.randint(1, 3)):
        top = rng.choice((2**27, 2**28, 2**28, 2**29))
        row = [rng.randint(top // 4, top) if rng.random() < 0.9 else 0 for _ in range(size)]
        most = rng.randint(2**29, (2**31 - 1) // 3)
        least_side = rng.choice((None, None, rng.randint(0, most // 2)))
        rows.append((row, least_side, most))
    low = [rng.choice((0, 0, 0, 0, lowest)) for _ in high]
    return make_problem(low, high, rows), make_tier([rng.randint(-9, 3) for _ in high])
