"""The best solution so far, and counts per (deployment, cell) in the forms they are needed in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.problem.problem import Ints, Problem
from placement.solvers.greedy import Layout

Counts = dict[tuple[int, int], int]
"""Replicas per (deployment, cell)."""


@dataclass(frozen=True)
class Incumbent:
    """The best solution so far, with the seats that go with it.

    Attributes
    ----------
    solution : int array
        Value of every variable.
    layout : Layout
    values : tuple of int
        Value of every tier.
    """

    solution: Ints
    layout: Layout
    values: tuple[int, ...]


def counts_by_cell(layout: Layout) -> Counts:
    """Return the replicas per (deployment, cell) of a layout."""
    counts: Counts = {}
    for cell, seats in layout.items():
        for seat in seats:
            key = (seat.deployment, cell)
            counts[key] = counts.get(key, 0) + seat.replicas
    return counts


def pair_counts(problem: Problem, counts: Counts) -> Ints:
    """Return the replicas per pair."""
    owner, cells = problem.pair_deployment, problem.pair_cell
    width = len(problem.cells) + 1
    keys = owner * width + cells
    found = np.zeros(problem.pairs, np.int64)
    wanted = np.array([d * width + c for d, c in counts], np.int64)
    found[np.searchsorted(keys, wanted)] = np.array(list(counts.values()), np.int64)
    return found
