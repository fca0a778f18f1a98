"""Quantities as Kubernetes writes them, exactly: ``3920m``, ``16393244Ki``, ``1.5G``, ``1e3``."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from placement.catalog.importers.codes import Code
from placement.catalog.sheet import Fault
from placement.catalog.text import quote

LONGEST = 64

_QUANTITY = re.compile(
    r"([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,3})|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?",
    re.ASCII,
)
_FACTORS = {
    **{f"{letter}i": Fraction(1024) ** (i + 1) for i, letter in enumerate("KMGTPE")},
    **{letter: Fraction(1000) ** (i + 1) for i, letter in enumerate("kMGTPE")},
    **{letter: Fraction(1, 1000 ** (i + 1)) for i, letter in enumerate("mun")},
}


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Fraction | Fault:
    """Return the value of a quantity; a fault if it is none, or negative.

    >>> parse_quantity("3920m"), parse_quantity("2Ki"), parse_quantity("1E"), parse_quantity("1E1")
    (Fraction(98, 25), Fraction(2048, 1), Fraction(1000000000000000000, 1), Fraction(10, 1))
    """
    match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return Fault(Code.QUANTITY, f"{quote(text)} is not a quantity")
    sign, digits, power, suffix = match.groups()
    value = Fraction(digits.removesuffix(".")) * _FACTORS.get(suffix or "", Fraction(1))
    if power:
        value *= Fraction(10) ** int(power)
    if sign == "-" and value:
        return Fault(Code.QUANTITY, f"{quote(text)} is negative")
    return value
