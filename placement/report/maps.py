"""The world with what is in use: circles sized by GPUs, countries that policies leave shaded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placement.catalog.geography import country_name, reference_point
from placement.report.charts import finished, rows
from placement.report.discs import Disc, discs_of, place_labels
from placement.report.numbers import amount, counted, usd
from placement.report.ranking import Ranking, ranked
from placement.report.style import COAST, ENVIRONMENTS, INK, LAND, colours
from placement.report.use import Spot
from placement.report.world import CENTRE, HEIGHT, SCALE, WIDTH, WORLD, small_countries

if TYPE_CHECKING:
    import altair as alt

    from placement.report.charts import Layers

LARGEST, LARGEST_SHADED = 25.0, 14.0
"""Radii in pixels; on a shaded map circles give way to what is below them."""


@dataclass(frozen=True)
class Palette:
    """How environments are named on a map, and the colour of each name."""

    names: Ranking
    colours: tuple[str, ...]

    def colour(self, environment: str) -> str:
        """Return the colour of an environment, grey if it is one of many."""
        return self.colours[self.names.labels.index(self.names.label(environment))]


def palette_of(environments: Sequence[str]) -> Palette:
    """Return the palette of some environments, the most important first."""
    sizes = {name: len(environments) - at for at, name in enumerate(environments)}
    names = ranked(sizes, len(ENVIRONMENTS), "environments")
    return Palette(names, tuple(colours(names.labels, ENVIRONMENTS)))


def world_map(spots: Sequence[Spot], palette: Palette) -> alt.TopLevelMixin:
    """Return the map of all spots, coloured by environment, the largest named."""
    return finished(world_layers(spots, palette))


def world_layers(spots: Sequence[Spot], palette: Palette) -> Layers:
    """Return the layers of that map, for a chart beside others."""
    discs = discs_of(spots, largest=LARGEST)
    marks = [_circles(discs, palette, legend=True), *_labels(discs)] if discs else []
    return _map(_land(frozenset(), LAND), *marks)


def shaded_map(
    countries: frozenset[str], tint: str, spots: Sequence[Spot], palette: Palette
) -> alt.TopLevelMixin:
    """Return a map with some countries shaded, and on it the spots of what may use them."""
    circles = (
        [_circles(discs_of(spots, largest=LARGEST_SHADED), palette, legend=False)] if spots else []
    )
    return finished(_map(_land(countries, tint), *circles))


def _map(*layers: alt.Chart | Layers) -> Layers:
    import altair as alt

    return (
        alt.layer(*layers)
        .project(type="equalEarth", scale=SCALE, translate=list(CENTRE))
        .properties(width=WIDTH, height=HEIGHT)
    )


def _land(countries: frozenset[str], tint: str) -> Layers:
    """Return all countries, those that are meant shaded, and a dot on those too small to see."""
    import altair as alt

    data = alt.NamedData(WORLD, format=alt.TopoDataFormat(type="topojson", feature="countries"))
    at = f"indexof({sorted(countries)}, datum.id)"
    edge: dict[str, Any] = {"stroke": COAST, "strokeWidth": 0.6}
    plain = (
        alt.Chart(data).transform_filter(f"{at} < 0").mark_geoshape(fill=LAND, aria=False, **edge)
    )
    shaded = (
        alt.Chart(data)
        .transform_filter(f"{at} >= 0")
        .mark_geoshape(fill=tint, **edge)
        .encode(description=alt.Description("properties.name:N"))
    )
    return alt.layer(plain, shaded, _dots(countries, tint)) if countries else alt.layer(plain)


def _dots(countries: frozenset[str], tint: str) -> alt.Chart:
    import altair as alt

    points = [(code, reference_point(code)) for code in sorted(countries & small_countries())]
    found = [
        {"name": country_name(code), "latitude": point[0], "longitude": point[1]}
        for code, point in points
    ]
    dots: alt.Chart = (
        alt.Chart(rows(found))
        .mark_circle(size=30, color=tint, opacity=1, stroke=COAST, strokeWidth=0.6)
        .encode(
            longitude="longitude:Q", latitude="latitude:Q", description=alt.Description("name:N")
        )
    )
    return dots


def _circles(discs: Sequence[Disc], palette: Palette, *, legend: bool) -> alt.Chart:
    """Return the discs, each cut into what its environments have."""
    import altair as alt

    names = list(palette.names.labels)
    key = alt.Legend(title=None, orient="top-left", symbolSize=110, offset=0) if legend else None
    circles: alt.Chart = (
        alt.Chart(rows([row for disc in discs for row in _wedges(disc, palette.names)]))
        .mark_arc(opacity=0.88, stroke="white", strokeWidth=0.8)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            y=alt.Y("y:Q", scale=None, axis=None),
            radius=alt.Radius("radius:Q", scale=None, stack=None),
            theta=alt.Theta("start:Q", scale=None, stack=None),
            theta2="end:Q",
            color=alt.Color(
                "environment:N",
                scale=alt.Scale(domain=names, range=list(palette.colours)),
                legend=key,
            ),
            description=alt.Description("text:N"),
        )
    )
    return circles


def _wedges(disc: Disc, names: Ranking) -> Iterator[dict[str, Any]]:
    """Yield one row for each environment of a disc, clockwise in the order of the legend."""
    parts: dict[str, list[Spot]] = {}
    for spot in disc.spots:
        parts.setdefault(names.label(spot.environment), []).append(spot)
    whole, angle = sum(spot.weight for spot in disc.spots), 0.0
    for environment in names.labels:
        own = parts.get(environment, [])
        turn = 2 * math.pi * sum(spot.weight for spot in own) / whole
        if own:
            yield {
                "x": disc.x,
                "y": disc.y,
                "radius": disc.radius,
                "start": angle,
                "end": angle + turn,
                "environment": environment,
                "text": _tooltip(environment, own),
            }
        angle += turn


def _tooltip(environment: str, own: Sequence[Spot]) -> str:
    regions = sorted({spot.region for spot in own})
    replicas = counted(sum(spot.replicas for spot in own), "replica")
    gpus, cost = amount(sum(spot.gpus for spot in own)), usd(sum(spot.cost for spot in own))
    return f"{', '.join(regions)}: {environment}, {gpus} GPUs, {replicas}, {cost} USD/h"


def _labels(discs: Sequence[Disc]) -> list[alt.Chart]:
    """Return the names of the largest places: dark type on a light edge."""
    import altair as alt

    base = alt.Chart(rows(place_labels(discs))).encode(
        x=alt.X("x:Q", scale=None, axis=None),
        y=alt.Y("y:Q", scale=None, axis=None),
        text="text:N",
    )
    plain: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": 11, "aria": False}
    return [
        base.mark_text(**plain, stroke="white", strokeWidth=3, strokeOpacity=0.85),
        base.mark_text(**plain, color=INK),
    ]
