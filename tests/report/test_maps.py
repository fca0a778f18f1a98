"""Maps: every country can be shaded, every region lies on the page, no name covers a circle."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import pairwise
from math import dist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.catalog import Catalog
from placement.catalog.geography import countries
from placement.catalog.load import load_catalog
from placement.catalog.shipped import shipped
from placement.report.discs import NEAR, discs_of, place_labels
from placement.report.use import Spot
from placement.report.world import (
    CENTRE,
    HEIGHT,
    SCALE,
    WIDTH,
    place,
    small_countries,
    topology,
)

LARGEST_BYTES = 150_000


@cache
def fleet() -> Catalog:
    return load_catalog(shipped("catalogs", "public-cloud"))


@st.composite
def some_spots(draw: st.DrawFn) -> list[Spot]:
    regions = list(fleet().regions.values())
    places = draw(st.lists(st.sampled_from(regions), min_size=1, max_size=25))
    names = ("production", "staging")
    return [
        Spot(names[at % 2], one.key, one.latitude, one.longitude, 1, gpus, 0, gpus or 1000)
        for at, one in enumerate(places)
        for gpus in [draw(st.sampled_from([0, 500, 1_000, 64_000, 1_000_000]))]
    ]


def test_places_lie_where_the_drawn_map_has_them() -> None:
    """The projection is computed here for labels and by the drawer for land: they must agree."""
    import vl_convert

    points = [(lat, lon) for lat in (-55, -23, 0, 37, 70) for lon in (-170, -60, 0, 45, 178)]
    spec = {
        "width": WIDTH,
        "height": HEIGHT,
        "padding": 0,
        "projection": {"type": "equalEarth", "scale": SCALE, "translate": list(CENTRE)},
        "data": {"values": [{"lat": lat, "lon": lon} for lat, lon in points]},
        "mark": {"type": "point"},
        "encoding": {
            "latitude": {"field": "lat", "type": "quantitative"},
            "longitude": {"field": "lon", "type": "quantitative"},
        },
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    marks = svg.partition("role-mark")[2]
    drawn = [
        (float(x), float(y)) for x, y in re.findall(r"translate\(([-\d.]+),([-\d.]+)\)", marks)
    ]
    assert len(drawn) == len(points)
    for (lat, lon), (x, y) in zip(points, drawn, strict=True):
        assert place(lat, lon) == pytest.approx((x, y), abs=0.01)


def test_every_region_of_the_catalog_lies_on_the_map() -> None:
    for region in fleet().regions.values():
        x, y = place(region.latitude, region.longitude)
        assert 0 < x < WIDTH, region.key
        assert 0 < y < HEIGHT, region.key


def test_every_country_has_an_outline_or_a_dot() -> None:
    drawn = {shape.get("id") for shape in topology()["objects"]["countries"]["geometries"]}
    assert drawn - {None} <= set(countries())
    assert set(countries()) - drawn <= small_countries()
    assert {"SG", "BH", "HK", "LU"} <= small_countries()
    assert not {"US", "DE", "JP", "BR", "IN", "GB", "KR"} & small_countries()


def test_outlines_are_closed_and_small() -> None:
    world = topology()
    arcs = []
    for arc in world["arcs"]:
        x = y = 0
        points = [(x := x + right, y := y + up) for right, up in arc]
        arcs.append(points)
    rings = 0
    for shape in world["objects"]["countries"]["geometries"]:
        for polygon in shape["arcs"]:
            for ring in polygon:
                ends = [
                    (arcs[a][0], arcs[a][-1]) if a >= 0 else (arcs[~a][-1], arcs[~a][0])
                    for a in ring
                ]
                for (_, end), (start, _) in zip(ends, ends[1:] + ends[:1], strict=True):
                    assert end == start
                rings += 1
    assert rings > 240
    assert len(json.dumps(world["arcs"])) < LARGEST_BYTES


@settings(max_examples=150, deadline=None)
@given(some_spots())
def test_every_spot_is_in_one_disc_and_the_larger_has_the_larger_disc(spots: list[Spot]) -> None:
    found = discs_of(spots, largest=25.0)
    assert sorted(map(repr, spots)) == sorted(repr(s) for disc in found for s in disc.spots)
    for disc in found:
        for spot in disc.spots:
            assert dist(place(spot.latitude, spot.longitude), (disc.x, disc.y)) <= NEAR
    for larger, smaller in pairwise(found):
        assert larger.weight >= smaller.weight
        assert larger.radius >= smaller.radius


@settings(max_examples=150, deadline=None)
@given(some_spots())
def test_no_name_covers_a_circle_or_another_name(spots: list[Spot]) -> None:
    found = discs_of(spots, largest=25.0)
    labels = place_labels(found)
    assert labels
    boxes = [(x, y - 7, x + 6.4 * len(text), y + 7) for x, y, text in map(_cells, labels)]
    for box in boxes:
        assert box[0] >= 0
        assert box[2] <= WIDTH
    taken = [*boxes, *(disc.box for disc in found)]
    for at, one in enumerate(boxes):
        for other in (*taken[:at], *taken[at + 1 :]):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert min(across, down) < 1e-6, (one, other)


def _cells(label: dict[str, float | str]) -> tuple[float, float, str]:
    return float(label["x"]), float(label["y"]), str(label["text"])
