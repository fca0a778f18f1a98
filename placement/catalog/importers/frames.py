"""A catalog from pandas frames: one frame for each file, columns named as in the files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from placement.catalog.catalog import Catalog
from placement.catalog.importers.codes import Code
from placement.catalog.layout import GPUS, LATENCY, NODES, REGIONS, RESERVED, STATES, Layout
from placement.catalog.load import load_source
from placement.catalog.missing import is_missing
from placement.catalog.sheet import Fault, Findings, Sheet, check_header
from placement.catalog.shipped import default_catalog_path
from placement.catalog.source import Folder
from placement.catalog.text import quote

if TYPE_CHECKING:
    import pandas as pd

_LARGE = 1e15
"""Floats from here on are written with an exponent."""


def catalog_from_frames(
    nodes: pd.DataFrame,
    *,
    regions: pd.DataFrame | None = None,
    gpus: pd.DataFrame | None = None,
    reserved: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    latency: pd.DataFrame | None = None,
    name: str = "frames",
) -> Catalog:
    """Return the catalog of a frame of node groups and, if given, others beside it.

    Parameters
    ----------
    nodes : DataFrame
        One row per node group, with the columns of ``nodes.csv``. Cells hold texts or numbers;
        None and NaN are empty cells.
    regions, gpus : DataFrame, optional
        With the columns of ``regions.csv`` and ``gpus.csv``; those of the shipped catalog if None.
    reserved, states, latency : DataFrame, optional
        With the columns of the files of these names. Without ``regions``, round trips that are not
        given are those of the shipped catalog.
    name : str
        What the catalog is called.

    Raises
    ------
    InputError
        With every finding; values that no cell can hold are told first. The file is the frame
        (``<nodes>``), the line the row and the column that of the frame, counted from 1.
    """
    given = {
        NODES: nodes,
        REGIONS: regions,
        GPUS: gpus,
        RESERVED: reserved,
        STATES: states,
        LATENCY: latency,
    }
    frames = {layout.file: frame for layout, frame in given.items() if frame is not None}
    shipped = [layout for layout in (REGIONS, GPUS) if layout.file not in frames]
    if REGIONS in shipped and latency is None:
        shipped.append(LATENCY)
    return load_source(_Frames(frames, frozenset(one.file for one in shipped), name))


@dataclass(frozen=True)
class _Frames:
    """Frames by the name of the file they stand for, and what the shipped catalog stands in for."""

    frames: Mapping[str, pd.DataFrame]
    shipped: frozenset[str]
    name: str

    def has(self, layout: Layout) -> bool:
        """Whether there is such a frame."""
        return layout.file in self.frames or layout.file in self.shipped

    def open(self, layout: Layout, findings: Findings) -> Sheet | None:
        """Return a frame as a sheet; None, with findings, if it cannot be used."""
        if layout.file in self.shipped:
            return Folder(os.fspath(default_catalog_path())).open(layout, findings)
        before = len(findings)
        sheet = _make(layout, self.frames[layout.file], findings)
        check_header(sheet, layout, findings)
        return sheet if len(findings) == before else None


@dataclass(frozen=True)
class _FrameSheet(Sheet):
    """A frame of texts; its rows are its lines."""

    texts: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return the frame."""
        return self.texts

    def mark(self, row: int | None, column: str) -> tuple[int, int, str]:
        """Return row and column of one cell, one-based, and what they are called."""
        number = self.header.index(column) + 1
        if row is None:
            return 1, number, ""
        return row + 1, number, f"  row {row + 1}, column {quote(column)}"


def _make(layout: Layout, frame: pd.DataFrame, findings: Findings) -> _FrameSheet:
    import pandas as pd

    file = f"<{layout.file.removesuffix('.csv')}>"
    header = tuple(str(name) for name in frame.columns)
    columns: dict[str, list[str]] = {}
    starts = tuple(range(1, len(frame) + 1))
    sheet = _FrameSheet(file, "", header, 1, starts, pd.DataFrame())
    for number, name in enumerate(header):
        texts = [_text(value) for value in frame.iloc[:, number].tolist()]
        for row, text in enumerate(texts):
            if isinstance(text, Fault):
                findings.add_at(sheet, row, name, text)
        columns[name] = ["" if isinstance(text, Fault) else text for text in texts]
    return _FrameSheet(file, "", header, 1, starts, pd.DataFrame(columns, dtype=object))


def _text(value: Any) -> str | Fault:
    """Return what would stand in the cell of a file."""
    if hasattr(value, "item") and not hasattr(value, "__len__"):  # numpy scalars
        value = value.item()
    if isinstance(value, Enum):
        value = value.value
    if is_missing(value):
        return ""
    match value:
        case float() if value.is_integer() and abs(value) < _LARGE:
            return str(int(value))
        case str() | bool() | int() | float() | Decimal() | Fraction():
            return str(value)
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return "|".join(value)
    return Fault(Code.FIELD, f"a `{type(value).__name__}` stands where no cell can have one")
