"""Cost by region, and within a region by what it is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.plan.document import MICRO
from placement.report.charts import finished, rows
from placement.report.numbers import usd
from placement.report.style import FLAVORS, colours

if TYPE_CHECKING:
    import altair as alt

    from placement.report.use import Bill


def cost_bars(found: Bill) -> alt.TopLevelMixin:
    """Return a bar per region, split by flavor."""
    import altair as alt

    flavors, regions = list(found.flavors.labels), list(found.regions.labels)
    order = {name: at for at, name in enumerate(flavors)}
    parts = [
        {
            "region": bar.region,
            "flavor": bar.flavor,
            "order": order[bar.flavor],
            "cost": bar.cost / MICRO,
            "text": f"{bar.region}, {bar.flavor}: {usd(bar.cost)} USD/h",
        }
        for bar in found.bars
    ]
    sums: dict[str, int] = {}
    for bar in found.bars:
        sums[bar.region] = sums.get(bar.region, 0) + bar.cost
    ends = [
        {"region": name, "cost": cost / MICRO, "label": usd(cost)} for name, cost in sums.items()
    ]
    y = alt.Y("region:N", sort=regions, axis=alt.Axis(title=None, ticks=False, labelPadding=6))
    bars = (
        alt.Chart(rows(parts))
        .mark_bar(height=15)
        .encode(
            x=alt.X("cost:Q", axis=alt.Axis(title="USD per hour", tickCount=6)),
            y=y,
            color=alt.Color(
                "flavor:N",
                scale=alt.Scale(domain=flavors, range=colours(flavors, FLAVORS)),
                legend=alt.Legend(title=None, orient="top", columns=6),
            ),
            order=alt.Order("order:Q"),
            description=alt.Description("text:N"),
        )
    )
    texts = (
        alt.Chart(rows(ends))
        .mark_text(align="left", dx=5, fontSize=11, aria=False)
        .encode(x="cost:Q", y=y, text="label:N")
    )
    return finished(alt.layer(bars, texts).properties(width=640, height=alt.Step(23)))
