"""The mask of a rule admits exactly the node groups that the rule does not refuse by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from placement.constraints.base import Constraint
from placement.constraints.flavors import Flavors
from placement.constraints.gpu_memory import GpuMemory
from placement.constraints.hardware import Hardware
from placement.constraints.registry import CONSTRAINTS
from tests.verifier.fleet import ASIA, GROUPS, deployment, fleet, gpu_group

CATALOG = fleet(
    *GROUPS,
    gpu_group("arm", ASIA, "a", "arm64", 1, flavor_type="cpu", gpu_count=0, cpus=4_000),
    gpu_group("two", ASIA, "a", "A100-40GB", 2, gpu_count=2, extra={"nic": 1_000, "ssd": 500}),
    gpu_group("most", ASIA, "b", "A10", 1, gpu_count=1, gpu_fraction=Fraction(9, 10)),
)
FLAVORS: list[tuple[tuple[str, str], ...]] = [
    (),
    (("gpu", "T4"),),
    (("gpu", "tesla t4"), ("cpu", "X86_64")),
    (("gpu", "A100"),),
    (("gpu", "A100-80GB"), ("gpu", "A10")),
    (("cpu", "arm64"),),
    (("cpu", "x86_64"), ("cpu", "arm64")),
    (("gpu", "H100"),),
]
GPUS: list[int | str] = [0, "0.001", "0.166", "0.167", "0.9", "0.901", "0.999", 1, 2, 3, 4, 5, 8]
OTHERS: list[dict[str, Any]] = [
    {},
    {"cpus": 4},
    {"cpus": "4.001"},
    {"cpus": 16},
    {"cpus": 17, "memoryGiB": 2},
    {"memoryGiB": 64},
    {"memoryGiB": "64.001"},
    {"extra": {"nic": 1}},
    {"extra": {"nic": 2, "ssd": Decimal("0.5")}},
    {"extra": {"nic": Decimal("0.5"), "ssd": Decimal("0.5")}},
    {"extra": {"disk": 1, "nic": 1}},
    {"extra": {"nic": Decimal("0.001")}},
]
MEMORY: list[int | str] = [0, "0.001", "2.656", "2.657", "3.984", "3.985", 8, 16, "16.001", 40, 80]
RULES = (Flavors(), GpuMemory(), Hardware())


def halves(rule: Constraint, **fields: Any) -> tuple[list[str], list[str]]:
    one = deployment("chat", **fields)
    names = [group.name for group in CATALOG.node_groups]
    mask = rule.eligible(one, CATALOG.table, CATALOG)
    by_mask = names if mask is None else [n for n, ok in zip(names, mask, strict=True) if ok]
    groups = [g for g in CATALOG.node_groups if rule.refuses(one, g, CATALOG) is None]
    return by_mask, [group.name for group in groups]


def test_all_halves_together_admit_the_same_node_groups() -> None:
    """Together, as the mask of ``hardware`` leaves it to ``flavors`` which GPUs are listed."""
    admitted = set()
    for flavors, gpus, other in product(FLAVORS, GPUS, OTHERS):
        listed = [{"type": kind, "name": name} for kind, name in flavors]
        fields = {"flavors": listed, "resources": {"gpus": gpus, **other}}
        both = [halves(rule, **fields) for rule in RULES]
        by_mask, by_name = (set.intersection(*map(set, half)) for half in zip(*both, strict=True))
        assert by_mask == by_name, fields
        admitted.add(frozenset(by_mask))
    assert len(admitted) > 10


@pytest.mark.parametrize("flavors", FLAVORS, ids=str)
def test_both_halves_see_the_same_flavors(flavors: tuple[tuple[str, str], ...]) -> None:
    listed = [{"type": kind, "name": name} for kind, name in flavors]
    by_mask, by_name = halves(Flavors(), flavors=listed)
    assert by_mask == by_name


def test_both_halves_see_the_same_memory() -> None:
    seen = set()
    for gpus, memory in product(GPUS, MEMORY):
        by_mask, by_name = halves(GpuMemory(), resources={"gpus": gpus, "gpuMemoryGiB": memory})
        assert by_mask == by_name, (gpus, memory)
        seen.add(tuple(by_mask))
    assert len(seen) > 5
    assert halves(GpuMemory(), resources={"gpus": 0, "gpuMemoryGiB": 500})[0] == [
        group.name for group in CATALOG.node_groups
    ]


def test_the_other_rules_leave_eligibility_alone() -> None:
    others = [rule for rule in CONSTRAINTS if rule.name not in {known.name for known in RULES}]
    for rule in others:
        assert rule.eligible(deployment("chat"), CATALOG.table, CATALOG) is None
        if rule.name != "state":
            assert rule.refuses(deployment("chat"), GROUPS[0], CATALOG) is None
