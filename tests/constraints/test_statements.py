"""Every breach of every constraint is found beside all the others and said word for word."""

from __future__ import annotations

from typing import Any

import pytest

from placement.constraints.base import thousandths
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import At, deployment, fleet, judge, running, workspace

CATALOG = fleet()
T4, A100 = {"type": "gpu", "name": "T4"}, {"type": "gpu", "name": "A100"}
X86, ARM = {"type": "cpu", "name": "x86_64"}, {"type": "cpu", "name": "arm64"}


def labelled(**labels: str) -> dict[str, Any]:
    return {"matchLabels": labels}


TWO = workspace(deployment("a", replicas=4), deployment("b", replicas=4))
RUNS = running(CATALOG, TWO, At("a", "cordoned/0"))
BROKEN: dict[str, tuple[Workspace, list[At], list[str]]] = {
    "every resource of every node": (
        workspace(
            deployment(
                "a",
                replicas=9,
                resources={"gpus": 1, "cpus": 6, "memoryGiB": 30, "extra": {"nic": 1, "ssd": 1}},
            ),
            deployment("b", replicas=9, resources={"gpus": "0.4"}),
        ),
        [
            At("a", "east/0", 5),
            At("b", "east/0", 3, 1),
            At("b", "east/2", 2, 2),
            At("a", "asia/0", 3),
        ],
        [
            "capacity: node asia/0: 3 `nic` used, the node has 2",
            "capacity: node asia/0: 3 `ssd` used, the node has 0",
            "capacity: node asia/0: 90 GiB of memory used, the node has 64",
            "capacity: node east/0: 1.2 of GPU 1 used in shares, 1 is there",
            "capacity: node east/0: 153 GiB of memory used, the node has 64",
            "capacity: node east/0: 33 CPUs used, the node has 16",
            "capacity: node east/0: 5 `nic` used, the node has 0",
            "capacity: node east/0: 5 `ssd` used, the node has 0",
            "capacity: node east/0: 5 whole GPUs used, 3 of 4 are free of shares and reservations",
            "capacity: node east/2: 0.8 of GPU 2 used in shares, 0.75 is there",
            "hardware: a@production: 3 replicas on node group `asia`: a replica needs 1 `ssd`, the node has 0",
            "hardware: a@production: 5 replicas on node group `east`: a replica needs 1 `nic`, the node has 0",
        ],
    ),
    "disabled deployments": (
        workspace(deployment("c", enabled=False, replicas=3), deployment("d", enabled=False)),
        [At("c", "east/0", 1), At("c", "east/1", 1), At("d", "west/0", 1)],
        [
            "enabled: c@production: 2 replicas placed, the deployment is disabled",
            "enabled: d@production: 1 replicas placed, the deployment is disabled",
        ],
    ),
    "counts": (
        workspace(deployment("a", replicas=3, minReplicas=2), deployment("b", replicas=1)),
        [At("a", "east/0", 1), At("b", "east/1", 0), At("b", "west/0", 2)],
        [
            "demand: a@production: 1 replicas placed, fewer than the minimum of 2",
            "demand: b@production: 0 replicas in a row on node `east/1`, at least 1 needed",
            "demand: b@production: 2 replicas placed, at most 1 wanted",
        ],
    ),
    "nothing but a row without replicas": (
        workspace(deployment("a", replicas=3, minReplicas=2)),
        [At("a", "east/0", 0)],
        ["demand: a@production: 0 replicas in a row on node `east/0`, at least 1 needed"],
    ),
    "flavors": (
        workspace(
            deployment("a", replicas=5, flavors=[A100, T4]),
            deployment("b", flavors=[X86, ARM]),
            deployment("c", flavors=[A100]),
        ),
        [
            At("a", "part/0", 1),
            At("a", "cpu/0", 1),
            At("a", "cpu/1", 1),
            At("b", "east/0"),
            At("c", "west/0"),
        ],
        [
            "capacity: node cpu/0: 1 whole GPUs used, 0 of 0 are free of shares and reservations",
            "capacity: node cpu/1: 1 whole GPUs used, 0 of 0 are free of shares and reservations",
            "flavors: a@production: 1 replicas on node group `part`: flavor is gpu `A10`, the deployment lists gpu `A100`, gpu `T4`",
            "flavors: a@production: 2 replicas on node group `cpu`: flavor is cpu `x86_64`, the deployment lists gpu `A100`, gpu `T4`",
            "flavors: b@production: 1 replicas on node group `east`: flavor is gpu `T4`, the deployment lists cpu `arm64`, cpu `x86_64`",
            "flavors: c@production: 1 replicas on node group `west`: flavor is gpu `T4`, the deployment lists gpu `A100`",
            "hardware: a@production: 1 replicas on node group `part`: a replica needs whole GPUs, the node has 1/6 of one",
            "hardware: a@production: 2 replicas on node group `cpu`: the deployment needs a gpu node",
            "hardware: b@production: 1 replicas on node group `east`: the deployment uses no GPU and lists no gpu flavor, so it needs a cpu node",
        ],
    ),
    "the first three rivals": (
        workspace(
            deployment(
                "a",
                replicas=5,
                separateFrom=[
                    {"selector": {}, "over": "zone"},
                    {"selector": labelled(x="1"), "over": "region"},
                ],
            ),
            *(deployment(n, labels={"x": "1"}) for n in "bcdef"),
        ),
        [At("a", "east/0"), At("a", "west/0"), *(At(n, "east/1") for n in "bcde")],
        [
            "separation: a@production: region `aws/us-east-1` also holds `b@production`, `c@production`, `d@production` and 1 more",
            "separation: a@production: zone `aws/us-east-1/a` also holds `b@production`, `c@production`, `d@production` and 1 more",
        ],
    ),
    "three rivals and no more": (
        workspace(
            deployment("a", replicas=5, separateFrom=[{"selector": {}, "over": "zone"}]),
            *(deployment(n, labels={"x": "1"}) for n in "bcdef"),
        ),
        [
            At("a", "east/0"),
            At("a", "west/0"),
            *(At(n, "east/1") for n in "bcd"),
            At("e", "west/1"),
        ],
        [
            "separation: a@production: zone `aws/eu-west-1/a` also holds `e@production`",
            "separation: a@production: zone `aws/us-east-1/a` also holds `b@production`, `c@production`, `d@production`",
        ],
    ),
    "neighbours": (
        workspace(
            deployment(
                "a",
                replicas=5,
                togetherWith=[
                    {"selector": labelled(x="1"), "over": "zone"},
                    {"selector": labelled(x="2"), "over": "node"},
                ],
            ),
            deployment("b", labels={"x": "1"}),
            deployment(
                "c", labels={"x": "2"}, togetherWith=[{"selector": labelled(x="1"), "over": "node"}]
            ),
        ),
        [At("a", "east/0"), At("a", "west/0"), At("b", "east/1"), At("c", "east/0")],
        [
            "colocation: a@production: node `west/0` holds no replica that its `togetherWith` selects",
            "colocation: a@production: zone `aws/eu-west-1/a` holds no replica that its `togetherWith` selects",
            "colocation: c@production: node `east/0` holds no replica that its `togetherWith` selects",
        ],
    ),
    "spread": (
        workspace(
            deployment(
                "a",
                replicas=6,
                spread=[
                    {"over": "node", "maxPerDomain": 1},
                    {"over": "zone", "maxPerDomain": 2, "minDomains": 3, "maxSkew": 1},
                ],
            ),
            deployment("b", replicas=4, spread=[{"over": "provider", "minDomains": 2}]),
        ),
        [
            At("a", "east/0", 2),
            At("a", "east/1", 2),
            At("a", "west/0"),
            At("b", "east/2", 1),
            At("b", "west/1", 1),
        ],
        [
            "spread: a@production: 2 replicas in node `east/0`, at most 1",
            "spread: a@production: 2 replicas in node `east/1`, at most 1",
            "spread: a@production: 4 replicas in zone `aws/us-east-1/a`, at most 2",
            "spread: a@production: counts per zone differ by 4, at most 1 allowed",
            "spread: a@production: replicas in 2 domains of kind zone, at least 3 wanted",
            "spread: b@production: replicas in 1 domains of kind provider, at least 2 wanted",
        ],
    ),
    "states": (
        RUNS,
        [
            At("a", "asia/0", 1),  # nothing is wrong here
            At("a", "cordoned/0", 2),
            At("b", "cordoned/0", 1),
            At("a", "draining/0", 1),
            At("b", "lost/0", 1),
            At("b", "draining/0", 1),
        ],
        [
            "state: a@production: 1 replicas on node group `draining`, which is draining",
            "state: a@production: 2 replicas on cordoned node `cordoned/0`, 1 may stay there",
            "state: b@production: 1 replicas on cordoned node `cordoned/0`, 0 may stay there",
            "state: b@production: 1 replicas on node group `draining`, which is draining",
            "state: b@production: 1 replicas on node group `lost`, which is lost",
        ],
    ),
    "shares": (
        workspace(
            deployment("a", replicas=4, resources={"gpus": "0.5"}), deployment("b", replicas=4)
        ),
        [At("a", "east/0", 1, 7), At("a", "east/1", 1), At("b", "west/0", 1, 2)],
        [
            "gpu_share: a@production: row on node `east/0` names GPU 7, the node has 4",
            "gpu_share: a@production: row on node `east/1` does not name the GPU of its share",
            "gpu_share: b@production: row on node `west/0` names GPU 2, but a replica uses no share of a GPU",
        ],
    ),
    "memory": (
        workspace(
            deployment("a", replicas=4, resources={"gpus": 2, "gpuMemoryGiB": 40}),
            deployment("b", resources={"gpus": "0.25", "gpuMemoryGiB": "4.5"}),
        ),
        [At("a", "east/0", 1), At("a", "cpu/0", 1), At("b", "west/0", 1, 0)],
        [
            "capacity: node cpu/0: 2 whole GPUs used, 0 of 0 are free of shares and reservations",
            "gpu_memory: a@production: 1 replicas on node group `cpu`: a replica needs 40 GiB per GPU, `x86_64` has 0",
            "gpu_memory: a@production: 1 replicas on node group `east`: a replica needs 40 GiB per GPU, `T4` has 16",
            "gpu_memory: b@production: 1 replicas on node group `west`: a replica needs 4.5 GiB per GPU, 0.25 of a `T4` has 4",
            "hardware: a@production: 1 replicas on node group `cpu`: the deployment needs a gpu node",
        ],
    ),
    "hardware": (
        workspace(
            deployment("a", replicas=4, resources={"gpus": "0.5", "cpus": 20, "memoryGiB": 100}),
            deployment("b", resources={"gpus": 0, "extra": {"nic": 1, "abc": 2}}),
        ),
        [At("a", "part/0", 1, 0), At("a", "east/0", 1, 0), At("b", "cpu/0", 1)],
        [
            "capacity: node cpu/0: 1 `nic` used, the node has 0",
            "capacity: node cpu/0: 2 `abc` used, the node has 0",
            "capacity: node east/0: 100 GiB of memory used, the node has 64",
            "capacity: node east/0: 20 CPUs used, the node has 16",
            "capacity: node part/0: 0.5 of GPU 0 used in shares, 0.166 is there",
            "capacity: node part/0: 100 GiB of memory used, the node has 64",
            "capacity: node part/0: 20 CPUs used, the node has 6",
            "hardware: a@production: 1 replicas on node group `east`: a replica needs 20 CPUs, the node has 16",
            "hardware: a@production: 1 replicas on node group `part`: a replica needs 0.5 of a GPU, the node has 0.166",
            "hardware: b@production: 1 replicas on node group `cpu`: a replica needs 2 `abc`, the node has 0",
        ],
    ),
}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_everything_that_is_wrong_is_said(what: str) -> None:
    space, places, expected = BROKEN[what]
    assert [str(one) for one in judge(CATALOG, space, *places).violations] == expected


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"),
        (1, "0.001"),
        (10, "0.01"),
        (100, "0.1"),
        (1_000, "1"),
        (1_005, "1.005"),
        (20_000, "20"),
        (20_500, "20.5"),
        (-1, "-0.001"),
        (-500, "-0.5"),
        (-2_000, "-2"),
        (-2_250, "-2.25"),
    ],
)
def test_an_amount_is_written_without_idle_zeros(amount: int, text: str) -> None:
    assert thousandths(amount) == text
