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


def course_chart(moments: Sequence[Moment], title: str) -> alt.TopLevelMixin:
    """Return the steps of value and bound, and between them the gap."""
    import altair as alt

    points = [
        {"seconds": moment.seconds, "what": what, "amount": amount, "text": _text(moment, what)}
        for moment in moments
        for what, amount in ((VALUE, moment.value), (BOUND, moment.bound))
        if amount is not None
    ]
    base = alt.Chart(rows(points)).encode(
        x=alt.X("seconds:Q", axis=alt.Axis(title="seconds", tickCount=6)),
        y=alt.Y("amount:Q", scale=alt.Scale(zero=False), axis=alt.Axis(title=title, tickCount=5)),
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
    return finished(alt.layer(steps, dots).properties(width=400, height=170))


def _text(moment: Moment, what: str) -> str:
    amount = moment.value if what == VALUE else moment.bound
    return f"after {moment.seconds:g} s: {what} {amount:,.6g}"
