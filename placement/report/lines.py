"""Value and bound of one tier over time: where they meet, nothing better exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from placement.report.charts import finished, rows
from placement.report.course import Moment

if TYPE_CHECKING:
    import altair as alt

VALUE, BOUND = "value", "bound"
COLOURS = {VALUE: "#0072B2", BOUND: "#D55E00"}
GAP = "#f3e3d8"


def course_chart(moments: Sequence[Moment], title: str) -> alt.TopLevelMixin:
    """Return the steps of value and bound, and the gap between them as an area."""
    import altair as alt

    points = [
        {"seconds": one.seconds, "what": what, "amount": amount, "text": _text(one)}
        for one in moments
        for what, amount in ((VALUE, one.value), (BOUND, one.bound))
        if amount is not None
    ]
    x = alt.X("seconds:Q", axis=alt.Axis(title="seconds", tickCount=6))
    axis = alt.Axis(title=title, tickCount=5)
    scale = alt.Scale(zero=False)
    base = alt.Chart(rows(points)).encode(
        x=x,
        y=alt.Y("amount:Q", scale=scale, axis=axis),
        color=alt.Color(
            "what:N",
            scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
            legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolStrokeWidth=3),
        ),
    )
    steps = base.mark_line(interpolate="step-after", strokeWidth=2, aria=False).encode(
        strokeDash=alt.StrokeDash(
            "what:N", scale=alt.Scale(domain=list(COLOURS), range=[[1, 0], [5, 3]]), legend=None
        )
    )
    dots = base.mark_circle(size=34, opacity=1).encode(description=alt.Description("text:N"))
    gap = (
        alt.Chart(rows(_gaps(moments)))
        .mark_area(interpolate="step-after", color=GAP, aria=False)
        .encode(x=x, y=alt.Y("value:Q", scale=scale, axis=axis), y2="bound:Q")
    )
    return finished(alt.layer(gap, steps, dots).properties(width=400, height=170))


def _gaps(moments: Sequence[Moment]) -> list[dict[str, float]]:
    """Return value and bound wherever both are known."""
    return [
        {"seconds": one.seconds, VALUE: one.value, BOUND: one.bound}
        for one in moments
        if one.value is not None and one.bound is not None
    ]


def _text(one: Moment) -> str:
    value = "none" if one.value is None else f"{one.value:,.6g}"
    bound = "none" if one.bound is None else f"{one.bound:,.6g}"
    return f"after {one.seconds:g} s: value {value}, bound {bound}{_gap(one)}"


def _gap(one: Moment) -> str:
    if not one.value or one.bound is None:
        return ""
    return f", gap {100 * (one.value - one.bound) / abs(one.value):.3g} %"
