"""A report as one picture: the map, and below it use against capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placement.report.charts import finished
from placement.report.sections import figures_of_merit, headline
from placement.report.use import grid, spots

if TYPE_CHECKING:
    from placement.report.subject import Subject


def picture(subject: Subject) -> bytes:
    """Return the PNG."""
    import altair as alt

    from placement.report.grids import grid_layers
    from placement.report.maps import palette_of, world_layers
    from placement.report.svg import png

    parts: list[Any] = [world_layers(spots(subject), palette_of(subject.environments))]
    found = grid(subject)
    if found.squares:
        parts.append(grid_layers(found))
    merit = ", ".join(f"{name} {value}" for name, value in figures_of_merit(subject))
    title = alt.TitleParams(
        text=headline(subject), subtitle=merit, fontSize=16, subtitleFontSize=12, offset=12
    )
    whole = alt.vconcat(*parts, spacing=28, title=title).resolve_scale(color="independent")
    return png(finished(whole))
