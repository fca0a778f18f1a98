"""Colours and type of every picture: colour-blind safe, dark on light."""

from __future__ import annotations

from collections.abc import Sequence

INK = "#1f2933"
FAINT = "#6b7683"
RULE = "#d9dfe5"
LAND = "#e6e9ed"
COAST = "#ffffff"
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
OTHERS = "#8a94a0"

ENVIRONMENTS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
"""Okabe and Ito's colours, without the yellow and the black that do not show on land."""
FLAVORS = (
    "#332288", "#88CCEE", "#44AA99", "#DDCC77", "#CC6677", "#117733", "#AA4499", "#999933",
)  # fmt: skip
"""Paul Tol's muted colours."""
SHADES = ("#eef3f8", "#c3d7ea", "#84b0d6", "#3f7fba", "#0b4a86")
"""Use of capacity, from none to all."""
OVER = "#D55E00"
"""More than there is."""


def colours(names: Sequence[str], palette: Sequence[str]) -> list[str]:
    """Return a colour for each name; names beyond the palette are all grey."""
    return [palette[at] if at < len(palette) else OTHERS for at in range(len(names))]


def lighter(colour: str) -> str:
    """Return a colour mixed with white, for areas below marks of the colour itself.

    >>> lighter("#0072B2")
    '#a6cee4'
    """
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - one) * 0.35):02x}" for one in channels)
