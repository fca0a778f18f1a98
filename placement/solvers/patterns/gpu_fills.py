"""What one GPU can hold: all contents that none beats in CPUs, memory, extras and gain.

GPUs of a node are alike, so a model that counts contents of GPUs has none of the symmetry of one
that says for every share which GPU it is on, and a few dozen contents are all that matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.catalog.rows import UNIT
from placement.problem.problem import Ints
from placement.solvers.patterns.kinds import Kinds, Mask

BLOCK = 256
"""Contents compared with all others at once."""


@dataclass(frozen=True)
class Fill:
    """Replicas on one GPU, what they need of the node beside it, and what they gain."""

    parts: tuple[tuple[int, int], ...]
    demand: Ints
    gain: int


def fills_of(kinds: Kinds, shapes: Ints, gain: Ints, free: int, room: Ints) -> list[Fill]:
    """Return the contents of a GPU with ``free`` thousandths that are worth looking at.

    A content may be beaten by one of whose shapes fewer are wanted than a node could hold.

    Parameters
    ----------
    shapes : int array
        Shares, and replicas of one whole GPU if the GPU is untouched.
    room : int array
        What a node has of each resource at most.
    """
    sizes = kinds.gpus[shapes]
    small, whole = shapes[sizes < UNIT], shapes[sizes == UNIT]
    width = kinds.demand.shape[1]
    table = np.zeros((1, width + 2), np.int64)
    counts = np.zeros((1, len(shapes)), np.int64)
    for column, shape in enumerate(small.tolist()):
        step = np.concatenate([[kinds.gpus[shape]], kinds.demand[shape], [gain[shape]]])
        limit = np.append(free, room)
        table, counts = _extended(table, counts, column, step, limit, int(kinds.wanted[shape]))
    if free == UNIT:
        rows = [[UNIT, *kinds.demand[s].tolist(), int(gain[s])] for s in whole.tolist()]
        ones = np.zeros((len(whole), len(shapes)), np.int64)
        ones[np.arange(len(whole)), len(small) + np.arange(len(whole))] = 1
        table = np.concatenate([table, np.array(rows, np.int64).reshape(-1, width + 2)])
        counts = np.concatenate([counts, ones])
    best = unbeaten(table[:, 1:-1], table[:, -1])
    order = np.concatenate([small, whole])
    return [
        Fill(
            tuple((int(order[i]), int(counts[row, i])) for i in np.flatnonzero(counts[row])),
            table[row, 1:-1],
            int(table[row, -1]),
        )
        for row in best.tolist()
        if counts[row].any()
    ]


def _extended(
    table: Ints, counts: Ints, column: int, step: Ints, limit: Ints, most: int
) -> tuple[Ints, Ints]:
    """Return the contents with up to ``most`` of one more shape that none beats."""
    tables, numbers = [table], [counts]
    for _ in range(most):
        more, count = tables[-1] + step, numbers[-1].copy()
        count[:, column] += 1
        fits = (more[:, :-1] <= limit).all(axis=1)
        if not fits.any():
            break
        tables.append(more[fits])
        numbers.append(count[fits])
    table, counts = np.concatenate(tables), np.concatenate(numbers)
    kept = unbeaten(table[:, :-1], table[:, -1])
    return table[kept], counts[kept]


def unbeaten(cost: Ints, gain: Ints) -> Ints:
    """Return the rows that no other row beats: less in no cost for at least the gain.

    Of equal rows the first is kept.
    """
    order = np.lexsort((*cost.T[::-1], -gain))
    sorted_cost = cost[order]
    kept = np.ones(len(order), bool)
    alive = np.zeros((0, cost.shape[1]), cost.dtype)
    for start in range(0, len(order), BLOCK):
        block = sorted_cost[start : start + BLOCK]
        own = ~_beaten_by(block, alive)
        own[own] &= ~_beaten_earlier(block[own])
        kept[start : start + BLOCK] = own
        alive = np.concatenate([alive, block[own]])
    return order[kept]


def _beaten_by(rows: Ints, others: Ints) -> Mask:
    beaten: Mask = np.zeros(len(rows), bool)
    for column in range(0, len(others), BLOCK):
        left = np.flatnonzero(~beaten)
        part = others[column : column + BLOCK]
        below: Mask = np.ones((len(left), len(part)), bool)
        for k in range(rows.shape[1]):
            np.logical_and(below, part[None, :, k] <= rows[left, None, k], out=below)
        beaten[left[below.any(axis=1)]] = True
    return beaten


def _beaten_earlier(rows: Ints) -> Mask:
    below = np.tri(len(rows), k=-1) > 0
    for k in range(rows.shape[1]):
        below = np.logical_and(below, rows[None, :, k] <= rows[:, None, k])
    beaten: Mask = np.logical_or.reduce(below, axis=1)
    return beaten
