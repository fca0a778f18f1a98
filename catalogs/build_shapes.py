"""Derive ``placement/report/data/world.json``: the outlines of countries, small enough to be drawn.

Read is ``countries-50m.json`` of the npm package ``world-atlas`` 2.0.2 (Natural Earth 1:50m, public
domain). Borders that two countries share are simplified once, so that no gap opens between them:

    python catalogs/build_shapes.py PATH/countries-50m.json
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COUNTRIES = ROOT / "placement" / "catalog" / "data" / "countries.csv"
OUT = ROOT / "placement" / "report" / "data" / "world.json"

STEP = 0.05
"""Degrees between two numbers of the result."""
LEAST_TRIANGLE = 0.12
"""Square degrees at the equator: a point that spans less with its neighbours is left out."""
LEAST_RING = 0.6
"""Square degrees at the equator: smaller islands are left out, unless a country has no larger."""
NOT_DRAWN = ("AQ",)
"""Antarctica takes a third of the page and has no regions."""
NAMED = {"Kosovo": "XK"}

Point = tuple[float, float]


def main(atlas: Path) -> None:
    """Write the outlines and print how large they are."""
    topology = json.loads(atlas.read_text(encoding="utf-8"))
    arcs = [simplified(arc) for arc in decoded(topology)]
    shapes = [
        shape
        for one in topology["objects"]["countries"]["geometries"]
        if (shape := drawn(one, arcs)) is not None
    ]
    text = json.dumps(packed(shapes, arcs), separators=(",", ":"))
    OUT.write_text(text + "\n", encoding="utf-8")
    points = sum(map(len, arcs))
    print(f"{len(shapes)} shapes, {points:,} points before small islands, {len(text):,} bytes")


def decoded(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """Yield every arc as points in degrees."""
    (width, height), (west, south) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for right, up in arc:
            x, y = x + right, y + up
            points.append((west + x * width, south + y * height))
        yield points


def simplified(arc: list[Point]) -> list[Point]:
    """Return an arc without the points that matter least (Visvalingam); its ends stay."""
    points = list(arc)
    fewest = 4 if arc[0] == arc[-1] else 2
    while len(points) > fewest:
        spans = [triangle(*points[at - 1 : at + 2]) for at in range(1, len(points) - 1)]
        least = min(range(len(spans)), key=spans.__getitem__)
        if spans[least] >= LEAST_TRIANGLE:
            break
        del points[least + 1]
    return points


def triangle(a: Point, b: Point, c: Point) -> float:
    """Return what three points span, in square degrees at the equator."""
    doubled = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
    return abs(doubled) / 2 * math.cos(math.radians(b[1]))


def drawn(geometry: dict[str, Any], arcs: list[list[Point]]) -> dict[str, Any] | None:
    """Return a country with its islands that can be seen, under its ISO code if it has one."""
    code = codes().get(geometry.get("id", ""), NAMED.get(geometry["properties"]["name"]))
    if code in NOT_DRAWN:
        return None
    polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else list(geometry["arcs"])
    sizes = [area(polygon[0], arcs) for polygon in polygons]
    kept = [
        [ring for ring in polygon if ring is polygon[0] or area(ring, arcs) >= LEAST_RING]
        for polygon, size in zip(polygons, sizes, strict=True)
        if size >= min(LEAST_RING, max(sizes))
    ]
    shape: dict[str, Any] = {"type": "MultiPolygon", "arcs": kept}
    return shape if code is None else {**shape, "id": code}


def codes() -> dict[str, str]:
    """Return alpha-2 codes by numeric codes."""
    with COUNTRIES.open(encoding="utf-8", newline="") as file:
        return {row["numeric"]: row["country"] for row in csv.DictReader(file)}


def area(ring: list[int], arcs: list[list[Point]]) -> float:
    """Return what a ring encloses, in square degrees at the equator."""
    points = [point for index in ring for point in directed(index, arcs)]
    middle = sum(y for _, y in points) / len(points)
    pairs = zip(points, points[1:] + points[:1], strict=True)
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)
    return abs(doubled) / 2 * math.cos(math.radians(middle))


def directed(index: int, arcs: list[list[Point]]) -> list[Point]:
    """Return an arc in the direction in which a ring follows it."""
    return arcs[index] if index >= 0 else arcs[~index][::-1]


def packed(shapes: list[dict[str, Any]], arcs: list[list[Point]]) -> dict[str, Any]:
    """Return the TopoJSON of the shapes: only arcs that are used, in whole steps."""
    used = sorted(
        {
            index if index >= 0 else ~index
            for shape in shapes
            for polygon in shape["arcs"]
            for ring in polygon
            for index in ring
        }
    )
    place = {index: number for number, index in enumerate(used)}
    for shape in shapes:
        shape["arcs"] = [
            [[place[index] if index >= 0 else ~place[~index] for index in ring] for ring in polygon]
            for polygon in shape["arcs"]
        ]
    return {
        "type": "Topology",
        "transform": {"scale": [STEP, STEP], "translate": [-180, -90]},
        "objects": {"countries": {"type": "GeometryCollection", "geometries": shapes}},
        "arcs": [steps(arcs[index]) for index in used],
    }


def steps(arc: list[Point]) -> list[list[int]]:
    """Return an arc as whole steps from one point to the next."""
    places = [(round((x + 180) / STEP), round((y + 90) / STEP)) for x, y in arc]
    starts = [(0, 0), *places]
    return [[x - u, y - v] for (u, v), (x, y) in zip(starts, places, strict=False)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
