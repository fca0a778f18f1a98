"""What hardware names mean within one catalog."""

from __future__ import annotations

import pytest

from placement.catalog.hardware import find_cpu, gpu_index, hardware_key, standard_name

FLEET = [
    ("T4", (), None),
    ("T4G", (), None),
    ("A100-40GB", ("big", "A100-small"), "A100"),
    ("A100-80GB", (), "A100"),
    ("H100-SXM", (), None),
    ("H100-NVL", (), None),
    ("L40", (), None),
    ("L40S", (), None),
    ("V100-32GB", (), None),
    ("House-GPU", ("ours",), "House"),
]


def find(text: str, fleet: list[tuple[str, tuple[str, ...], str | None]] = FLEET) -> list[str]:
    return list(gpu_index(fleet).get(hardware_key(text), ()))


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("T4", ["T4"]),
        ("t4", ["T4"]),
        ("Tesla-T4", ["T4"]),
        ("Tesla T4", ["T4"]),
        ("nvidia-tesla-t4", ["T4"]),
        ("T4G", ["T4G"]),
        ("NVIDIA-T4G", ["T4G"]),
        ("A100", ["A100-40GB", "A100-80GB"]),
        ("a100-80gb", ["A100-80GB"]),
        ("A100_80GB", ["A100-80GB"]),
        ("NVIDIA-A100-SXM4-80GB", ["A100-80GB"]),
        ("nvidia-tesla-a100", ["A100-40GB"]),
        ("big", ["A100-40GB"]),
        ("H100", ["H100-NVL", "H100-SXM"]),
        ("NVIDIA-H100-80GB-HBM3", ["H100-SXM"]),
        ("H100-PCIE", []),
        ("L40", ["L40"]),
        ("L40S", ["L40S"]),
        ("V100", ["V100-32GB"]),
        ("Tesla-V100-SXM2-16GB", []),
        ("House", ["House-GPU"]),
        ("ours", ["House-GPU"]),
        ("L4", []),
        ("T", []),
        ("", []),
    ],
)
def test_gpus(text: str, gpus: list[str]) -> None:
    assert find(text) == gpus


def test_a_catalog_may_use_a_driver_label_as_its_name() -> None:
    fleet = [("Tesla-T4", (), None), ("NVIDIA-A100-SXM4-80GB", (), None)]
    assert find("T4", fleet) == ["Tesla-T4"]
    assert find("nvidia-tesla-t4", fleet) == ["Tesla-T4"]
    assert find("A100", fleet) == ["NVIDIA-A100-SXM4-80GB"]


def test_an_own_name_goes_before_an_alias_and_an_alias_before_a_family() -> None:
    both: list[tuple[str, tuple[str, ...], str | None]] = [
        ("A100", (), None),
        ("A100-40GB", (), "A100"),
        ("Tesla-T4", (), None),
        ("T4", (), None),
    ]
    assert find("A100", both) == ["A100"]
    assert find("Tesla-T4", both) == ["Tesla-T4"]
    assert find("NVIDIA-T4", both) == ["T4"]


@pytest.mark.parametrize(
    ("text", "cpu"),
    [
        ("x86_64", "x86_64"),
        ("x86", "x86_64"),
        ("X86-64", "x86_64"),
        ("amd64", "x86_64"),
        ("ARM64", "arm64"),
        ("aarch64", "arm64"),
        ("T4", None),
        ("", None),
    ],
)
def test_cpus(text: str, cpu: str | None) -> None:
    assert find_cpu(text) == cpu


def test_standard_names() -> None:
    assert standard_name("tesla-t4") == "T4"
    assert standard_name("House-GPU") == "House-GPU"
