"""Errors and warnings of one import, each with its place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from placement.catalog.importers.codes import Code
from placement.catalog.importers.imported import LeftOut, Reason
from placement.catalog.sheet import CAP, Fault, Findings, Sheet
from placement.errors import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

Path = tuple[str | int, ...]
"""Keys and indices that lead to a value of a document."""


class Located(Protocol):
    """A file whose values have places."""

    @property
    def file(self) -> str:
        """Path as the user gave it."""

    def place(self, path: Path) -> tuple[int, int]:
        """Return line and column of a value, one-based."""


@dataclass(frozen=True)
class SheetPlaces:
    """Where the cells of a table are; a path is (row, column)."""

    sheet: Sheet

    @property
    def file(self) -> str:
        """Path as the user gave it."""
        return self.sheet.file

    def line(self, row: int) -> int:
        """Return the line on which a row starts."""
        return self.sheet.starts[row]

    def place(self, path: Path) -> tuple[int, int]:
        """Return line and column of a cell, one-based."""
        row, column = path
        line, at, _, _ = self.sheet.position(int(row), str(column))
        return line, at


def spell(path: Sequence[str | int]) -> str:
    """Return a path for people: ``items[3].status.allocatable``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


@dataclass
class Report:
    """What is found in the course of an import.

    Errors end it; what is left out, and every other warning, is kept with the result.
    """

    errors: Findings = field(default_factory=Findings)
    left_out: list[LeftOut] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    _shown: Counter[str] = field(default_factory=Counter)

    def error(self, source: Located, path: Path, fault: Fault) -> None:
        """Record an error about a value."""
        if self.errors.counts[source.file] >= CAP:  # finding its place would be for nothing
            self.errors.add(source.file, fault)
            return
        line, column = source.place(path)
        self.errors.add(source.file, fault, line=line, column=column)

    def leave_out(
        self, source: Located, path: Path, name: str, reason: Reason, detail: str, *, where: str
    ) -> None:
        """Record that something is left out, and warn of it."""
        self.left_out.append(LeftOut(where, name, reason, detail))
        self.warn(source, path, Fault(Code.LEFT_OUT, f"{name} is left out: {detail}"))

    def warn(self, source: Located, path: Path, fault: Fault) -> None:
        """Record a warning; of those about one file the first hundred are kept."""
        self._shown[source.file] += 1
        if self._shown[source.file] > CAP:
            return
        line, column = source.place(path)
        self.warnings.append(
            Diagnostic(
                source.file,
                line,
                column,
                fault.code,
                fault.message,
                fault.suggestion,
                severity=Severity.WARNING,
            )
        )

    def closing(self) -> tuple[Diagnostic, ...]:
        """Return the warnings in the order of their files, and how many more there are of each."""
        more = [
            Diagnostic(
                file,
                1,
                1,
                Code.LEFT_OUT,
                f"{number - CAP} more warnings about this file are not shown",
                severity=Severity.WARNING,
            )
            for file, number in sorted(self._shown.items())
            if number > CAP
        ]
        warnings = sorted(self.warnings, key=lambda one: (one.file, one.line, one.column))
        return (*warnings, *more)
