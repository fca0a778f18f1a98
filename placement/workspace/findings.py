"""Collects what is wrong, file by file, so that one run reports everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import NamedTuple

from placement.catalog.text import excerpt
from placement.errors import Diagnostic, FindingCode, InputError
from placement.workspace.codes import Code
from placement.workspace.nodes import Node

PYTHON = "<python>"
"""File name of objects that were built in code."""

CAP = 50
"""Errors of one file that are shown."""

Advice = str | Callable[[], str | None] | None
"""Advice, or how to work it out; looking for near names is slow."""


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
        whole = self.lines[line - 1]
        width = max(1, min(end or column + 1, len(whole) + 1) - column)
        return excerpt(line, whole, column, width)


class Finding(NamedTuple):
    """One error as it was found; ``place`` is (line, column, end) or None for the file."""

    place: tuple[int, int, int | None] | None
    code: FindingCode
    message: str
    suggestion: Advice

    @property
    def start(self) -> tuple[int, int]:
        """One-based line and column."""
        return self.place[:2] if self.place else (1, 1)

    @property
    def order(self) -> tuple[tuple[int, int], str, str]:
        """By position, then code and message; equal for the same finding twice."""
        return (self.start, self.code.value, self.message)

    def diagnostic(self, source: Source) -> Diagnostic:
        """Return the finding with its excerpt and advice."""
        line, column = self.start
        return Diagnostic(
            file=source.name,
            line=line,
            column=column,
            code=self.code,
            message=self.message,
            suggestion=advise(self.suggestion),
            excerpt=source.excerpt(*self.place) if self.place else None,
        )


def advise(advice: Advice) -> str | None:
    """Return advice, working it out if that was put off."""
    return advice() if callable(advice) else advice


@dataclass(slots=True)
class Findings:
    """Everything wrong with one file.

    Excerpts and advice are worked out for what is shown, and only then: a file with a
    hundred thousand faults takes no longer than one with fifty.
    """

    source: Source
    errors: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: FindingCode,
        message: str,
        node: Node | None = None,
        *,
        suggestion: Advice = None,
    ) -> None:
        """Record one error at the place of ``node``, or at the start of the file."""
        place = (node.line, node.column, node.end) if node else None
        self.errors.append(Finding(place, code, message, suggestion))

    def shown(self) -> list[Diagnostic]:
        """Return the errors by position, at most ``CAP``, then how many more there are."""
        unread = {found.start for found in self.errors if found.code is Code.BAD_NUMBER}
        unique = {
            found.order: found
            for found in self.errors
            # A number that could not be read is also no number: one finding is enough.
            if not (found.code is Code.WRONG_TYPE and found.start in unread)
        }
        first = [unique[order].diagnostic(self.source) for order in nsmallest(CAP, unique)]
        rest = len(unique) - len(first)
        return [*first, self._more(rest)] if rest else first

    def _more(self, rest: int) -> Diagnostic:
        words = "error in this file is" if rest == 1 else "errors in this file are"
        return Diagnostic(self.source.name, 1, 1, Code.MORE, f"{rest} more {words} not shown")


def raise_all(findings: Iterable[Findings]) -> None:
    """Raise one InputError with everything found, if anything was."""
    errors = [diagnostic for one in findings for diagnostic in one.shown()]
    if errors:
        raise InputError(errors)
