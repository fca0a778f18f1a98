"""Countries, continents and blocs by name, with advice for names that are not known."""

from __future__ import annotations

from collections.abc import Callable

from placement.catalog.geography import (
    bloc_names,
    continent_names,
    country_names,
    find_bloc,
    find_continent,
    find_country,
)
from placement.catalog.text import did_you_mean, quote
from placement.policies.base import NameKind
from placement.workspace.codes import Code

__all__ = ["PLACE_CODES", "find_country", "find_place", "suggest_place"]

PLACE_CODES = {
    NameKind.COUNTRY: Code.UNKNOWN_COUNTRY,
    NameKind.CONTINENT: Code.UNKNOWN_CONTINENT,
    NameKind.BLOC: Code.UNKNOWN_BLOC,
}
"""Kinds of place that need no catalog, and the code for an unknown one."""

_FIND: dict[NameKind, Callable[[str], str | None]] = {
    NameKind.COUNTRY: find_country,
    NameKind.CONTINENT: find_continent,
    NameKind.BLOC: find_bloc,
}
_NAMES: dict[NameKind, Callable[[], tuple[str, ...]]] = {
    NameKind.COUNTRY: country_names,
    NameKind.CONTINENT: continent_names,
    NameKind.BLOC: bloc_names,
}


def find_place(kind: NameKind, text: str) -> str | None:
    """Return the code of a country, continent or bloc, or None if there is none."""
    return _FIND[kind](text)


def suggest_place(kind: NameKind, text: str) -> str | None:
    """Return advice for an unknown place: its right kind if it has one, else near names."""
    for other in _FIND:
        if other is not kind and find_place(other, text):
            return f"{quote(text)} is a {other}, so write `type: {other}`"
    return did_you_mean(text, _NAMES[kind]())
