"""Which node of a cluster each node of an imported catalog is, and what pods ask for there."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from placement.catalog import cells
from placement.catalog.columns import Columns
from placement.catalog.layout import Layout
from placement.catalog.sheet import Findings, open_sheet

SEATS = Layout("kubernetes.csv", ("node", "name", "hostname", "resource", "units", "taints"))
"""A further file of a catalog that was imported from a cluster."""

_BETWEEN = " "


@dataclass(frozen=True, slots=True)
class Seat:
    """One node of a catalog.

    Attributes
    ----------
    node : str
        Its name in the catalog.
    name, hostname : str
        Its name in the cluster, and the label that pods are pinned by.
    resource : str
        What a pod asks for to get a GPU of it; empty on a CPU node.
    units : int
        How many of that are one GPU (or one MIG slice).
    taints : tuple of str
        What a pod must tolerate to be there.
    """

    node: str
    name: str
    hostname: str
    resource: str
    units: int
    taints: tuple[str, ...]

    @property
    def row(self) -> tuple[object, ...]:
        """The row of the file."""
        taints = _BETWEEN.join(self.taints)
        return self.node, self.name, self.hostname, self.resource, self.units, taints


def seats_text(seats: Iterable[Seat]) -> str:
    """Return the text of the file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SEATS.required)
    writer.writerows(seat.row for seat in seats)
    return text.getvalue()


def read_seats(folder: str | os.PathLike[str]) -> Mapping[str, Seat] | None:
    """Return the seats by node of the catalog; None if the folder has no such file.

    Raises
    ------
    InputError
        With every finding of the file.
    """
    path = Path(folder) / SEATS.file
    if not os.path.lexists(path):
        return None
    findings = Findings()
    sheet = open_sheet(str(path), SEATS, findings)
    found = _read(Columns(sheet, sheet.frame(), findings)) if sheet is not None else {}
    findings.raise_if_any()
    return found


def _read(columns: Columns) -> dict[str, Seat]:
    names = columns.read("node", cells.name)
    columns.unique(names, "node", str)
    rows = zip(
        names,
        columns.read("name", cells.name),
        columns.read("hostname", cells.name),
        columns.texts("resource"),
        columns.read("units", cells.number(unit=1, limit=10**6)),
        [tuple(text.split(_BETWEEN)) if text else () for text in columns.texts("taints")],
        strict=True,
    )
    return {row[0]: Seat(*row) for row in rows}
