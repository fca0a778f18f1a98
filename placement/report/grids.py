"""Use against capacity, region by GPU: how full every part of the fleet is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placement.report.charts import finished, rows
from placement.report.numbers import amount, share
from placement.report.style import INK, OVER, SHADES

if TYPE_CHECKING:
    import altair as alt

    from placement.report.charts import Layers
    from placement.report.use import Grid, Square


def heat_map(found: Grid) -> alt.TopLevelMixin:
    """Return the heat map of a grid that has at least one square."""
    return finished(grid_layers(found))


def grid_layers(found: Grid) -> Layers:
    """Return the layers of a heat map, for a chart of its own or beside others."""
    import altair as alt

    base = alt.Chart(rows([_row(square) for square in found.squares])).encode(
        x=alt.X(
            "gpu:N",
            sort=list(found.gpus.labels),
            axis=alt.Axis(
                title=None, orient="top", labelAngle=0, labelLimit=84, ticks=False, domain=False
            ),
        ),
        y=alt.Y(
            "region:N",
            sort=list(found.regions.labels),
            axis=alt.Axis(title=None, ticks=False, domain=False, labelPadding=6),
        ),
        description=alt.Description("text:N"),
    )
    squares = base.mark_rect(stroke="white", strokeWidth=2, cornerRadius=3).encode(
        color=alt.condition(
            "datum.part > 1",
            alt.value(OVER),
            alt.Color(
                "part:Q",
                scale=alt.Scale(domain=[0, 1], range=list(SHADES)),
                legend=alt.Legend(
                    title="GPUs in use of those there",
                    format=".0%",
                    values=[0, 0.25, 0.5, 0.75, 1],
                    orient="bottom",
                    gradientLength=220,
                    gradientThickness=10,
                    titleOrient="top",
                ),
            ),
        )
    )
    texts = base.mark_text(fontSize=11, aria=False).encode(
        text="label:N",
        color=alt.condition("datum.part > 0.5", alt.value("white"), alt.value(INK)),
    )
    return alt.layer(squares, texts).properties(width=alt.Step(88), height=alt.Step(23))


def _row(square: Square) -> dict[str, Any]:
    used, there = amount(square.used), amount(square.capacity)
    part = square.used / square.capacity if square.capacity else float(square.used > 0) * 2
    return {
        "region": square.region,
        "gpu": square.gpu,
        "part": part,
        "label": f"{used} / {there}",
        "text": (
            f"{square.region}, {square.gpu}: {used} of {there} GPUs in use "
            f"({share(square.used, square.capacity)})"
        ),
    }
