from __future__ import annotations

import pytest

from tests.verifier.fleet import At, deployment, fleet, judge, workspace

CATALOG = fleet()


@pytest.mark.parametrize(
    ("gpus", "memory", "node", "right"),
    [
        (1, 16, "east/0", True),
        (1, "16.001", "east/0", False),
        (4, 16, "east/0", True),  # per GPU, not together
        (4, 17, "east/0", False),
        ("0.5", 8, "east/0", True),
        ("0.5", "8.001", "east/0", False),
        ("0.166", "3.984", "part/0", True),  # 0.166 of 24 GiB
        ("0.166", "3.985", "part/0", False),
        (1, 80, "asia/0", True),
    ],
)
def test_a_replica_has_its_share_of_the_memory(
    gpus: int | str, memory: int | str, node: str, right: bool
) -> None:
    resources = {"gpus": gpus, "gpuMemoryGiB": memory}
    space = workspace(deployment("chat", resources=resources))
    gpu = 0 if isinstance(gpus, str) else None
    rules = {v.rule for v in judge(CATALOG, space, At("chat", node, 1, gpu)).violations}
    assert rules == (set() if right else {"gpu_memory"})


def test_the_message_has_both_numbers() -> None:
    space = workspace(deployment("chat", resources={"gpus": "0.5", "gpuMemoryGiB": 9}))
    (violation,) = judge(CATALOG, space, At("chat", "east/0", 1, 0)).violations
    assert violation.message == (
        "1 replicas on node group `east`: a replica needs 9 GiB per GPU, 0.5 of a `T4` has 8"
    )


def test_a_deployment_without_gpus_is_not_concerned() -> None:
    space = workspace(deployment("chat", resources={"gpus": 0, "gpuMemoryGiB": 500}))
    assert judge(CATALOG, space, At("chat", "cpu/0")).ok
