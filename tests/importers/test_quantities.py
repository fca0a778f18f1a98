"""Quantities are read exactly, and nothing else is read as one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement.catalog.importers.kubernetes.quantities import parse_quantity
from placement.catalog.sheet import Fault

MEANT = {
    "0": 0,
    "8": 8,
    "+8": 8,
    "-0": 0,
    "3920m": Fraction(392, 100),
    "0.5": Fraction(1, 2),
    ".5": Fraction(1, 2),
    "5.": 5,
    "100n": Fraction(1, 10**7),
    "7u": Fraction(7, 10**6),
    "16393244Ki": 16393244 * 1024,
    "10562Mi": 10562 * 1024**2,
    "1.5Gi": 1024**3 * Fraction(3, 2),
    "2Ti": 2 * 1024**4,
    "1Pi": 1024**5,
    "1Ei": 1024**6,
    "47093746742": 47093746742,
    "12k": 12000,
    "129M": 129 * 10**6,
    "1G": 10**9,
    "1T": 10**12,
    "1P": 10**15,
    "1E": 10**18,
    "1e3": 1000,
    "1E3": 1000,
    "12e-1": Fraction(12, 10),
    "1E+2": 100,
}
NONE = (
    *(
        "",
        " 4",
        "4 ",
        "4 cores",
        "four",
        "1,5",
        "1_000",
        "0x10",
        "--4",
        "4KI",
        "4ki",
        "4Kii",
        "4mm",
    ),
    *("1e", "1e9999", "NaN", "Infinity", "١", "4²", ".", "m", "Ki", "1.5.2", "9" * 65),
)


@pytest.mark.parametrize("text", MEANT)
def test_a_quantity_has_exactly_its_value(text):
    assert parse_quantity(text) == MEANT[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_quantity_is_a_fault(text):
    found = parse_quantity(text)
    assert isinstance(found, Fault)
    assert found.message.endswith("is not a quantity")


def test_a_negative_quantity_is_a_fault():
    found = parse_quantity("-1m")
    assert isinstance(found, Fault)
    assert found.message == "`-1m` is negative"


@given(st.integers(0, 10**15), st.sampled_from(["", "m", "k", "Ki", "Mi", "Gi"]))
def test_whole_numbers_times_their_suffix(number, suffix):
    factor = {"": 1, "m": Fraction(1, 1000), "k": 1000, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    assert parse_quantity(f"{number}{suffix}") == number * factor[suffix]
