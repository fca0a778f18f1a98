"""Small problems in array form from dense rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement.problem.problem import INFINITE, Ints, NodeRules, Problem, Rows, TierSpec

Row = tuple[Ints, int, int]
"""Coefficient of every variable, least and largest value of the sum."""
BELOW = -int(INFINITE)


def small_problem(high: Ints, rows: Sequence[Row], cost: Ints) -> Problem:
    """Return the problem of minimising a cost over variables from 0 to ``high``."""
    empty = np.zeros(0, np.int64)
    return Problem(
        deployments=(),
        cells=(),
        pair_deployment=empty,
        pair_cell=empty,
        low=np.zeros(len(high), np.int64),
        high=high,
        rows=_rows(rows),
        tiers=(TierSpec("cost", None, 1, 0, np.arange(len(high)), cost),),
        node_rules=NodeRules(most=empty),
    )


def _rows(rows: Sequence[Row]) -> Rows:
    used = [np.flatnonzero(row) for row, _, _ in rows]
    values = [row[own] for (row, _, _), own in zip(rows, used, strict=True)]
    empty = np.zeros(0, np.int64)
    return Rows(
        start=np.cumsum([0, *map(len, used)]).astype(np.int64),
        variable=np.concatenate([*used, empty]),
        coefficient=np.concatenate([*values, empty]),
        low=np.array([low for _, low, _ in rows], np.int64),
        high=np.array([high for _, _, high in rows], np.int64),
        name=("node",) * len(rows),
    )
