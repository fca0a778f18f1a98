"""Pods in the order in which they arrive, until a share of all GPUs has been asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.openb.trace import Nodes, Pods

ASKED = 1.3
"""GPUs asked for, as a share of those there are."""


def arriving(
    pods: Pods, nodes: Nodes, rng: np.random.Generator, asked: float = ASKED
) -> NDArray[np.int64]:
    """Return the shape of each arriving pod.

    The list is shuffled. If it asks for too little, pods drawn from it with replacement follow;
    if for too much, random pods of it stay away.
    """
    order = rng.permutation(pods.of)
    limit = int(asked * nodes.gpu_milli)
    milli = pods.gpu_milli
    missing = limit - int(milli[order].sum())
    if missing < 0:
        leaving = rng.permutation(len(order))
        gone = np.cumsum(milli[order[leaving]])
        count = int(np.searchsorted(gone, -missing)) + 1
        return np.delete(order, leaving[:count])
    drawn = rng.choice(pods.of, size=2 * len(order) + 1)
    while int(milli[drawn].sum()) < missing:
        drawn = np.concatenate([drawn, rng.choice(pods.of, size=len(order) + 1)])
    count = int(np.searchsorted(np.cumsum(milli[drawn]), missing, side="right"))
    return np.concatenate([order, drawn[:count]])
