from __future__ import annotations

import pytest

from tests.verifier.fleet import At, deployment, fleet, judge, workspace

CATALOG = fleet()


def asking(*flavors: tuple[str, str], gpus: int = 1):
    entries = [{"type": kind, "name": name} for kind, name in flavors]
    return workspace(deployment("chat", flavors=entries, resources={"gpus": gpus}))


@pytest.mark.parametrize(
    ("flavors", "node"),
    [
        ((), "east/0"),
        ((("gpu", "t4"),), "east/0"),
        ((("gpu", "Tesla T4"),), "west/0"),
        ((("gpu", "A100"),), "asia/0"),  # a family means every member
        ((("gpu", "T4"), ("gpu", "a100-80gb")), "asia/0"),
    ],
)
def test_a_listed_flavor_is_right(flavors: tuple[tuple[str, str], ...], node: str) -> None:
    assert judge(CATALOG, asking(*flavors), At("chat", node)).violations == ()


@pytest.mark.parametrize(
    ("flavors", "node"),
    [((("gpu", "A100"),), "east/0"), ((("gpu", "A100-40GB"),), "asia/0")],
)
def test_another_flavor_is_found(flavors: tuple[tuple[str, str], ...], node: str) -> None:
    (violation,) = judge(CATALOG, asking(*flavors), At("chat", node)).violations
    assert violation.rule == "flavors"
    assert f"the deployment lists gpu `{flavors[0][1]}`" in violation.message


def test_the_architecture_of_a_cpu_node_is_compared() -> None:
    assert judge(CATALOG, asking(("cpu", "X86_64"), gpus=0), At("chat", "cpu/0")).ok
    (violation,) = judge(CATALOG, asking(("cpu", "arm64"), gpus=0), At("chat", "cpu/0")).violations
    assert violation.rule == "flavors"
