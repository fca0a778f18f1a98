"""Allowed hardware: GPUs, families, aliases, architectures."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from placement.policies.base import NameKind, NameReference
from placement.policies.registry import POLICY_TYPES, TYPE_ALIASES
from tests.policies.halves import allowed
from tests.policies.worlds import REGIONS, cpu_group, gpu_group, make_catalog, policy

HOME = REGIONS[0]

CATALOG = make_catalog(
    [
        gpu_group("t4", HOME, "T4"),
        gpu_group("l4", HOME, "L4", gpu_count=4),
        gpu_group("a100-40", HOME, "A100-40GB", gpu_count=8),
        gpu_group("a100-80", HOME, "A100-80GB", gpu_count=8),
        cpu_group("intel", HOME, "x86_64"),
        cpu_group("arm", HOME, "arm64"),
    ]
)

ALLOWED = [
    ([("gpu", "T4")], {"t4"}),
    ([("gpu", "t4")], {"t4"}),
    ([("gpu", "tesla-t4")], {"t4"}),
    ([("gpu", "ada-small")], {"l4"}),
    ([("gpu", "T")], {"t4"}),
    ([("gpu", "T4"), ("gpu", "L4")], {"t4", "l4"}),
    ([("gpu", "A100-80GB")], {"a100-80"}),
    ([("gpu", "A100_80GB")], {"a100-80"}),
    ([("gpu", "A100")], {"a100-40", "a100-80"}),
    ([("gpu", "a100"), ("cpu", "arm64")], {"a100-40", "a100-80", "arm"}),
    ([("cpu", "x86_64")], {"intel"}),
    ([("cpu", "X86_64")], {"intel"}),
    ([("cpu", "amd64")], {"intel"}),
    ([("cpu", "aarch64")], {"arm"}),
    ([("cpu", "x86_64"), ("cpu", "arm64")], {"intel", "arm"}),
    ([("gpu", "MI300X")], set()),
    ([("gpu", "x86_64")], set()),
    ([("cpu", "T4")], set()),
    ([("gpu", "T5")], set()),
    ([("cpu", "sparc")], set()),
    ([("gpu", "T5"), ("gpu", "T4")], {"t4"}),
]


def _flavors(entries: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"type": kind, "name": name} for kind, name in entries]


@pytest.mark.parametrize(("entries", "expected"), ALLOWED)
def test_allowed(entries: list[tuple[str, str]], expected: set[str]) -> None:
    assert allowed(policy("p", "flavor", flavors=_flavors(entries)), CATALOG) == expected


@pytest.mark.parametrize(("entries", "expected"), ALLOWED)
def test_order_and_duplicates_of_entries_do_not_matter(
    entries: list[tuple[str, str]], expected: set[str]
) -> None:
    doubled = _flavors([*reversed(entries), *entries])
    assert allowed(policy("p", "flavor", flavors=doubled), CATALOG) == expected


def test_gpu_is_another_word_for_the_type() -> None:
    assert POLICY_TYPES[TYPE_ALIASES["gpu"]] is POLICY_TYPES["flavor"]


def test_options_name_each_flavor_once() -> None:
    entries = _flavors([("gpu", "T4"), ("cpu", "arm64"), ("gpu", "T4")])
    assert policy("p", "flavor", flavors=entries).options() == "T4, arm64"


def test_references() -> None:
    entries = _flavors([("gpu", "T4"), ("cpu", "arm64")])
    assert list(policy("p", "flavor", flavors=entries).references()) == [
        NameReference(NameKind.GPU, "T4", ("flavors", 0, "name")),
        NameReference(NameKind.CPU, "arm64", ("flavors", 1, "name")),
    ]


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({}, "flavors"),
        ({"flavors": []}, "flavors"),
        ({"flavors": [{"type": "tpu", "name": "v5e"}]}, "type"),
        ({"flavors": [{"type": "gpu", "name": "T4", "count": 2}]}, "count"),
        ({"flavors": [{"type": "gpu", "name": "T4"}], "providers": ["aws"]}, "providers"),
    ],
)
def test_errors(spec: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        policy("p", "flavor", **spec)
    assert where in {step for error in caught.value.errors() for step in error["loc"]}
