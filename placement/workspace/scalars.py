"""What an unquoted word means: the core schema of YAML 1.2, without its surprises.

``NO``, ``yes``, ``on``, ``1:30``, ``1_000`` and dates are text. A number with a leading zero
(``012``) is text too. Whole numbers become int, all others an exact Decimal.
"""

from __future__ import annotations

import re
from decimal import Decimal

from placement.workspace.nodes import Scalar

MAX_DIGITS = 18
"""Most digits of a whole number; the limit of any power of ten too."""

MAX_PLACES = 15
"""Most significant digits of a decimal: as many as a double carries through JSON unchanged."""

_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class NumberError(ValueError):
    """A number that is not finite or too long."""


def resolve(text: str) -> Scalar:
    """Return what an unquoted YAML scalar means.

    Raises
    ------
    NumberError
        For a number that is not finite or has more than 18 digits.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return whole(text, 10)
    if _BASED.fullmatch(text):
        return whole(text, 0)
    if _DECIMAL.fullmatch(text):
        return decimal(text)
    if _NOT_FINITE.fullmatch(text):
        raise NumberError("is not finite")
    return text


def whole(text: str, base: int) -> int:
    """Return a whole number of at most 18 digits."""
    if len(text.lstrip("+-0ox")) > MAX_DIGITS:
        raise NumberError(f"has more than {MAX_DIGITS} digits")
    return int(text, base)


def decimal(text: str) -> Decimal:
    """Return an exact decimal of at most 18 digits on either side of the point."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa.lstrip("+-.0").replace(".", "")) > MAX_PLACES:
        raise NumberError(f"has more than {MAX_PLACES} digits")
    if len(mantissa) > 4 * MAX_DIGITS or len(exponent.lstrip("+-0")) > 2:
        raise NumberError("is out of range")
    value = Decimal(text)
    power = value.as_tuple().exponent
    if not isinstance(power, int) or abs(power) > MAX_DIGITS or value.adjusted() >= MAX_DIGITS:
        raise NumberError("is out of range")
    return value
