"""Pods arriving one after the other, each put where a policy wants it, none ever moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.openb.arrivals import ASKED, arriving
from benchmarks.openb.cluster import Cluster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.openb.policies import Policy
    from benchmarks.openb.trace import Nodes, Pods


@dataclass(frozen=True)
class Run:
    """What came of one run.

    Attributes
    ----------
    asked, allocated : array
        Thousandths of GPUs, after each arrival.
    gpu_milli : int
        Thousandths of GPUs there are.
    cluster : Cluster
        As it is at the end.
    """

    asked: NDArray[np.int64]
    allocated: NDArray[np.int64]
    gpu_milli: int
    cluster: Cluster

    def unallocated(self, percent: int) -> float:
        """Return the free share in percent once GPUs of ``percent`` of all have been asked for."""
        last = int(np.searchsorted(self.asked, percent / 100 * self.gpu_milli, side="right")) - 1
        return 100 - 100 * int(self.allocated[last]) / self.gpu_milli


def replay(policy: type[Policy], nodes: Nodes, pods: Pods, seed: int, asked: float = ASKED) -> Run:
    """Let pods arrive until ``asked`` of all GPUs has been asked for."""
    rng = np.random.default_rng(seed)
    order = arriving(pods, nodes, rng, asked)
    nodes = nodes.permuted(rng.permutation(len(nodes.names)))
    cluster = Cluster(nodes, pods.shapes)
    chooser = policy(cluster, pods, rng)
    allocated = np.zeros(len(order), dtype=np.int64)
    so_far = 0
    for step, number in enumerate(order.tolist()):
        there = np.flatnonzero(cluster.fits(number))
        if len(there):
            node, slot = chooser.choose(number, there)
            cluster.put(node, number, slot)
            chooser.placed(number, node)
            so_far += cluster.shapes[number].gpu_milli
        allocated[step] = so_far
    return Run(np.cumsum(pods.gpu_milli[order]), allocated, nodes.gpu_milli, cluster)
