"""Our online mode itself: pod by pod through a warm planner, nothing ever moved.

``recommend`` tells whether a pod has room as things are. If so it is deployed, with what is
expected estimated from the workspace so far; if not it is left out, as no other replica may move.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.openb.arrivals import ASKED, arriving
from benchmarks.openb.expecting import next_estimate
from benchmarks.openb.worlds import catalog_of, deployments_of, workspace_of
from placement.planner import Planner
from placement.workspace.expected import Expected

if TYPE_CHECKING:
    from benchmarks.openb.trace import Nodes, Pods
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True)
class OnlineRun:
    """What came of one run.

    Attributes
    ----------
    places : tuple of (str, int or None) or None
        Node and GPU of each pod in the order of arrival; None if it was left out.
    allocated : int
        Thousandths of GPUs in use at the end.
    unallocated : float
        The free share in percent.
    seconds, cpu_seconds : float
        Of all calls of the planner.
    """

    places: tuple[tuple[str, int | None] | None, ...]
    allocated: int
    unallocated: float
    seconds: float
    cpu_seconds: float


def run_online(
    nodes: Nodes, pods: Pods, seed: int, *, asked: float = ASKED, most: int | None = None
) -> OnlineRun:
    """Let pods arrive until ``asked`` of all GPUs has been asked for, or ``most`` have arrived."""
    order = arriving(pods, nodes, np.random.default_rng(seed), asked).tolist()[:most]
    online = _Online(nodes)
    wall, cpu = time.perf_counter(), time.process_time()
    places = tuple(online.arrive(one) for one in deployments_of(pods, order, nodes))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    used = sum(row.gpus for row in online.workspace.running)
    return OnlineRun(places, used, 100 - 100 * used / nodes.gpu_milli, wall, cpu)


class _Online:
    """The planner, and the state that the arrivals so far have led to."""

    def __init__(self, nodes: Nodes) -> None:
        self.planner = Planner(catalog_of(nodes))
        self.workspace: Workspace = workspace_of(())
        self.expected = Expected(())
        self.placed = 0
        self.due = next_estimate(0)

    def arrive(self, deployment: ModelDeployment) -> tuple[str, int | None] | None:
        """Place a pod if it has room, and return where."""
        if not self.planner.recommend(self.workspace, deployment, top=1):
            return None
        preview = self.planner.deploy(self.workspace, deployment, expected=self.expected)
        assert preview.refusal is None
        assert not any(row.action == "move" for row in preview.changes)
        self.workspace = preview.workspace
        self._count()
        (row,) = self.workspace.running_by_key[deployment.key]
        return row.node, row.gpu

    def _count(self) -> None:
        self.placed += 1
        if self.placed == self.due:
            self.due = next_estimate(self.placed)
            self.expected = Expected.of(self.workspace)
