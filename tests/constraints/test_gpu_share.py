from __future__ import annotations

import pytest

from tests.verifier.fleet import At, deployment, fleet, judge, workspace

CATALOG = fleet()
SPACE = workspace(
    deployment("half", replicas=2, resources={"gpus": "0.5"}),
    deployment("whole", replicas=2),
    deployment("none", replicas=2, resources={"gpus": 0}),
)


@pytest.mark.parametrize("gpu", [0, 3])
def test_a_share_names_a_gpu_of_the_node(gpu: int) -> None:
    assert judge(CATALOG, SPACE, At("half", "east/0", 2, gpu)).ok


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (At("half", "east/0"), "row on node `east/0` does not name the GPU of its share"),
        (At("half", "east/0", 1, 4), "row on node `east/0` names GPU 4, the node has 4"),
        (At("half", "east/0", 1, -1), "row on node `east/0` names GPU -1, the node has 4"),
        (
            At("whole", "east/0", 1, 0),
            "row on node `east/0` names GPU 0, but a replica uses no share of a GPU",
        ),
        (
            At("none", "cpu/0", 1, 0),
            "row on node `cpu/0` names GPU 0, but a replica uses no share of a GPU",
        ),
    ],
)
def test_any_other_row_is_found(place: At, message: str) -> None:
    (violation,) = judge(CATALOG, SPACE, place).violations
    assert (violation.rule, violation.message) == ("gpu_share", message)
