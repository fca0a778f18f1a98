"""On a cluster of Dask a worker may die: what it had begun is computed again elsewhere."""

from __future__ import annotations

import os
import signal

import pytest

from placement import simulate
from tests.simulation.test_executors import CATALOG, SCENARIOS, SPACE

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.slow


def test_a_worker_is_killed_midway_and_no_outcome_is_lost():
    alone = [outcome.digest for outcome in simulate(CATALOG, SPACE, SCENARIOS)]
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": None,
    }
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        pids = client.run(os.getpid)
        assert len(set(pids.values())) == 2
        killed: dict[str, int] = {}

        def kill_the_busier(outcome: object) -> None:
            busy = client.processing()
            if not killed and any(busy.values()):
                worker = max(busy, key=lambda one: len(busy[one]))
                killed[worker] = len(busy[worker])
                os.kill(pids[worker], signal.SIGKILL)

        found = simulate(
            CATALOG, SPACE, SCENARIOS, executor=client.get_executor(), on_outcome=kill_the_busier
        )
        (left,) = killed.values()
        assert left >= 1  # it died over work
        (worker,) = killed
        assert pids[worker] not in client.run(os.getpid).values()
    assert [outcome.digest for outcome in found] == alone
