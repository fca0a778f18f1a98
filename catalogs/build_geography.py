"""Derive ``placement/catalog/data/{countries,continents,blocs}.csv`` from the facts tables.

Used by ``build.py``. Facts read: ``countries.csv``, ``continents.csv`` and
``country_groups.csv`` (CLDR, countries-list), and a TopoJSON file of country shapes
(Natural Earth 1:50m, public domain, as packed by ``world-atlas``).
"""

from __future__ import annotations

import csv
import json
import math
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

Point = tuple[float, float]

NOT_ISO = ("AC", "TA")
"""Codes that ISO 3166-1 only reserves; XK (Kosovo) is kept, clouds and atlases use it."""

BLOCS = {"EU": "European Union", "EEA": "European Economic Area"}
BLOC_SIZES = {"EU": 27, "EEA": 30}

DISPLAY = {"HK": "Hong Kong", "MO": "Macao", "MM": "Myanmar", "CI": "Côte d'Ivoire"}
"""Shorter names than CLDR's; the CLDR name stays an alias."""

MORE_ALIASES = {"US": ("U.S.", "U.S.A."), "GB": ("U.K.",), "NL": ("The Netherlands",)}

CONTINENT_ALIASES = {"OC": ("Australia and Oceania",)}
"""No part (Caribbean, Central America) is an alias: it would open the whole continent."""


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of one CSV file as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> int:
    """Write one CSV file with bare newlines and return the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [list(columns), *(list(row) for row in rows)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return len(lines) - 1


def build(facts: Path, atlas: Path | None, out: Path) -> dict[str, int]:
    """Write the three geography tables and return their row counts."""
    points = reference_points(atlas) if atlas else kept_points(out / "countries.csv")
    countries = [row for row in read(facts / "countries.csv") if row["country_code"] not in NOT_ISO]
    countries.sort(key=lambda row: row["country_code"])
    return {
        "countries": write(
            out / "countries.csv",
            ("country", "alpha3", "numeric", "name", "aliases", "continent", "latitude",
             "longitude", "source"),
            [country_row(row, points) for row in countries],
        ),
        "continents": write(
            out / "continents.csv",
            ("continent", "name", "m49", "aliases", "source"),
            [
                (row["continent"], row["name"], row["m49"],
                 "|".join(CONTINENT_ALIASES.get(row["continent"], ())), "UN M49 by CLDR 48.2")
                for row in read(facts / "continents.csv")
            ],
        ),
        "blocs": write(
            out / "blocs.csv", ("bloc", "name", "country", "source"), bloc_rows(facts)
        ),
    }  # fmt: skip


def country_row(row: dict[str, str], points: dict[str, Point]) -> tuple[object, ...]:
    """Return one row of ``countries.csv``."""
    code = row["country_code"]
    name = DISPLAY.get(code, row["name"])
    known = {code.casefold(), row["alpha3"].casefold(), name.casefold()}
    aliases = []
    for alias in spellings([row["name"], *row["aliases"].split("|"), *MORE_ALIASES.get(code, ())]):
        if alias and alias.casefold() not in known:
            known.add(alias.casefold())
            aliases.append(alias)
    point = points.get(row["m49"])
    place = (f"{point[0]:.4f}", f"{point[1]:.4f}") if point else ("", "")
    source = "CLDR 48.2 (Unicode-3.0); aliases countries-list 3.4.1 (MIT)"
    if point:
        source += "; point Natural Earth 1:50m (public domain)"
    return (code, row["alpha3"], row["m49"], name, "|".join(aliases), row["continent"],
            *place, source)  # fmt: skip


def spellings(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text without direction marks, and its form without accents."""
    for text in texts:
        clean = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
        yield clean
        plain = unicodedata.normalize("NFKD", clean.replace("\u2019", "'"))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        if plain.isascii():
            yield plain


def bloc_rows(facts: Path) -> list[tuple[str, str, str, str]]:
    """Return the members of the blocs, checked against their known sizes."""
    rows = [
        (row["group"], BLOCS[row["group"]], row["country_code"], "CLDR 48.2 (Unicode-3.0)")
        for row in read(facts / "country_groups.csv")
        if row["group"] in BLOCS
    ]
    for bloc, size in BLOC_SIZES.items():
        found = sum(row[0] == bloc for row in rows)
        if found != size:
            raise SystemExit(f"bloc {bloc} has {found} members in the facts, expected {size}")
    return sorted(rows)


def kept_points(path: Path) -> dict[str, Point]:
    """Return the reference points of an earlier build, by M49 number."""
    if not path.exists():
        return {}
    return {
        row["numeric"]: (float(row["latitude"]), float(row["longitude"]))
        for row in read(path)
        if row["latitude"]
    }


def reference_points(atlas: Path) -> dict[str, Point]:
    """Return the centroid of the largest polygon of each country, by ISO numeric code.

    The largest polygon alone, so that France is in Europe and the United States are the
    contiguous states.
    """
    topology = json.loads(atlas.read_text(encoding="utf-8"))
    arcs = [list(unpack(arc, topology["transform"])) for arc in topology["arcs"]]
    points = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        numeric = shape.get("id") or {"Kosovo": "983"}.get(shape["properties"]["name"])
        if not numeric or "arcs" not in shape:
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        rings = [join(polygon[0], arcs) for polygon in polygons]
        best = max(rings, key=lambda ring: abs(area_and_centroid(ring)[0]))
        points.setdefault(numeric, area_and_centroid(best)[1])
    return points


def unpack(arc: list[list[int]], transform: dict[str, list[float]]) -> Iterator[Point]:
    """Yield the (longitude, latitude) points of a delta-encoded arc."""
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield (
            x * transform["scale"][0] + transform["translate"][0],
            y * transform["scale"][1] + transform["translate"][1],
        )


def join(indices: list[int], arcs: list[list[Point]]) -> list[Point]:
    """Return the ring that a list of arc numbers describes (``~i`` is arc i reversed)."""
    ring: list[Point] = []
    for index in indices:
        ring.extend(arcs[index] if index >= 0 else reversed(arcs[~index]))
    return ring


def unwrap(ring: list[Point]) -> list[Point]:
    """Return a ring whose longitudes go on beyond 180 instead of jumping at the date line."""
    result = ring[:1]
    for x, y in ring[1:]:
        last = result[-1][0]
        result.append((x - 360 * round((x - last) / 360), y))
    return result


def area_and_centroid(ring: list[Point]) -> tuple[float, Point]:
    """Return the cosine-weighted area and the (latitude, longitude) centroid of a ring."""
    ring = unwrap(ring)
    total = x = y = 0.0
    for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = x0 * y1 - x1 * y0
        total, x, y = total + cross, x + (x0 + x1) * cross, y + (y0 + y1) * cross
    if not total:
        return 0.0, (ring[0][1], ring[0][0])
    centroid = (y / (3 * total), (x / (3 * total) + 180) % 360 - 180)
    return total * math.cos(math.radians(centroid[0])), centroid
