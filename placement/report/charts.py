"""What all charts have alike: size of type, colours of axes, no frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from placement.report.style import FAINT, FONT, INK, RULE

if TYPE_CHECKING:
    import altair as alt

    Layers = alt.LayerChart | alt.FacetChart

Row = Mapping[str, Any]


def rows(values: Sequence[Row]) -> alt.InlineData:
    """Return rows as the data of a chart."""
    import altair as alt

    return alt.InlineData(values=[dict(value) for value in values])


def finished(chart: alt.TopLevelMixin) -> alt.TopLevelMixin:
    """Return a chart in the style of the page."""
    configured: Any = chart
    return (  # type: ignore[no-any-return]
        configured.configure(
            font=FONT,
            background="white",
            padding=4,
            locale={
                "number": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]}
            },
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=FAINT,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            domainColor=RULE,
            tickColor=RULE,
            gridColor="#eef1f4",
            labelLimit=190,
        )
        .configure_legend(
            labelColor=INK,
            titleColor=FAINT,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            labelLimit=170,
            symbolStrokeWidth=0,
        )
        .configure_title(color=INK, fontSize=12, fontWeight=600, anchor="start")
        .configure_text(color=INK)
    )
