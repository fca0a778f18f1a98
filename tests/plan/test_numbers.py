from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.plan.numbers import decimals, number_text, shown, steps_of


@pytest.mark.parametrize(
    ("value", "scale", "number"),
    [
        (0, 1_000, 0),
        (2_000, 1_000, 2),
        (2_500, 1_000, Decimal("2.5")),
        (1, 1_000_000, Decimal("0.000001")),
        (-1_500, 1_000, Decimal("-1.5")),
        (1, 3, Decimal("0.33")),
        (2, 3, Decimal("0.67")),
        (1, 3_000, Decimal("0.00033")),
        (6, 3_000, Decimal("0.002")),
        (7, 8, Decimal("0.875")),
        (10**30 + 1, 10**6, Decimal("1000000000000000000000000.000001")),
    ],
)
def test_how_steps_are_shown(value: int, scale: int, number: int | Decimal) -> None:
    assert shown(value, scale) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4, "4"),
        (Decimal("4.55"), "4.55"),
        (Decimal("0.000001"), "1e-06"),
        (Decimal("0.1"), "0.1"),
        (Decimal("1000000000000000000000000.000001"), "1000000000000000000000000.000001"),
        (Decimal("123456789.123456"), "123456789.123456"),
    ],
)
def test_how_numbers_are_written(number: int | Decimal, text: str) -> None:
    assert number_text(number) == text


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**9))
def test_different_steps_never_look_alike(value: int, scale: int) -> None:
    assert shown(value, scale) != shown(value + 1, scale)
    assert abs(Fraction(shown(value, scale)) - Fraction(value, scale)) * 2 < Fraction(1, scale)


@given(st.integers(-(10**20), 10**20), st.integers(0, 12))
def test_decimal_scales_are_exact_both_ways(value: int, digits: int) -> None:
    number = shown(value, 10**digits)
    assert steps_of(number, 10**digits) == value
    assert decimals(number) <= digits
    assert Decimal(number_text(number)) == number


def test_between_two_steps_there_is_no_number() -> None:
    assert steps_of(Decimal("0.0005"), 1_000) is None
