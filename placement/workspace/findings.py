"""Collects what is wrong, file by file, so that one run reports everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from placement.errors import Diagnostic, InputError, Severity
from placement.workspace.codes import Code
from placement.workspace.nodes import Node
from placement.workspace.text import is_hidden

PYTHON = "<python>"
"""File name of objects that were built in code."""

CAP = 50
"""Errors of one file that are shown."""

_WIDEST = 160


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as the user gave it, and its lines."""

    name: str
    lines: tuple[str, ...] = ()

    def at(self, line: int, column: int) -> str:
        """Return the character at a place; empty beyond the end of a line or file."""
        return self.lines[line - 1][column - 1 : column] if line <= len(self.lines) else ""

    def excerpt(self, line: int, column: int, end: int | None = None) -> str | None:
        """Return a source line with the text from ``column`` to ``end`` marked below it."""
        if not 0 < line <= len(self.lines):
            return None
        text = "".join("\ufffd" if c != "\t" and is_hidden(c) else c for c in self.lines[line - 1])
        shift = max(0, column - 1 - _WIDEST // 2) if len(text) > _WIDEST else 0
        shown = text[shift : shift + _WIDEST]
        start = column - 1 - shift
        width = max(1, min(end or column + 1, len(text) + 1) - column)
        pad = "".join("\t" if c == "\t" else " " for c in shown[:start])
        marks = ("^" + "~" * (width - 1))[: max(1, _WIDEST - start)]
        margin = " " * len(f"{line:5}")
        return f"{line:5} | {shown}\n{margin} | {pad}{marks}"


@dataclass(slots=True)
class Findings:
    """Everything wrong with one file."""

    source: Source
    errors: list[Diagnostic] = field(default_factory=list)

    def add(
        self, code: Code, message: str, node: Node | None = None, *, suggestion: str | None = None
    ) -> None:
        """Record one error at the place of ``node``, or at the start of the file."""
        line, column, end = (node.line, node.column, node.end) if node else (1, 1, None)
        self.errors.append(
            Diagnostic(
                file=self.source.name,
                line=line,
                column=column,
                code=code,
                message=message,
                suggestion=suggestion,
                excerpt=self.source.excerpt(line, column, end) if node else None,
            )
        )

    def shown(self) -> list[Diagnostic]:
        """Return the errors by position, at most ``CAP``, then how many more there are."""
        ordered = sorted(
            set(self.errors) - set(self._consequences()),
            key=lambda d: (d.line, d.column, d.code, d.message),
        )
        rest = len(ordered) - CAP
        if rest <= 0:
            return ordered
        word = "error" if rest == 1 else "errors"
        message = f"{rest} more {word} in this file {'is' if rest == 1 else 'are'} not shown"
        more = Diagnostic(self.source.name, 1, 1, Code.MORE, message, severity=Severity.ERROR)
        return [*ordered[:CAP], more]

    def _consequences(self) -> Iterator[Diagnostic]:
        """Yield what is wrong only because the number there could not be read."""
        unread = {(d.line, d.column) for d in self.errors if d.code == Code.BAD_NUMBER}
        for found in self.errors:
            if found.code == Code.WRONG_TYPE and (found.line, found.column) in unread:
                yield found


def raise_all(findings: Iterable[Findings]) -> None:
    """Raise one InputError with everything found, if anything was."""
    errors = [diagnostic for one in findings for diagnostic in one.shown()]
    if errors:
        raise InputError(errors)
