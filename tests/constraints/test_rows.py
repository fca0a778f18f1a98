"""The array half of each constraint on a few cells, row by row.

Some rows only spare the search work (a weaker row is caught later, when replicas are laid on single
nodes), so plans alone would not show that they are gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import Reserved
from placement.constraints.base import Constraint
from placement.constraints.capacity import Capacity
from placement.constraints.colocation import Colocation
from placement.constraints.demand import Demand
from placement.constraints.gpu_share import GpuShare
from placement.constraints.separation import Separation
from placement.constraints.spread import Spread
from placement.options import Billing
from placement.problem.problem import NodeRules
from placement.workspace.workspace import Workspace
from tests.constraints.rows import built, extra_bounds, rows
from tests.verifier.fleet import GPUS, GROUPS, REGIONS, deployment, fleet, policy, workspace

G = {group.name: group for group in GROUPS}
US = policy("us", "location", locations=[{"type": "country", "name": "US"}])


def labelled(**labels: str) -> dict[str, Any]:
    return {"matchLabels": labels}


def pledged(*slots: int) -> Catalog:
    """Return two nodes with four GPUs each, the last of which are reserved as told."""
    held = Reserved((*(0 for _ in range(4 - len(slots))), *slots), 0, 0)
    nodes = {f"west/{index}": held for index in range(2)}
    return make_catalog(REGIONS, GPUS, (G["west"],), reserved=nodes)


Case = tuple[Constraint, Catalog, Workspace, dict[str, Any], list[str], list[tuple[int, int]]]
CASES: dict[str, Case] = {
    "sums, sizes and slots": (
        Capacity(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 1, "cpus": 3, "memoryGiB": 10}),
            deployment("b", replicas=20, resources={"gpus": 2, "cpus": 7}),
            deployment("c", replicas=20, resources={"gpus": 1, "cpus": 5}),
            deployment("d", replicas=20, resources={"gpus": 1, "cpus": 4}),
            deployment("h", replicas=20, resources={"gpus": "0.4"}),
            deployment("l", replicas=20, resources={"gpus": 3}),
        ),
        {},
        [
            "cpus: 3000 a@east/0 + 7000 b@east/0 + 5000 c@east/0 + 4000 d@east/0 + 1000 h@east/0 + 1000 l@east/0 <= 32000",
            "cpus: 3000 a@east/2 + 7000 b@east/2 + 5000 c@east/2 + 4000 d@east/2 + 1000 h@east/2 <= 15000",
            "cpus: 3000 a@west/0 + 7000 b@west/0 + 5000 c@west/0 + 4000 d@west/0 + 1000 h@west/0 + 1000 l@west/0 <= 32000",
            "cpus: b@east/0 + c@east/0 <= 6",
            "cpus: b@west/0 + c@west/0 <= 6",
            "gpus: 1000 a@east/0 + 2000 b@east/0 + 1000 c@east/0 + 1000 d@east/0 + 400 h@east/0 + 3000 l@east/0 <= 8000",
            "gpus: 1000 a@east/2 + 2000 b@east/2 + 1000 c@east/2 + 1000 d@east/2 + 400 h@east/2 <= 2750",
            "gpus: 1000 a@west/0 + 2000 b@west/0 + 1000 c@west/0 + 1000 d@west/0 + 400 h@west/0 + 3000 l@west/0 <= 8000",
            "gpus: a@east/0 + 2 b@east/0 + c@east/0 + d@east/0 + 3 l@east/0 <= 8",
            "gpus: a@east/2 + 2 b@east/2 + c@east/2 + d@east/2 <= 2",
            "gpus: a@west/0 + 2 b@west/0 + c@west/0 + d@west/0 + 3 l@west/0 <= 8",
            "gpus: b@east/0 + l@east/0 <= 4",
            "gpus: b@west/0 + l@west/0 <= 4",
            "gpus: 2 a@east/0 + 4 b@east/0 + 2 c@east/0 + 2 d@east/0 + h@east/0 + 6 l@east/0 <= 16",
            "gpus: 2 a@east/2 + 4 b@east/2 + 2 c@east/2 + 2 d@east/2 + h@east/2 <= 5",
            "gpus: 2 a@west/0 + 4 b@west/0 + 2 c@west/0 + 2 d@west/0 + h@west/0 + 6 l@west/0 <= 16",
        ],
        [],
    ),
    "nodes that are opened": (
        Capacity(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 1, "cpus": 3}),
            deployment("b", replicas=20, resources={"gpus": 2, "cpus": 7}),
        ),
        {"billing": Billing.NODE},
        [
            "cpus: 3000 a@east/0 + 7000 b@east/0 - 16000 v0 <= 0",
            "cpus: 3000 a@east/2 + 7000 b@east/2 - 15000 v1 <= 0",
            "cpus: 3000 a@west/0 + 7000 b@west/0 - 16000 v2 <= 0",
            "cpus: b@east/0 - 2 v0 <= 0",
            "cpus: b@west/0 - 2 v2 <= 0",
            "memory: 1000 a@east/0 + 1000 b@east/0 - 64000 v0 <= 0",
            "memory: 1000 a@east/2 + 1000 b@east/2 - 56000 v1 <= 0",
            "memory: 1000 a@west/0 + 1000 b@west/0 - 64000 v2 <= 0",
            "gpus: 1000 a@east/0 + 2000 b@east/0 - 4000 v0 <= 0",
            "gpus: 1000 a@east/2 + 2000 b@east/2 - 2750 v1 <= 0",
            "gpus: 1000 a@west/0 + 2000 b@west/0 - 4000 v2 <= 0",
            "gpus: a@east/0 + 2 b@east/0 - 4 v0 <= 0",
            "gpus: a@east/2 + 2 b@east/2 - 2 v1 <= 0",
            "gpus: a@west/0 + 2 b@west/0 - 4 v2 <= 0",
            "gpus: b@east/0 - 2 v0 <= 0",
            "gpus: b@east/2 - v1 <= 0",
            "gpus: b@west/0 - 2 v2 <= 0",
            "open: a@east/0 - 4 v0 <= 0",
            "open: a@east/2 - 2 v1 <= 0",
            "open: a@west/0 - 4 v2 <= 0",
            "open: b@east/0 - 2 v0 <= 0",
            "open: b@east/2 - v1 <= 0",
            "open: b@west/0 - 2 v2 <= 0",
        ],
        [(0, 2), (0, 1), (0, 2)],
    ),
    "extras of one node and of several": (
        Capacity(),
        fleet(
            replace(G["asia"], count=2, extra={"nic": 5_000, "ssd": 9_000}),
            replace(G["east"], extra={"nic": 5_000}),
        ),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 1, "extra": {"nic": 2}}),
            deployment("b", replicas=20, resources={"gpus": 1, "extra": {"ssd": 1, "nic": 1}}),
            deployment("c", replicas=20),
        ),
        {},
        [
            "extra:nic: 2000 a@asia/0 + 1000 b@asia/0 <= 10000",
            "gpus: 1000 a@asia/0 + 1000 b@asia/0 + 1000 c@asia/0 <= 16000",
            "gpus: 1000 a@east/0 + 1000 c@east/0 <= 8000",
            "gpus: 1000 a@east/2 + 1000 c@east/2 <= 2750",
            "gpus: a@asia/0 + b@asia/0 + c@asia/0 <= 16",
            "gpus: a@east/0 + c@east/0 <= 8",
            "gpus: a@east/2 + c@east/2 <= 2",
        ],
        [],
    ),
    "the least that can be left over": (
        Capacity(),
        fleet(G["east"]),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 1, "cpus": "15.999"}),
            deployment("b", replicas=20, resources={"gpus": 1, "cpus": "15.999"}),
        ),
        {},
        [
            "cpus: 15999 a@east/0 + 15999 b@east/0 <= 32000",
            "cpus: a@east/0 + b@east/0 <= 2",
        ],
        [],
    ),
    "all GPUs of a node": (
        Capacity(),
        fleet(G["west"], replace(G["west"], name="small", gpu_count=2)),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 4, "cpus": 7, "memoryGiB": 10}),
            deployment("b", replicas=20, resources={"gpus": 1, "cpus": 5, "memoryGiB": 24}),
            deployment("c", replicas=20, resources={"gpus": 2, "cpus": 6, "memoryGiB": 9}),
            deployment("h", replicas=20, resources={"gpus": "0.5", "cpus": 1}),
        ),
        {},
        [
            "cpus: 5000 b@small/0 + 16000 c@small/0 + 1000 h@small/0 <= 32000",
            "cpus: 16000 a@west/0 + 5000 b@west/0 + 6000 c@west/0 + 1000 h@west/0 <= 32000",
            "cpus: b@small/0 + 3 c@small/0 <= 6",
            "cpus: 3 a@west/0 + b@west/0 + c@west/0 <= 6",
            "cpus: 2 a@west/0 + c@west/0 <= 4",
            "memory: 24000 b@small/0 + 64000 c@small/0 + 1000 h@small/0 <= 128000",
            "memory: 64000 a@west/0 + 24000 b@west/0 + 9000 c@west/0 + 1000 h@west/0 <= 128000",
            "memory: b@small/0 + 2 c@small/0 <= 4",
            "memory: 2 a@west/0 + b@west/0 <= 4",
            "gpus: 1000 b@small/0 + 2000 c@small/0 + 500 h@small/0 <= 4000",
            "gpus: 4000 a@west/0 + 1000 b@west/0 + 2000 c@west/0 + 500 h@west/0 <= 8000",
            "gpus: b@small/0 + 2 c@small/0 <= 4",
            "gpus: 4 a@west/0 + b@west/0 + 2 c@west/0 <= 8",
            "gpus: 2 a@west/0 + c@west/0 <= 4",
            "gpus: 2 b@small/0 + 4 c@small/0 + h@small/0 <= 8",
            "gpus: 8 a@west/0 + 2 b@west/0 + 4 c@west/0 + h@west/0 <= 16",
        ],
        [],
    ),
    "all GPUs of a node on which nodes are opened": (
        Capacity(),
        fleet(G["west"]),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 4, "cpus": 7}),
            deployment("b", replicas=20, resources={"gpus": 3, "cpus": 7}),
        ),
        {"billing": Billing.NODE},
        [
            "cpus: 16000 a@west/0 + 7000 b@west/0 - 16000 v0 <= 0",
            "cpus: 2 a@west/0 + b@west/0 - 2 v0 <= 0",
            "memory: 64000 a@west/0 + 1000 b@west/0 - 64000 v0 <= 0",
            "gpus: 4000 a@west/0 + 3000 b@west/0 - 4000 v0 <= 0",
            "gpus: a@west/0 + b@west/0 - v0 <= 0",
            "gpus: a@west/0 - v0 <= 0",
            "open: a@west/0 - v0 <= 0",
            "open: b@west/0 - v0 <= 0",
        ],
        [(0, 2)],
    ),
    "all GPUs of a node beside others without GPUs": (
        Capacity(),
        fleet(G["west"], G["asia"]),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 4, "cpus": 7, "memoryGiB": 10}),
            deployment("b", replicas=20, resources={"gpus": 1, "cpus": 5}),
            deployment(
                "i", replicas=20, flavors=[{"type": "gpu", "name": "T4"}], resources={"gpus": 0}
            ),
            deployment("t", replicas=20, resources={"gpus": 8, "cpus": 50}),
        ),
        {},
        [
            "cpus: 7000 a@asia/0 + 5000 b@asia/0 + 96000 t@asia/0 <= 96000",
            "cpus: 7000 a@west/0 + 5000 b@west/0 + 1000 i@west/0 <= 32000",
            "cpus: a@west/0 + b@west/0 <= 6",
            "memory: 10000 a@asia/0 + 1000 b@asia/0 + 64000 t@asia/0 <= 64000",
            "gpus: 4000 a@asia/0 + 1000 b@asia/0 + 8000 t@asia/0 <= 8000",
            "gpus: 4000 a@west/0 + 1000 b@west/0 <= 8000",
            "gpus: 4 a@asia/0 + b@asia/0 + 8 t@asia/0 <= 8",
            "gpus: 4 a@west/0 + b@west/0 <= 8",
            "gpus: a@asia/0 + 2 t@asia/0 <= 2",
        ],
        [],
    ),
    "all GPUs of a node but one": (
        Capacity(),
        fleet(G["west"]),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 3, "cpus": 7, "memoryGiB": 10}),
            deployment("b", replicas=20, resources={"gpus": 1, "cpus": 5}),
        ),
        {},
        [
            "cpus: 7000 a@west/0 + 5000 b@west/0 <= 32000",
            "cpus: a@west/0 + b@west/0 <= 6",
            "gpus: 3000 a@west/0 + 1000 b@west/0 <= 8000",
            "gpus: 3 a@west/0 + b@west/0 <= 8",
        ],
        [],
    ),
    "all GPUs that reservations leave": (
        Capacity(),
        pledged(1_000, 1_000),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 2, "cpus": 7, "memoryGiB": 10}),
            deployment("b", replicas=20, resources={"gpus": 1, "cpus": 5}),
            deployment("h", replicas=20, resources={"gpus": "0.001"}),
        ),
        {},
        [
            "cpus: 16000 a@west/0 + 5000 b@west/0 + 1000 h@west/0 <= 32000",
            "cpus: 3 a@west/0 + b@west/0 <= 6",
            "memory: 64000 a@west/0 + 1000 b@west/0 + 1000 h@west/0 <= 128000",
            "gpus: 2000 a@west/0 + 1000 b@west/0 + h@west/0 <= 4000",
            "gpus: 2 a@west/0 + b@west/0 <= 4",
            "gpus: 2000 a@west/0 + 1000 b@west/0 + h@west/0 <= 4000",
        ],
        [],
    ),
    "all GPUs beside one that is reserved in part": (
        Capacity(),
        pledged(999, 1_000),
        workspace(
            deployment("a", replicas=20, resources={"gpus": 2, "cpus": 7, "memoryGiB": 10}),
            deployment("b", replicas=20, resources={"gpus": 1, "cpus": 5}),
            deployment("h", replicas=20, resources={"gpus": "0.001"}),
        ),
        {},
        [
            "cpus: 7000 a@west/0 + 5000 b@west/0 + 1000 h@west/0 <= 32000",
            "gpus: 2000 a@west/0 + 1000 b@west/0 + h@west/0 <= 4002",
            "gpus: 2 a@west/0 + b@west/0 <= 4",
            "gpus: 2000 a@west/0 + 1000 b@west/0 + h@west/0 <= 4002",
        ],
        [],
    ),
    "nobody to place": (Capacity(), fleet(G["east"]), workspace(), {}, [], []),
    "counts of deployments": (
        Demand(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=4, minReplicas=2),
            deployment("b", replicas=3),
            deployment("c", replicas=2, minReplicas=1),
            deployment("huge", replicas=2, resources={"gpus": 16}),
            deployment("z", replicas=3, minReplicas=3),
        ),
        {},
        [
            "demand: a@east/0 + a@east/2 + a@west/0 <= 4",
            "demand: b@east/0 + b@east/2 + b@west/0 <= 3",
            "demand: c@east/0 + c@east/2 + c@west/0 <= 2",
            "demand: z@east/0 + z@east/2 + z@west/0 <= 3",
            "demand: a@east/0 + a@east/2 + a@west/0 - 4 v0 <= 0",
            "demand: 0 <= a@east/0 + a@east/2 + a@west/0 - v0",
            "demand: 0 <= a@east/0 + a@east/2 + a@west/0 - 2 v0",
            "demand: z@east/0 + z@east/2 + z@west/0 - 3 v1 <= 0",
            "demand: 0 <= z@east/0 + z@east/2 + z@west/0 - v1",
            "demand: 0 <= z@east/0 + z@east/2 + z@west/0 - 3 v1",
        ],
        [(0, 1), (0, 1)],
    ),
    "shares of two sizes beside whole GPUs": (
        GpuShare(),
        fleet(replace(G["west"], count=1), G["part"]),
        workspace(
            deployment("a", replicas=4, resources={"gpus": "0.3"}),
            deployment("b", replicas=3, resources={"gpus": 2}),
            deployment(
                "c", replicas=3, flavors=[{"type": "gpu", "name": "T4"}], resources={"gpus": 0}
            ),
            deployment("p", replicas=3, resources={"gpus": "0.1"}),
        ),
        {"single": True},
        [
            "gpu_share: 300 v0 + 100 v1 - 1000 v2 <= 0",
            "gpu_share: 300 v3 + 100 v4 - 1000 v5 <= 0",
            "gpu_share: 300 v6 + 100 v7 - 1000 v8 <= 0",
            "gpu_share: 300 v9 + 100 v10 - 1000 v11 <= 0",
            "gpu_share: 0 <= v0 + v3 + v6 + v9 - a@west/0 <= 0",
            "gpu_share: 0 <= v1 + v4 + v7 + v10 - p@west/0 <= 0",
            "gpu_share: 2 b@west/0 + v2 + v5 + v8 + v11 <= 4",
        ],
        [
            (0, 3),
            (0, 3),
            (0, 1),
            (0, 3),
            (0, 3),
            (0, 1),
            (0, 3),
            (0, 3),
            (0, 1),
            (0, 3),
            (0, 3),
            (0, 1),
        ],
    ),
    "shares beside reservations": (
        GpuShare(),
        fleet(G["east"]),
        workspace(
            deployment("a", replicas=4, resources={"gpus": "0.3"}),
            deployment("b", replicas=3, resources={"gpus": 2}),
        ),
        {},
        [
            "gpu_share: 300 v0 - 1000 v1 <= 0",
            "gpu_share: 300 v2 - 1000 v3 <= 0",
            "gpu_share: 300 v4 <= 750",
            "gpu_share: 300 v5 <= 0",
            "gpu_share: 0 <= v0 + v2 + v4 + v5 - a@east/2 <= 0",
            "gpu_share: 2 b@east/2 + v1 + v3 <= 2",
        ],
        [(0, 3), (0, 1), (0, 3), (0, 1), (0, 2), (0, 0)],
    ),
    "shares on a node of two GPUs": (
        GpuShare(),
        fleet(replace(G["west"], count=1, gpu_count=2)),
        workspace(deployment("a", replicas=4, resources={"gpus": "0.3"})),
        {},
        [
            "gpu_share: 300 v0 - 1000 v1 <= 0",
            "gpu_share: 300 v2 - 1000 v3 <= 0",
            "gpu_share: 0 <= v0 + v2 - a@west/0 <= 0",
            "gpu_share: v1 + v3 <= 2",
        ],
        [(0, 3), (0, 1), (0, 3), (0, 1)],
    ),
    "shares on the GPU of a partial node": (
        GpuShare(),
        fleet(G["part"]),
        workspace(deployment("p", replicas=3, resources={"gpus": "0.1"})),
        {"single": True},
        [],
        [],
    ),
    "rivals over nodes and zones": (
        Separation(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment(
                "a",
                replicas=4,
                separateFrom=[
                    {"selector": labelled(x="1"), "over": "node"},
                    {"selector": labelled(x="1"), "over": "zone"},
                ],
            ),
            deployment(
                "b", replicas=3, labels={"x": "1"}, separateFrom=[{"selector": {}, "over": "zone"}]
            ),
        ),
        {},
        [
            "nodes: b@east/0 - 3 v0 <= 0",
            "nodes: 0 <= b@east/0 - v0",
            "nodes: b@east/2 - 2 v1 <= 0",
            "nodes: 0 <= b@east/2 - v1",
            "nodes: b@west/0 - 3 v2 <= 0",
            "nodes: 0 <= b@west/0 - v2",
            "nodes: a@east/0 - 4 v3 <= 0",
            "nodes: 0 <= a@east/0 - v3",
            "nodes: a@east/2 - 2 v4 <= 0",
            "nodes: 0 <= a@east/2 - v4",
            "nodes: a@west/0 - 4 v5 <= 0",
            "nodes: 0 <= a@west/0 - v5",
            "separation: v3 + v0 <= 2",
            "separation: v4 + v1 <= 1",
            "separation: v5 + v2 <= 2",
            "domains: b@west/0 - 3 v6 <= 0",
            "domains: 0 <= b@west/0 - v6",
            "domains: b@east/0 + b@east/2 - 3 v7 <= 0",
            "domains: 0 <= b@east/0 + b@east/2 - v7",
            "domains: a@west/0 - 4 v8 <= 0",
            "domains: 0 <= a@west/0 - v8",
            "domains: a@east/0 + a@east/2 - 4 v9 <= 0",
            "domains: 0 <= a@east/0 + a@east/2 - v9",
            "separation: v8 + v6 <= 1",
            "separation: v9 + v7 <= 1",
        ],
        [(0, 2), (0, 1), (0, 2), (0, 2), (0, 1), (0, 2), (0, 1), (0, 1), (0, 1), (0, 1)],
    ),
    "rivals that cannot meet everywhere": (
        Separation(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment(
                "a",
                replicas=4,
                separateFrom=[{"selector": {}, "over": "zone"}, {"selector": {}, "over": "node"}],
            ),
            deployment("b", replicas=3, policies=("us",)),
            policies=[US],
        ),
        {},
        [
            "nodes: b@east/0 - 3 v0 <= 0",
            "nodes: 0 <= b@east/0 - v0",
            "nodes: b@east/2 - 2 v1 <= 0",
            "nodes: 0 <= b@east/2 - v1",
            "nodes: a@east/0 - 4 v2 <= 0",
            "nodes: 0 <= a@east/0 - v2",
            "nodes: a@east/2 - 2 v3 <= 0",
            "nodes: 0 <= a@east/2 - v3",
            "nodes: a@west/0 - 4 v4 <= 0",
            "nodes: 0 <= a@west/0 - v4",
            "separation: v2 + v0 <= 2",
            "separation: v3 + v1 <= 1",
            "domains: b@east/0 + b@east/2 - 3 v5 <= 0",
            "domains: 0 <= b@east/0 + b@east/2 - v5",
            "domains: a@west/0 - 4 v6 <= 0",
            "domains: 0 <= a@west/0 - v6",
            "domains: a@east/0 + a@east/2 - 4 v7 <= 0",
            "domains: 0 <= a@east/0 + a@east/2 - v7",
            "separation: v7 + v5 <= 1",
        ],
        [(0, 2), (0, 1), (0, 2), (0, 1), (0, 2), (0, 1), (0, 1), (0, 1)],
    ),
    "neighbours over nodes and regions": (
        Colocation(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment(
                "a",
                replicas=4,
                togetherWith=[
                    {"selector": labelled(x="1"), "over": "node"},
                    {"selector": labelled(x="1"), "over": "region"},
                ],
            ),
            deployment("b", replicas=3, labels={"x": "1"}),
            deployment("c", replicas=2, labels={"x": "1"}, policies=("us",)),
            policies=[US],
        ),
        {},
        [
            "nodes: b@east/0 - 3 v0 <= 0",
            "nodes: 0 <= b@east/0 - v0",
            "nodes: b@east/2 - 2 v1 <= 0",
            "nodes: 0 <= b@east/2 - v1",
            "nodes: b@west/0 - 3 v2 <= 0",
            "nodes: 0 <= b@west/0 - v2",
            "nodes: c@east/0 - 2 v3 <= 0",
            "nodes: 0 <= c@east/0 - v3",
            "nodes: c@east/2 - 2 v4 <= 0",
            "nodes: 0 <= c@east/2 - v4",
            "nodes: a@east/0 - 4 v5 <= 0",
            "nodes: 0 <= a@east/0 - v5",
            "nodes: a@east/2 - 2 v6 <= 0",
            "nodes: 0 <= a@east/2 - v6",
            "nodes: a@west/0 - 4 v7 <= 0",
            "nodes: 0 <= a@west/0 - v7",
            "colocation: v5 - v0 - v3 <= 0",
            "colocation: v6 - v1 - v4 <= 0",
            "colocation: v7 - v2 <= 0",
            "domains: b@west/0 - 3 v8 <= 0",
            "domains: 0 <= b@west/0 - v8",
            "domains: b@east/0 + b@east/2 - 3 v9 <= 0",
            "domains: 0 <= b@east/0 + b@east/2 - v9",
            "domains: c@east/0 + c@east/2 - 2 v10 <= 0",
            "domains: 0 <= c@east/0 + c@east/2 - v10",
            "domains: a@west/0 - 4 v11 <= 0",
            "domains: 0 <= a@west/0 - v11",
            "domains: a@east/0 + a@east/2 - 4 v12 <= 0",
            "domains: 0 <= a@east/0 + a@east/2 - v12",
            "colocation: v11 - v8 <= 0",
            "colocation: v12 - v9 - v10 <= 0",
        ],
        [
            (0, 2),
            (0, 1),
            (0, 2),
            (0, 2),
            (0, 1),
            (0, 2),
            (0, 1),
            (0, 2),
            (0, 1),
            (0, 1),
            (0, 1),
            (0, 1),
            (0, 1),
        ],
    ),
    "at most one on a node": (
        Spread(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=5, spread=[{"over": "node", "maxPerDomain": 1}]),
            deployment("b"),
        ),
        {},
        [],
        [],
    ),
    "at most two in a zone": (
        Spread(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=5, spread=[{"over": "zone", "maxPerDomain": 2}]),
            deployment("b"),
        ),
        {},
        ["spread: a@west/0 <= 2", "spread: a@east/0 + a@east/2 <= 2"],
        [],
    ),
    "at least three nodes": (
        Spread(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=5, spread=[{"over": "node", "minDomains": 3}]), deployment("b")
        ),
        {},
        [
            "nodes: a@east/0 - 4 v0 <= 0",
            "nodes: 0 <= a@east/0 - v0",
            "nodes: a@east/2 - 2 v1 <= 0",
            "nodes: 0 <= a@east/2 - v1",
            "nodes: a@west/0 - 4 v2 <= 0",
            "nodes: 0 <= a@west/0 - v2",
            "demand: a@east/0 + a@east/2 + a@west/0 - 5 v3 <= 0",
            "demand: 0 <= a@east/0 + a@east/2 + a@west/0 - v3",
            "spread: 0 <= v0 + v1 + v2 - 3 v3",
        ],
        [(0, 2), (0, 1), (0, 2), (0, 1)],
    ),
    "never more domains than replicas": (
        Spread(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=5, spread=[{"over": "region", "minDomains": 9}]),
            deployment("b"),
        ),
        {},
        [
            "domains: a@west/0 - 5 v0 <= 0",
            "domains: 0 <= a@west/0 - v0",
            "domains: a@east/0 + a@east/2 - 5 v1 <= 0",
            "domains: 0 <= a@east/0 + a@east/2 - v1",
            "demand: a@east/0 + a@east/2 + a@west/0 - 5 v2 <= 0",
            "demand: 0 <= a@east/0 + a@east/2 + a@west/0 - v2",
            "spread: 0 <= v0 + v1 - 5 v2",
        ],
        [(0, 1), (0, 1), (0, 1)],
    ),
    "skew over nodes": (
        Spread(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=5, spread=[{"over": "node", "maxSkew": 1}]), deployment("b")
        ),
        {},
        [
            "spread: v1 - v0 <= 1",
            "spread: 0 <= a@east/0 - 2 v0",
            "spread: a@east/0 - 2 v1 <= 0",
            "spread: 0 <= a@east/2 - v0",
            "spread: a@east/2 - v1 <= 0",
            "spread: 0 <= a@west/0 - 2 v0",
            "spread: a@west/0 - 2 v1 <= 0",
        ],
        [(0, 5), (0, 5)],
    ),
    "skew over regions": (
        Spread(),
        fleet(G["east"], G["west"]),
        workspace(
            deployment("a", replicas=5, spread=[{"over": "region", "maxSkew": 2}]), deployment("b")
        ),
        {},
        [
            "spread: v1 - v0 <= 2",
            "spread: 0 <= a@west/0 - v0",
            "spread: a@west/0 - v1 <= 0",
            "spread: 0 <= a@east/0 + a@east/2 - v0",
            "spread: a@east/0 + a@east/2 - v1 <= 0",
        ],
        [(0, 5), (0, 5)],
    ),
    "skew where nothing new may come": (
        Spread(),
        fleet(G["west"], G["cordoned"]),
        workspace(
            deployment(
                "a",
                replicas=5,
                spread=[{"over": "node", "maxSkew": 1}, {"over": "zone", "maxSkew": 2}],
            )
        ),
        {},
        [
            "spread: v1 - v0 <= 1",
            "spread: 0 <= -v0",
            "spread: -v1 <= 0",
            "spread: 0 <= a@west/0 - 2 v0",
            "spread: a@west/0 - 2 v1 <= 0",
            "spread: v3 - v2 <= 2",
            "spread: 0 <= a@west/0 - v2",
            "spread: a@west/0 - v3 <= 0",
            "spread: 0 <= -v2",
            "spread: -v3 <= 0",
        ],
        [(0, 5), (0, 5), (0, 5), (0, 5)],
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_rule_adds_these_rows_and_variables(name: str) -> None:
    rule, catalog, space, options, expected, bounds = CASES[name]
    assert rows(rule, catalog, space, **options) == expected
    assert extra_bounds(built(rule, catalog, space, **options)[0]) == bounds


NODE_RULES: dict[str, Callable[[NodeRules], object]] = {
    "at most one on a node": lambda rules: rules.most.tolist() == [1, 1, 1, 1, 1, 1],
    "at most two in a zone": lambda rules: rules.most.tolist() == [4, 2, 4, 1, 1, 1],
    "at least three nodes": lambda rules: rules.distinct == {0: 6, 1: 7, 2: 8},
    "never more domains than replicas": lambda rules: rules.distinct == {},
    "skew over nodes": lambda rules: rules.skew == {0: ((6, 7),)},
    "skew over regions": lambda rules: rules.skew == {},
    "skew where nothing new may come": lambda rules: rules.skew == {0: ((1, 2),)},
    "rivals over nodes and zones": lambda rules: rules.apart == {(0, 1)},
    "rivals that cannot meet everywhere": lambda rules: rules.apart == {(0, 1)},
    "neighbours over nodes and regions": lambda rules: rules.together == ((0, (1, 2)),),
    "nodes that are opened": lambda rules: rules.open == {0: 6, 1: 7, 2: 8},
    "sums, sizes and slots": lambda rules: rules.open == {},
}


@pytest.mark.parametrize("name", sorted(NODE_RULES))
def test_a_rule_about_single_nodes_is_handed_to_the_packing(name: str) -> None:
    rule, catalog, space, options, *_ = CASES[name]
    assert NODE_RULES[name](built(rule, catalog, space, **options)[0].node_rules)


@pytest.mark.parametrize("over", ["node", "zone"])
def test_only_rules_over_nodes_concern_the_packing(over: str) -> None:
    entry = [{"selector": {}, "over": over}]
    catalog, other = fleet(G["east"]), deployment("b")
    apart = workspace(deployment("a", separateFrom=entry), other)
    near = workspace(deployment("a", togetherWith=entry), other)
    on_node = over == "node"
    kept_apart = built(Separation(), catalog, apart)[0].node_rules.apart
    kept_near = built(Colocation(), catalog, near)[0].node_rules.together
    assert kept_apart == ({(0, 1)} if on_node else set())
    assert kept_near == (((0, (1,)),) if on_node else ())
