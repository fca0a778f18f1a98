"""Numbers as a report shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from placement.catalog.geography import countries
from placement.catalog.rows import UNIT
from placement.plan.document import MICRO


def amount(thousandths: int) -> str:
    """Return thousandths of a GPU as people write them: ``2``, ``0.25``, ``1,200``.

    >>> amount(2000), amount(250), amount(1_200_000)
    ('2', '0.25', '1,200')
    """
    whole, part = divmod(thousandths, UNIT)
    decimals = f".{part:03}".rstrip("0") if part else ""
    return f"{whole:,}{decimals}"


def usd(micro: int) -> str:
    """Return micro-USD as USD, rounded as on the command line; from 100 USD on to two decimals.

    >>> usd(34_036_880), usd(16_943_817_000)
    ('34.0369', '16,943.82')
    """
    return f"{micro / MICRO:,.{2 if micro >= 100 * MICRO else 4}f}"


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Return a number with its thing, in the plural unless it is one.

    >>> counted(1, "replica"), counted(2, "country", "countries")
    ('1 replica', '2 countries')
    """
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent, without decimals from 10 % on.

    >>> share(1, 3), share(1, 1000), share(0, 0)
    ('33 %', '0.1 %', '0 %')
    """
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def named(codes: Iterable[str], most: int) -> str:
    """Return the names of countries, sorted, at most so many.

    >>> named({"SE", "US", "JP"}, 2)
    'Japan, Sweden and 1 more'
    """
    known = countries()
    return listed(sorted(known[code].name if code in known else code for code in codes), most)


def listed(names: Sequence[str], most: int) -> str:
    """Return names in their order, at most so many, and how many are left.

    >>> listed(["a", "b"], 2), listed([], 2)
    ('a, b', 'none')
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or "none"
