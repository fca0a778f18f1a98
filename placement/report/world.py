"""The outlines of countries, and where a place lies on the page."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources
from typing import Any

from placement.catalog.geography import countries, country_name

WORLD = "world"
"""The name by which charts refer to the outlines."""
WIDTH, HEIGHT = 920, 434
"""Of a map, in pixels."""
SCALE = 180.0
CENTRE = (443.0, 250.0)
"""Where longitude 0 meets the equator, in pixels."""

SMALL = 6.0
"""Square pixels: a country that is smaller can be seen only with a dot on it."""

Point = tuple[float, float]


@cache
def topology() -> dict[str, Any]:
    """Return the TopoJSON of all countries, with names, and with ISO codes as ids if there are."""
    path = resources.files("placement.report").joinpath("data", "world.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for shape in found["objects"]["countries"]["geometries"]:
        shape["properties"] = {"name": country_name(shape["id"])} if "id" in shape else {}
    return found


def place(latitude: float, longitude: float) -> Point:
    """Return where a point lies on a map, in pixels from the upper left.

    The Equal Earth projection (Savric, Patterson, Jenny 2018), as the maps are drawn in.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    angle = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    square = angle * angle
    sixth = square**3
    across = math.cos(angle) / (
        math.sqrt(3) / 2 * (a1 + 3 * a2 * square + sixth * (7 * a3 + 9 * a4 * square))
    )
    up = angle * (a1 + a2 * square + sixth * (a3 + a4 * square))
    x, y = math.radians(longitude) * across, up
    return CENTRE[0] + SCALE * x, CENTRE[1] - SCALE * y


@cache
def small_countries() -> frozenset[str]:
    """Return the codes of the countries that are too small to be seen, or have no outline."""
    return frozenset(countries()) - frozenset(
        code for code, pixels in _sizes().items() if pixels >= SMALL
    )


@cache
def _sizes() -> dict[str, float]:
    """Return the square pixels of each country, holes not taken off."""
    arcs = _arcs()
    sizes: dict[str, float] = {}
    for shape in topology()["objects"]["countries"]["geometries"]:
        if "id" in shape:
            own = sum(
                _area([p for at in polygon[0] for p in _directed(arcs, at)])
                for polygon in shape["arcs"]
            )
            sizes[shape["id"]] = sizes.get(shape["id"], 0.0) + own
    return sizes


def _arcs() -> list[list[Point]]:
    found = topology()
    (width, height), (west, south) = found["transform"]["scale"], found["transform"]["translate"]
    arcs = []
    for arc in found["arcs"]:
        x = y = 0
        points = []
        for right, up in arc:
            x, y = x + right, y + up
            points.append(place(south + y * height, west + x * width))
        arcs.append(points)
    return arcs


def _directed(arcs: list[list[Point]], at: int) -> list[Point]:
    return arcs[at] if at >= 0 else arcs[~at][::-1]


def _area(ring: list[Point]) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2
