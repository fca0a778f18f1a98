"""Our online mode on arrays: of equal nodes the one that strands least of what is to come.

What is to come is estimated from the pods that have been placed. The scores are those of the
planner (``placement.problem.stranding``); here only the scores of changed nodes are made anew,
which is why a run takes seconds. A test holds the choices against the planner's, one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.openb.policies import Policy
from benchmarks.openb.worlds import catalog_of, deployment_of, groups_of, workspace_of
from placement.problem.stranding import Kinds, kinds_of
from placement.workspace.expected import Expected
from placement.workspace.shapes import renamed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.openb.cluster import Cluster
    from benchmarks.openb.policies import Ints
    from benchmarks.openb.trace import Pods

FIRST = 20
"""Pods that are placed before anything is expected."""
EVERY = 1000
"""Pods that are placed at most before the estimate is made anew."""


def next_estimate(placed: int) -> int:
    """Return how many pods are placed when the estimate is made anew: twice as many, at first."""
    return placed + min(max(placed, FIRST), EVERY)


class LeastStranded(Policy):
    """The node on which one more replica takes least from what is expected."""

    def __init__(self, cluster: Cluster, pods: Pods, rng: np.random.Generator) -> None:
        super().__init__(cluster, pods, rng)
        self.catalog = catalog_of(cluster.nodes)
        hardware = {h: g for g, (_, h, _) in enumerate(groups_of(cluster.nodes))}
        self.group: Ints = np.array([hardware[h] for h in cluster.nodes.hardware])
        self.rank: Ints = np.argsort(np.argsort(self.group, kind="stable"), kind="stable")
        self.asked = [
            deployment_of(shape, f"shape-{i:03}", cluster.nodes)
            for i, shape in enumerate(cluster.shapes)
        ]
        self.counts = np.zeros(len(cluster.shapes), np.int64)
        self.due = next_estimate(0)
        self._expect({})

    def scores(self, number: int, there: Ints) -> Ints:  # noqa: D102
        stale = there[self.stale[number, there]]
        if len(stale):
            one, cluster = self.asked[number], self.cluster
            left = cluster.cpu[stale], cluster.memory[stale], cluster.gpu[stale]
            wish = one.gpus, one.cpus, one.memory
            self.steps[number, stale] = self.kinds.lost(wish, *left, self.group[stale])
            self.stale[number, stale] = False
        found: Ints = -self.steps[number, there] * len(self.rank) - self.rank[there]
        return found

    def placed(self, number: int, node: int) -> None:  # noqa: D102
        self.stale[:, node] = True
        self.counts[number] += 1
        if self.counts.sum() == self.due:
            self.due = next_estimate(self.due)
            self._expect(dict(enumerate(self.counts.tolist())))

    def _expect(self, counts: Mapping[int, int]) -> None:
        """Expect more of what has been placed."""
        seen = [
            renamed(self.asked[i].model_copy(update={"replicas": n}), f"seen-{i:03}")
            for i, n in counts.items()
            if n
        ]
        workspace = workspace_of(seen)
        self.kinds: Kinds = kinds_of(Expected.of(workspace), workspace, self.catalog, {})
        self.stale = np.ones((len(self.asked), len(self.group)), dtype=bool)
        self.steps = np.zeros(self.stale.shape, np.int64)
