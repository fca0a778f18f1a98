"""The price of one GPU against a limit, to the last nano-dollar."""

from __future__ import annotations

from fractions import Fraction

import pytest
from pydantic import ValidationError

from tests.policies.halves import allowed, eligible
from tests.policies.worlds import (
    REGIONS,
    cpu_group,
    gpu_group,
    make_catalog,
    make_workspace,
    policy,
)

HOME = REGIONS[0]
USD = 10**9

CATALOG = make_catalog(
    [
        gpu_group("one-at-1", HOME, "T4", price=USD),
        gpu_group("one-above-1", HOME, "T4", price=USD + 1),
        gpu_group("four-at-1", HOME, "T4", gpu_count=4, price=4 * USD),
        gpu_group("four-above-1", HOME, "T4", gpu_count=4, price=4 * USD + 1),
        gpu_group("three-at-a-third", HOME, "T4", gpu_count=3, price=USD),
        gpu_group("sixth-at-half", HOME, "T4", price=USD // 2, fraction=Fraction(1, 6)),
        gpu_group("free", HOME, "T4", price=0),
        cpu_group("dear-cpu", HOME, "x86_64", price=100 * USD),
    ]
)

ALWAYS = {"dear-cpu", "free"}
CHEAP = ALWAYS | {"three-at-a-third", "sixth-at-half"}


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("0", ALWAYS),
        ("0.333333333", ALWAYS),
        ("0.333333334", ALWAYS | {"three-at-a-third"}),
        ("0.499999999", ALWAYS | {"three-at-a-third"}),
        ("0.5", CHEAP),
        ("0.999999999", CHEAP),
        ("1", CHEAP | {"one-at-1", "four-at-1"}),
        (1, CHEAP | {"one-at-1", "four-at-1"}),
        (1.0, CHEAP | {"one-at-1", "four-at-1"}),
        ("1.000000001", {group.name for group in CATALOG.node_groups}),
        ("999999999", {group.name for group in CATALOG.node_groups}),
    ],
)
def test_allowed(limit: object, expected: set[str]) -> None:
    assert allowed(policy("p", "price", maxPricePerGpuHour=limit), CATALOG) == expected


def test_limit_is_safe_for_the_largest_integers() -> None:
    huge = gpu_group("huge", HOME, "T4", gpu_count=64, price=2**63 - 1)
    assert allowed(policy("p", "price", maxPricePerGpuHour=999_999_999), make_catalog([huge])) == {
        "huge"
    }


def test_largest_limit_wins_in_a_union() -> None:
    policies = (
        policy("low", "price", maxPricePerGpuHour="0.1"),
        policy("high", "price", maxPricePerGpuHour="0.5"),
    )
    union = make_workspace(policies, environment=["low", "high"])
    both = make_workspace(policies, environment=["low"], deployment=["high"])
    assert eligible(union, CATALOG) == CHEAP
    assert eligible(both, CATALOG) == ALWAYS


@pytest.mark.parametrize(
    ("limit", "text"),
    [("2.50", "2.50"), (2.5, "2.5"), ("1E+2", "100")],
)
def test_options(limit: object, text: str) -> None:
    options = policy("p", "price", maxPricePerGpuHour=limit).options()
    assert options == f"at most {text} USD per GPU and hour"


def test_names_nothing() -> None:
    assert not list(policy("p", "price", maxPricePerGpuHour=1).references())


@pytest.mark.parametrize(
    "limit", [-1, "-0.000000001", "nan", "inf", float("inf"), "1e-10", "1e10", "cheap", None, True]
)
def test_errors(limit: object) -> None:
    with pytest.raises(ValidationError, match="maxPricePerGpuHour"):
        policy("p", "price", maxPricePerGpuHour=limit)


def test_limit_is_required() -> None:
    with pytest.raises(ValidationError, match="maxPricePerGpuHour"):
        policy("p", "price")
