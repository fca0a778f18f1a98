"""Countries, continents and blocs: built in, found by code, name or alias, never guessed.

A country is an ISO 3166-1 alpha-2 code. It has exactly one continent (UN M49: Cyprus is in
Asia, Russia in Europe). ``NA`` is North America as a continent and Namibia as a country, so
look-ups are apart by kind. A *bloc* is a named set of countries; bloc ``EU`` is not the
continent ``EU``.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Country:
    """A country; ``point`` is (latitude, longitude) of a reference point, if known."""

    code: str
    alpha3: str
    name: str
    aliases: tuple[str, ...]
    continent: str
    point: tuple[float, float] | None


def fold(text: str) -> str:
    """Return the form in which names are compared: case, spaces and apostrophes levelled."""
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    return " ".join(text.casefold().split())


def find_country(text: str) -> str | None:
    """Return the alpha-2 code of a country by code, name or common alias, else None.

    >>> find_country("usa"), find_country("NA"), find_country("Korea")
    ('US', 'NA', None)
    """
    return _country_index().get(fold(text))


def find_continent(text: str) -> str | None:
    """Return the continent code by code or name, else None (``NA`` is North America)."""
    return _continent_index().get(fold(text))


def find_bloc(text: str) -> str | None:
    """Return the bloc code (``EU``, ``EEA``) by code or name, else None."""
    return _bloc_index().get(fold(text))


def countries_of_continent(continent: str) -> frozenset[str]:
    """Return the countries of a continent code; KeyError if there is no such continent."""
    return _members_by_continent()[continent]


def countries_of_bloc(bloc: str) -> frozenset[str]:
    """Return the countries of a bloc code; KeyError if there is no such bloc."""
    return _members_by_bloc()[bloc]


def continent_of(country: str) -> str:
    """Return the one continent of a country code; KeyError if there is no such country."""
    return countries()[country].continent


def country_name(code: str) -> str:
    """Return the English name of a country code."""
    return countries()[code].name


def continent_name(code: str) -> str:
    """Return the English name of a continent code."""
    return _continents()[code][0]


def bloc_name(code: str) -> str:
    """Return the English name of a bloc code."""
    return _blocs()[code]


def country_names() -> tuple[str, ...]:
    """Return every code and name of a country, sorted, for suggestions."""
    return _codes_and_names((c.code, c.name, *c.aliases) for c in countries().values())


def continent_names() -> tuple[str, ...]:
    """Return every code and name of a continent, sorted, for suggestions."""
    return _codes_and_names((code, *names) for code, names in _continents().items())


def bloc_names() -> tuple[str, ...]:
    """Return every code and name of a bloc, sorted, for suggestions."""
    return _codes_and_names(_blocs().items())


def reference_point(country: str) -> tuple[float, float]:
    """Return (latitude, longitude) that stands for the users of a country.

    The centroid of its largest land mass; for the few territories without a known one, the
    mean point of the countries of its continent.
    """
    found = countries()[country]
    return found.point or _mean_point(found.continent)


def distance_km(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the great-circle distance of two (latitude, longitude) points in km."""
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in (*start, *end))
    h = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(h)))


@cache
def countries() -> Mapping[str, Country]:
    """Return all countries by code, sorted."""
    found = {}
    for row in data_rows("countries.csv"):
        aliases = tuple(alias for alias in row["aliases"].split("|") if alias)
        point = (float(row["latitude"]), float(row["longitude"])) if row["latitude"] else None
        found[row["country"]] = Country(
            row["country"], row["alpha3"], row["name"], aliases, row["continent"], point
        )
    return MappingProxyType(found)


def blocs_of(country: str) -> tuple[str, ...]:
    """Return the codes of the blocs a country is a member of, sorted."""
    return tuple(code for code in sorted(_blocs()) if country in _members_by_bloc()[code])


def data_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the tables that are part of the package."""
    path = resources.files("placement.catalog").joinpath("data", name)
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def _codes_and_names(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))


@cache
def _country_index() -> Mapping[str, str]:
    return {
        fold(text): country.code
        for country in countries().values()
        for text in (*country.aliases, country.name, country.alpha3, country.code)
    }


@cache
def _continents() -> Mapping[str, tuple[str, ...]]:
    return {
        row["continent"]: (row["name"], *(a for a in row["aliases"].split("|") if a))
        for row in data_rows("continents.csv")
    }


@cache
def _continent_index() -> Mapping[str, str]:
    return {fold(t): code for code, names in _continents().items() for t in (code, *names)}


@cache
def _blocs() -> Mapping[str, str]:
    return {row["bloc"]: row["name"] for row in data_rows("blocs.csv")}


@cache
def _bloc_index() -> Mapping[str, str]:
    return {fold(text): code for code, name in _blocs().items() for text in (code, name)}


@cache
def _members_by_bloc() -> Mapping[str, frozenset[str]]:
    rows = data_rows("blocs.csv")
    return {code: frozenset(r["country"] for r in rows if r["bloc"] == code) for code in _blocs()}


@cache
def _members_by_continent() -> Mapping[str, frozenset[str]]:
    return {
        code: frozenset(c.code for c in countries().values() if c.continent == code)
        for code in _continents()
    }


@cache
def _mean_point(continent: str) -> tuple[float, float]:
    """Return the mean direction of the known points, which no date line can split."""
    x = y = z = 0.0
    for code in sorted(_members_by_continent()[continent]):
        point = countries()[code].point
        if point is None:
            continue
        lat, lon = math.radians(point[0]), math.radians(point[1])
        x += math.cos(lat) * math.cos(lon)
        y += math.cos(lat) * math.sin(lon)
        z += math.sin(lat)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
