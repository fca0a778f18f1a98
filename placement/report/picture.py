"""A report as one picture: the map, and below it use against capacity."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from placement.report.charts import finished
from placement.report.sections import figures_of_merit, headline
from placement.report.use import grid, spots

if TYPE_CHECKING:
    from placement.report.subject import Subject

SCALE = 1.5
"""Points of the picture per point of the chart: sharp on most screens, and still small."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXELS = b"IDAT"


def picture(subject: Subject) -> bytes:
    """Return the PNG."""
    import altair as alt
    import vl_convert

    from placement.report.grids import grid_layers
    from placement.report.maps import palette_of, world_layers
    from placement.report.svg import specification

    parts: list[Any] = [world_layers(spots(subject), palette_of(subject.environments))]
    found = grid(subject)
    if found.squares:
        parts.append(grid_layers(found))
    merit = ", ".join(f"{name} {value}" for name, value in figures_of_merit(subject))
    title = alt.TitleParams(
        text=headline(subject), subtitle=merit, fontSize=16, subtitleFontSize=12, offset=12
    )
    whole = alt.vconcat(*parts, spacing=28, title=title).resolve_scale(color="independent")
    drawn = bytes(vl_convert.vegalite_to_png(specification(finished(whole)), scale=SCALE))
    return packed(drawn)


def packed(png: bytes) -> bytes:
    """Return the same picture in about half the bytes: the drawer packs in haste."""
    found = list(_chunks(png))
    pixels = zlib.decompress(b"".join(data for name, data in found if name == PIXELS))
    head, end = found[0], found[-1]
    between = [one for one in found[1:-1] if one[0] != PIXELS]
    whole = [head, *between, (PIXELS, zlib.compress(pixels, 6)), end]
    return png[: len(SIGNATURE)] + b"".join(_chunk(name, data) for name, data in whole)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of every part of a PNG file."""
    at = len(SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
