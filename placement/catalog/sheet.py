"""One CSV file of a catalog: its rows, and where in the file each cell is."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.codes import Code
from placement.catalog.layout import Layout
from placement.catalog.text import did_you_mean, excerpt, quote
from placement.errors import Diagnostic, FindingCode, InputError, InternalFaultError

if TYPE_CHECKING:
    import pandas as pd

LONGEST_FIELD = 4096
"""Characters of one cell; more is a mistake in the quotes or an attack."""

CAP = 100
"""Findings of one file that are shown."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell; ``advice`` is only worked out when it is shown."""

    code: FindingCode
    message: str
    advice: Callable[[], str | None] | str | None = None

    @property
    def suggestion(self) -> str | None:
        """The advice as text."""
        return self.advice() if callable(self.advice) else self.advice


NO_FILE = Fault(
    Code.NO_FILE,
    "there is no such file",
    "a catalog is a folder with regions.csv, gpus.csv and nodes.csv",
)


@dataclass
class Findings:
    """Everything wrong with a catalog, in the order of its files."""

    found: list[Diagnostic] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return self.counts.total()

    def add(self, file: str, fault: Fault, *, line: int = 1, column: int = 1) -> None:
        """Record a finding about a file or a line of it."""
        if self._has_room(file):
            self.found.append(
                Diagnostic(file, line, column, fault.code, fault.message, fault.suggestion)
            )

    def add_at(self, sheet: Sheet, row: int | None, column: str, fault: Fault) -> None:
        """Record a finding about one cell; ``row`` counts data rows from 0, None is the header."""
        if not self._has_room(sheet.file):
            return
        line, place, mark = sheet.mark(row, column)
        self.found.append(
            Diagnostic(
                sheet.file, line, place, fault.code, fault.message, fault.suggestion, mark or None
            )
        )

    def _has_room(self, file: str) -> bool:
        """Count a finding and say whether it is still one of those that are shown."""
        self.counts[file] += 1
        return self.counts[file] <= CAP

    def raise_if_any(self) -> None:
        """Raise InputError with every finding, by file and position.

        Raises
        ------
        InputError
            If anything was found.
        """
        if not self.found:
            return
        order = {file: i for i, file in enumerate(dict.fromkeys(d.file for d in self.found))}
        shown = sorted(self.found, key=lambda d: (order[d.file], d.line, d.column, d.code))
        for file, number in sorted(self.counts.items()):
            if number > CAP:
                message = f"{number - CAP} more findings in this file are not shown"
                shown.append(Diagnostic(file, 1, 1, Code.MORE, message))
        raise InputError(shown)


@dataclass(frozen=True)
class Sheet:
    """The text of one CSV file whose structure is sound.

    Attributes
    ----------
    file : str
        Path as the user gave it.
    header : tuple of str
        Column names.
    top : int
        Line number of the header.
    starts : tuple of int
        Line number of the first line of each data row.
    """

    file: str
    text: str
    header: tuple[str, ...]
    top: int
    starts: tuple[int, ...]

    def records(self) -> Iterator[dict[str, str]]:
        """Yield the data rows by column name, cells stripped."""
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        rows = (row for row in reader if row)
        next(rows)
        for row in rows:
            yield dict(zip(self.header, map(str.strip, row), strict=True))

    def frame(self) -> pd.DataFrame:
        """Return the data rows as text. ``NA`` stays the text ``NA``.

        Raises
        ------
        InternalFaultError
            If pandas does not see the rows that the csv module saw.
        """
        import pandas as pd

        frame = pd.read_csv(
            io.StringIO(self.text, newline=""),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            index_col=False,
            header=0,
            names=list(self.header),
        )
        if len(frame) != len(self.starts):
            raise InternalFaultError(f"{self.file} has {len(self.starts)} rows, read {len(frame)}")
        return frame

    def mark(self, row: int | None, column: str) -> tuple[int, int, str]:
        """Return (line, column, excerpt) of one cell, one-based; the excerpt may be empty."""
        line, place, text, width = self.position(row, column)
        return line, place, excerpt(line, text, place, width)

    def position(self, row: int | None, column: str) -> tuple[int, int, str, int]:
        """Return (line, column, text of that line, width) of one cell, one-based."""
        line = self.top if row is None else self.starts[row]
        at = 0
        for _ in range(self.header.index(column)):
            line, at = self._after_cell(line, at)
            at += 1  # the comma
        end_line, end = self._after_cell(line, at)
        text = self._lines[line - 1].rstrip("\r\n")
        width = (end if end_line == line else len(text)) - at
        return line, at + 1, text, max(1, width)

    def _after_cell(self, line: int, at: int) -> tuple[int, int]:
        """Return the line and the index of what follows the cell that starts here."""
        text = self._lines[line - 1]
        quoted = text.startswith('"', at)
        at += quoted
        while quoted:
            close = text.find('"', at)
            if close < 0:
                line, at = line + 1, 0
                text = self._lines[line - 1]
            elif text.startswith('""', close):
                at = close + 2
            else:
                at, quoted = close + 1, False
        comma = text.find(",", at)
        return line, comma if comma >= 0 else len(text.rstrip("\r\n"))

    @cached_property
    def _lines(self) -> list[str]:
        return list(io.StringIO(self.text, newline=""))


def open_sheet(path: str, layout: Layout, findings: Findings) -> Sheet | None:
    """Read one file and check its structure; None, with findings, if it cannot be used."""
    text = _read(path, findings)
    return None if text is None else make_sheet(path, text, layout, findings)


def make_sheet(path: str, text: str, layout: Layout, findings: Findings) -> Sheet | None:
    """Check the structure of the text of one file; None, with findings, if it cannot be used."""
    before = len(findings)
    # pandas loses a row beside a lone carriage return, so there are only newlines.
    sheet = _scan(path, text.replace("\r\n", "\n").replace("\r", "\n"), findings)
    if len(findings) == before:
        check_header(sheet, layout, findings)
    return sheet if len(findings) == before else None


def _read(path: str, findings: Findings) -> str | None:
    content = b""
    try:
        with open(path, "rb") as file:
            content = file.read()
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        findings.add(path, NO_FILE)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        begin = content.rfind(b"\n", 0, error.start) + 1
        column = len(content[begin : error.start].decode("utf-8", "replace")) + 1
        fault = Fault(
            Code.NOT_UTF8,
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
        findings.add(path, fault, line=line, column=column)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        findings.add(path, Fault(Code.UNREADABLE, f"the file cannot be read: {reason}"))
    return None


def _scan(path: str, text: str, findings: Findings) -> Sheet:
    """Check quotes and widths, and note the line each row starts at."""
    header: tuple[str, ...] = ()
    top, last = 1, 0
    starts: list[int] = []
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        findings.add(path, Fault(Code.NOT_CSV, "a NUL character is not text"), line=line)
        return Sheet(path, text, header, top, ())
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            start, last = last + 1, reader.line_num
            if not row:
                continue
            if not header:
                header, top = tuple(cell.strip() for cell in row), start
            elif fault := _row_fault(row, len(header)):
                findings.add(path, fault, line=start)
            else:
                starts.append(start)
    except csv.Error as error:
        code, message = Code.NOT_CSV, f"not CSV: {error}"
        if "field limit" in str(error):
            code, message = Code.TOO_LONG, f"a field has more than {LONGEST_FIELD} characters"
        advice = "check the quotes: a quote inside a quoted field is written twice"
        findings.add(path, Fault(code, message, advice), line=last + 1)
    else:
        if not header:
            findings.add(path, Fault(Code.NOT_CSV, "the file is empty"))
    return Sheet(path, text, header, top, tuple(starts))


def _row_fault(row: list[str], width: int) -> Fault | None:
    if len(row) != width:
        advice = "quote a field that has a comma in it"
        return Fault(Code.WIDTH, f"{len(row)} fields where the header has {width}", advice)
    longest = max(map(len, row))
    if longest > LONGEST_FIELD:
        return Fault(
            Code.TOO_LONG, f"a field has {longest} characters, the limit is {LONGEST_FIELD}"
        )
    return None


def check_header(sheet: Sheet, layout: Layout, findings: Findings) -> None:
    """Report columns that are missing, unknown or there twice."""
    wanted = [c for c in (*layout.required, *layout.optional) if c not in sheet.header]
    for column in layout.required:
        if column in wanted:
            fault = Fault(Code.NO_COLUMN, f"the column {quote(column)} is missing")
            findings.add(sheet.file, fault, line=sheet.top)
    for column in dict.fromkeys(sheet.header):
        if not layout.knows(column):
            advice = did_you_mean(column, wanted)
            fault = Fault(
                Code.UNKNOWN_COLUMN, f"unknown column {quote(column)} in {layout.file}", advice
            )
            findings.add_at(sheet, None, column, fault)
        if sheet.header.count(column) > 1:
            fault = Fault(Code.COLUMN_TWICE, f"the column {quote(column)} is there twice")
            findings.add_at(sheet, None, column, fault)
