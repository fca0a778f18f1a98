"""Exact numbers between integer steps and the decimals that people and JSON see."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from placement.pricing import round_half_even

POWERS = {10**digits: digits for digits in range(19)}
LARGE = 10**20
"""Below this the default decimal context is exact, which saves a gcd per number."""


def shown(value: int, scale: int) -> int | Decimal:
    """Return ``value / scale`` as people see it.

    Exact when the decimal expansion ends. Otherwise rounded half-even to one digit more than
    the scale has, so that different integers never look alike.
    """
    if value % scale == 0:
        return value // scale
    if scale in POWERS and abs(value) < LARGE:
        return Decimal(f"{value}E-{POWERS[scale]}").normalize()
    exact = Fraction(value, scale)
    digits = _digits(exact.denominator)
    if digits is None:
        digits = len(str(scale)) + 1
    steps = round_half_even(exact.numerator * 10**digits, exact.denominator)
    return Decimal(f"{steps}E-{digits}")


def steps_of(number: int | Decimal, scale: int) -> int | None:
    """Return ``number`` in steps of ``1 / scale``, or None if it lies between two steps."""
    exact = Fraction(number) * scale
    return exact.numerator if exact.denominator == 1 else None


def decimals(number: int | Decimal) -> int:
    """Return how many decimals a number needs."""
    digits = _digits(Fraction(number).denominator)
    return 0 if digits is None else digits


def number_text(number: int | Decimal) -> str:
    """Return the JSON text of a number: what ``float`` prints if that is exact, else plain.

    So a reader that turns numbers into floats and writes them again gets the same text.
    """
    if isinstance(number, int):
        return str(number)
    text = repr(float(number))
    return text if Decimal(text) == number else f"{number:f}"


def _digits(denominator: int) -> int | None:
    """Return the length of the decimal expansion, None if it never ends."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None
