"""Where the files of a catalog come from: a folder, or texts in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from placement.catalog.layout import Layout
from placement.catalog.sheet import NO_FILE, Findings, Sheet, make_sheet, open_sheet


class Source(Protocol):
    """Hands out the files of one catalog, as sheets whose structure is sound."""

    @property
    def name(self) -> str:
        """Name of the catalog, for messages."""

    def has(self, layout: Layout) -> bool:
        """Whether there is such a file."""

    def open(self, layout: Layout, findings: Findings) -> Sheet | None:
        """Return one file; None, with findings, if it cannot be used."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a folder, named in messages as the user named the folder."""

    path: str

    @property
    def name(self) -> str:
        """Name of the folder."""
        return os.path.basename(os.path.abspath(self.path))

    def has(self, layout: Layout) -> bool:
        """Whether there is such a file, be it one that cannot be read."""
        return os.path.lexists(self._file(layout))

    def open(self, layout: Layout, findings: Findings) -> Sheet | None:
        """Read a file; None, with findings, if it cannot be used."""
        return open_sheet(self._file(layout), layout, findings)

    def _file(self, layout: Layout) -> str:
        return os.path.join(self.path, layout.file)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of files by file name, named in messages as if they were in a folder."""

    files: Mapping[str, str]
    name: str

    def has(self, layout: Layout) -> bool:
        """Whether there is such a text."""
        return layout.file in self.files

    def open(self, layout: Layout, findings: Findings) -> Sheet | None:
        """Return a text as a sheet; None, with findings, if it cannot be used."""
        path, text = f"{self.name}/{layout.file}", self.files.get(layout.file)
        if text is None:
            findings.add(path, NO_FILE)
            return None
        return make_sheet(path, text, layout, findings)
