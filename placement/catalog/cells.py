"""What one cell of a catalog may hold: each reader takes the text and returns value or fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import TypeVar

from placement.catalog.codes import Code
from placement.catalog.geography import fold
from placement.catalog.rows import UNIT
from placement.catalog.sheet import Fault
from placement.catalog.text import did_you_mean, quote
from placement.pricing import round_half_even

T = TypeVar("T")
Reader = Callable[[str], T | Fault]
Rounding = Callable[[int, int], int]

LONGEST_NAME = 253
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?", re.ASCII)
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})


def down(numerator: int, denominator: int) -> int:
    """Round down: capacity that is not certain is not promised."""
    return numerator // denominator


def up(numerator: int, denominator: int) -> int:
    """Round up: what others hold is not promised either."""
    return -(-numerator // denominator)


nearest = round_half_even
"""Round to the nearest step: a measurement."""


def name(text: str) -> str | Fault:
    """Read a required name."""
    return _required(text) or free_text(text)


def key_part(text: str) -> str | Fault:
    """Read a provider or region code, which a ``/`` would make ambiguous."""
    if "/" in text:
        return Fault(Code.BAD_TEXT, f"{quote(text)} has a `/`", "write the bare code")
    return name(text)


def free_text(text: str) -> str | Fault:
    """Read a text that may be empty."""
    if len(text) > LONGEST_NAME:
        message = f"a name of {len(text)} characters, the limit is {LONGEST_NAME}"
        return Fault(Code.TOO_LONG, message)
    if not text.isprintable():
        return Fault(Code.BAD_TEXT, f"{quote(text)} has a character that cannot be seen")
    return text


def one_of(meaning: Mapping[str, T], code: Code, what: str, known: Collection[str]) -> Reader[T]:
    """Return a reader of a name that must be a (folded) key of ``meaning``."""

    def read(text: str) -> T | Fault:
        fault = _required(text)
        if fault:
            return fault
        found = meaning.get(fold(text))
        if found is None:
            return Fault(code, f"unknown {what} {quote(text)}", lambda: did_you_mean(text, known))
        return found

    return read


def optional(read: Reader[T], empty: T) -> Reader[T]:
    """Return a reader that takes an empty cell to mean ``empty``."""
    return lambda text: read(text) if text else empty


def maybe(read: Reader[T]) -> Reader[T | None]:
    """Return a reader that takes an empty cell to mean unknown."""
    return lambda text: read(text) if text else None


def number(*, unit: int, limit: int, rounding: Rounding | None = None, low: int = 0) -> Reader[int]:
    """Return a reader of a decimal number as an exact integer of steps.

    Parameters
    ----------
    unit : int
        Steps per 1.
    limit : int
        Largest value, in the unit of the text.
    rounding : callable, optional
        What to do between two steps; without it such a number is a fault.
    low : int
        Smallest number of steps.
    """

    def read(text: str) -> int | Fault:
        value = fraction_of(text)
        if isinstance(value, Fault):
            return value
        if value > limit:
            return Fault(Code.TOO_LARGE, f"{quote(text)} is too large, the limit is {limit}")
        if value < 0:
            return Fault(Code.TOO_SMALL, f"{quote(text)} is negative")
        top, bottom = value.numerator * unit, value.denominator
        if top % bottom and rounding is None:
            places = len(str(unit)) - 1
            rule = f"has more than {places} decimals" if places else "is not a whole number"
            return Fault(Code.TOO_FINE, f"{quote(text)} {rule}")
        steps = rounding(top, bottom) if rounding else top // bottom
        if steps < low:
            return Fault(Code.TOO_SMALL, f"{quote(text)} is too small, it must be above 0")
        return steps

    return read


def degrees(limit: int) -> Reader[float]:
    """Return a reader of a latitude or longitude."""

    def read(text: str) -> float | Fault:
        value = fraction_of(text)
        if isinstance(value, Fault):
            return value
        if abs(value) > limit:
            return Fault(Code.TOO_LARGE, f"{quote(text)} is outside -{limit} to {limit} degrees")
        return float(value)

    return read


def gpu_fraction(text: str) -> Fraction | Fault:
    """Read the part of a GPU that a partial-GPU instance has: ``1/6`` or ``0.25``."""
    above, slash, below = text.partition("/")
    top = fraction_of(above.strip())
    bottom = fraction_of(below.strip()) if slash else Fraction(1)
    if isinstance(top, Fault) or isinstance(bottom, Fault) or not bottom:
        return Fault(
            Code.BAD_FRACTION, f"{quote(text)} is not a fraction", "write it as `1/6` or `0.25`"
        )
    value = top / bottom
    if not 0 < value < 1 or int(value * UNIT) < 1:
        message = f"gpu_fraction {quote(text)} is not between 1/{UNIT} and 1"
        return Fault(Code.BAD_FRACTION, message, "leave it empty for whole GPUs")
    return value


def fraction_of(text: str) -> Fraction | Fault:
    """Return the exact value of a decimal number."""
    if not text:
        return Fault(Code.EMPTY, "the cell is empty", "write a number: an unknown one is not 0")
    if text.lstrip("+-").casefold() in _NOT_FINITE:
        return Fault(Code.NOT_FINITE, f"{quote(text)} is not a finite number")
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return Fault(Code.NOT_A_NUMBER, f"{quote(text)} is not a number", _number_advice(text))
    if len(text) > LONGEST_NAME:
        return Fault(
            Code.TOO_LONG, f"a number of {len(text)} characters, the limit is {LONGEST_NAME}"
        )
    sign, whole, part, power = match[1], match[2], match[3] or "", int(match[4] or 0)
    digits, places = int(f"{sign}{whole}{part}"), len(part) - power
    return Fraction(digits, 10**places) if places > 0 else Fraction(digits * 10**-places)


def _number_advice(text: str) -> str | None:
    return "write a decimal point and no separators" if "," in text or "_" in text else None


def _required(text: str) -> Fault | None:
    return None if text else Fault(Code.EMPTY, "the cell is empty")
