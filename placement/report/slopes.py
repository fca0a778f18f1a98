"""A change from left to right: each line is replicas that leave a region and reach another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from placement.report.charts import finished, rows
from placement.report.flow import Flow, Kind
from placement.report.numbers import counted
from placement.report.ranking import Ranking, ranked, summed

if TYPE_CHECKING:
    import altair as alt

COLOURS = {
    Kind.KEEP: "#b6bfc9",
    Kind.MOVE: "#0072B2",
    Kind.REPLACE: "#CC79A7",
    Kind.PLACE: "#009E73",
    Kind.REMOVE: "#D55E00",
}
WORDS = {
    Kind.KEEP: "stays",
    Kind.MOVE: "moves",
    Kind.REPLACE: "is replaced",
    Kind.PLACE: "is new",
    Kind.REMOVE: "goes",
}
MOST_REGIONS = 16
WIDTH = 480
THICKEST = 11.0
NOTHING = "nowhere"
"""The line of the page from which new replicas come, and to which removed ones go."""


def slope_chart(flows: Sequence[Flow]) -> alt.TopLevelMixin:
    """Return today's regions on the left, those of the plan on the right, and what joins them."""
    import altair as alt

    order = _regions(flows)
    drawn = _lines(flows, order)
    kinds = [kind for kind in Kind if any(one.kind is kind for one in flows)]
    chart = (
        alt.Chart(rows(drawn))
        .mark_line(opacity=0.75, strokeCap="round", point=alt.OverlayMarkDef(size=45, opacity=1))
        .encode(
            x=alt.X(
                "side:N",
                sort=["before", "after"],
                scale=alt.Scale(padding=0.1),
                axis=alt.Axis(title=None, orient="top", labelAngle=0, ticks=False, domain=False),
            ),
            y=alt.Y(
                "region:N",
                scale=alt.Scale(domain=order),
                axis=alt.Axis(title=None, ticks=False, grid=True, labelPadding=8, domain=False),
            ),
            detail="line:N",
            strokeWidth=alt.StrokeWidth("width:Q", scale=None),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=[WORDS[kind] for kind in kinds], range=[COLOURS[kind] for kind in kinds]
                ),
                legend=alt.Legend(
                    title=None, orient="top", symbolStrokeWidth=4, symbolType="stroke"
                ),
            ),
            description=alt.Description("text:N"),
        )
        .properties(width=WIDTH, height=alt.Step(30))
    )
    return finished(chart)


def _regions(flows: Sequence[Flow]) -> list[str]:
    names = _ranking(flows)
    empty = any(one.source is None or one.target is None for one in flows)
    return [*names.labels, NOTHING] if empty else list(names.labels)


def _ranking(flows: Sequence[Flow]) -> Ranking:
    ends = ((end, one.replicas) for one in flows for end in (one.source, one.target) if end)
    return ranked(summed(ends), MOST_REGIONS, "regions")


def _lines(flows: Sequence[Flow], order: Sequence[str]) -> list[dict[str, Any]]:
    """Return two points for each kind and pair of regions."""
    names = _ranking(flows)
    sums: dict[tuple[Kind, str, str], int] = {}
    for one in flows:
        source = NOTHING if one.source is None else names.label(one.source)
        target = NOTHING if one.target is None else names.label(one.target)
        key = (one.kind, source, target)
        sums[key] = sums.get(key, 0) + one.replicas
    most = max(sums.values())
    found = []
    for line, ((kind, source, target), replicas) in enumerate(sums.items()):
        both = source if source == target else f"{source} to {target}"
        row = {
            "line": line,
            "kind": WORDS[kind],
            "width": max(2.0, THICKEST * replicas / most),
            "text": f"{both}: {counted(replicas, 'replica')}, {WORDS[kind]}",
        }
        found += [
            {**row, "side": "before", "region": source},
            {**row, "side": "after", "region": target},
        ]
    return found
