from __future__ import annotations

from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.catalog.rows import Reserved
from placement.constraints.capacity import Capacity, node_faults
from tests.verifier.fleet import At, broken, deployment, fleet, found, view_of, workspace


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return fleet()


def one(**resources: Any):
    return workspace(
        deployment("whole", replicas=9, resources=resources or {"gpus": 1}),
        deployment("half", replicas=9, resources={"gpus": "0.5"}),
        deployment("most", replicas=9, resources={"gpus": "0.8"}),
        deployment("pair", replicas=9, resources={"gpus": 2}),
        deployment("tiny", replicas=9, resources={"gpus": "0.166"}),
    )


FITS = [
    [At("whole", "east/0", 4)],
    [At("pair", "east/0", 2)],
    [At("whole", "east/2", 2)],  # one GPU is reserved whole, one by a quarter
    [At("half", "east/0", 2, 0), At("half", "east/0", 2, 3), At("whole", "east/0", 2)],
    [At("half", "east/2", 1, 2), At("pair", "east/2", 1)],  # the share beside a reservation
    [At("tiny", "part/0", 1, 0)],
]
TOO_MUCH = [
    ([At("whole", "east/0", 5)], "5 whole GPUs used, 4 of 4 are free"),
    ([At("pair", "east/0", 1), At("whole", "east/0", 3)], "5 whole GPUs used"),
    ([At("whole", "east/2", 3)], "3 whole GPUs used, 2 of 4 are free"),
    ([At("half", "east/0", 3, 1)], "1.5 of GPU 1 used in shares, 1 is there"),
    ([At("half", "east/0", 1, 1), At("most", "east/0", 1, 1)], "1.3 of GPU 1 used"),
    ([At("most", "east/2", 1, 2)], "0.8 of GPU 2 used in shares, 0.75 is there"),
    ([At("half", "east/2", 1, 3)], "0.5 of GPU 3 used in shares, 0 is there"),
    ([At("half", "east/0", 1, 0), At("whole", "east/0", 4)], "4 whole GPUs used, 3 of 4"),
    ([At("tiny", "part/0", 2, 0)], "0.332 of GPU 0 used in shares, 0.166 is there"),
]


@pytest.mark.parametrize("places", FITS)
def test_what_fits_is_no_violation(catalog: Catalog, places: list[At]) -> None:
    assert found(Capacity(), view_of(catalog, one(), *places)) == []
    assert broken(catalog, one(), *places) == set()


@pytest.mark.parametrize(("places", "message"), TOO_MUCH)
def test_too_many_gpus_are_found(catalog: Catalog, places: list[At], message: str) -> None:
    assert broken(catalog, one(), *places) == {"capacity"}
    (violation,) = found(Capacity(), view_of(catalog, one(), *places))
    assert message in violation.message
    assert violation.subject == f"node {places[0].node}"


@pytest.mark.parametrize(
    ("node", "replicas", "resources", "message"),
    [
        ("east/0", 3, {"cpus": 6}, "18 CPUs used, the node has 16"),
        ("east/2", 2, {"cpus": "7.75"}, "15.5 CPUs used, the node has 16, 1 of them reserved"),
        ("east/0", 3, {"memoryGiB": "21.5"}, "64.5 GiB of memory used, the node has 64"),
        ("asia/0", 3, {"extra": {"nic": 1}}, "3 `nic` used, the node has 2"),
    ],
)
def test_sums_of_other_resources_are_found(
    catalog: Catalog, node: str, replicas: int, resources: dict[str, Any], message: str
) -> None:
    space = one(gpus=1, **resources)
    assert broken(catalog, space, At("whole", node, replicas)) == {"capacity"}
    (violation,) = found(Capacity(), view_of(catalog, space, At("whole", node, replicas)))
    assert violation.message == message
    assert broken(catalog, space, At("whole", node, replicas - 1)) == set()


def test_replicas_of_a_gpu_deployment_also_use_cpus_of_others(catalog: Catalog) -> None:
    space = workspace(
        deployment("gpu", resources={"gpus": 1, "cpus": 10}),
        deployment(
            "cpu", flavors=[{"type": "gpu", "name": "T4"}], resources={"gpus": 0, "cpus": 7}
        ),
    )
    assert broken(catalog, space, At("gpu", "east/0"), At("cpu", "east/0")) == {"capacity"}
    assert broken(catalog, space, At("gpu", "east/0"), At("cpu", "east/1")) == set()


def test_extras_of_two_deployments_add_up(catalog: Catalog) -> None:
    space = workspace(
        *(deployment(name, resources={"gpus": 1, "extra": {"nic": 2}}) for name in "ab")
    )
    view = view_of(catalog, space, At("a", "asia/0"), At("b", "asia/0"))
    assert [violation.message for violation in found(Capacity(), view)] == [
        "4 `nic` used, the node has 2"
    ]


@pytest.mark.parametrize(
    ("cpus", "faults"),
    [("0", []), ("0.001", ["0.001 CPUs used, the node has 16, 17 of them reserved"])],
)
def test_a_node_that_is_overbooked_takes_only_what_uses_nothing(
    catalog: Catalog, cpus: str, faults: list[str]
) -> None:
    view = view_of(catalog, one(gpus=1, cpus=cpus), At("whole", "east/0"))
    assert list(node_faults(view.rows, Reserved(cpus=17_000))) == faults
