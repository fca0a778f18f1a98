from __future__ import annotations

from typing import Any

import pytest

from placement.constraints.hardware import Hardware
from tests.verifier.fleet import At, broken, deployment, fleet, workspace

CATALOG = fleet()
T4 = {"type": "gpu", "name": "T4"}
X86 = {"type": "cpu", "name": "x86_64"}


def refused(group: str, **fields: Any) -> str | None:
    return Hardware().refuses(deployment("chat", **fields), CATALOG.groups_by_name[group], CATALOG)


@pytest.mark.parametrize(
    ("group", "fields"),
    [
        ("east", {}),
        ("east", {"resources": {"gpus": 4, "cpus": 16, "memoryGiB": 64}}),
        ("east", {"resources": {"gpus": "0.999"}}),
        ("cpu", {"resources": {"gpus": 0}}),
        ("cpu", {"flavors": [X86]}),  # only cpu entries: no GPU by default
        ("east", {"flavors": [T4], "resources": {"gpus": 0}}),
        ("part", {"resources": {"gpus": "0.166"}}),
        ("asia", {"resources": {"extra": {"nic": 2}}}),
    ],
)
def test_what_one_replica_may_use(group: str, fields: dict[str, Any]) -> None:
    assert refused(group, **fields) is None


@pytest.mark.parametrize(
    ("group", "fields", "message"),
    [
        ("cpu", {}, "the deployment needs a gpu node"),
        (
            "east",
            {"resources": {"gpus": 0}},
            "the deployment uses no GPU and lists no gpu flavor, so it needs a cpu node",
        ),
        (
            "asia",
            {"flavors": [T4], "resources": {"gpus": 0}},
            "the deployment uses no GPU and lists no gpu flavor, so it needs a cpu node",
        ),
        ("east", {"resources": {"gpus": 5}}, "a replica needs 5 GPUs, the node has 4"),
        ("part", {}, "a replica needs whole GPUs, the node has 1/6 of one"),
        (
            "part",
            {"resources": {"gpus": "0.167"}},
            "a replica needs 0.167 of a GPU, the node has 0.166",
        ),
        (
            "east",
            {"resources": {"cpus": "16.001"}},
            "a replica needs 16.001 CPUs, the node has 16",
        ),
        (
            "east",
            {"resources": {"memoryGiB": 65}},
            "a replica needs 65 GiB of memory, the node has 64",
        ),
        ("east", {"resources": {"extra": {"nic": 1}}}, "a replica needs 1 `nic`, the node has 0"),
    ],
)
def test_what_it_may_not_use(group: str, fields: dict[str, Any], message: str) -> None:
    assert refused(group, **fields) == message
    space = workspace(deployment("chat", **fields))
    share = isinstance(fields.get("resources", {}).get("gpus"), str)
    place = At("chat", f"{group}/0", 1, 0 if share else None)
    assert "hardware" in broken(CATALOG, space, place)
