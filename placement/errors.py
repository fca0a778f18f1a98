"""Everything that can go wrong, as one small tree.

PlacementError
├── InputError          the user's files or arguments are wrong (exit code 2)
├── NoAnswerError       nothing could be verified within the limit (exit code 4)
├── EndpointError       a model cannot be called where it was asked for (exit code 2)
├── StaleError          the state is not the one the change was made for (exit code 5)
├── LockedError         somebody else is changing the state (exit code 5)
└── InternalFaultError  a bug of this project, never the user's mistake (exit code 1)
    ├── VerificationError   a plan of ours broke a rule; it is not handed out
    └── SolverFaultError    the solver refused a model or contradicted itself
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Severity(StrEnum):
    """How bad a finding is: an error stops the run, a warning or a note is only reported.

    A note says what is so and may well be meant.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingCode(StrEnum):
    """Stable code of a finding, with its meaning and an example of the message.

    Each room defines its own members, one definition per code; ``docs/errors.md`` lists them all.
    """

    meaning: str
    example: str

    def __new__(cls, code: str, meaning: str, example: str) -> Self:
        """Attach meaning and example to the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        member.example = example
        return member


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One finding about the input, with the place it was found at.

    Attributes
    ----------
    file : str
        Path as the user gave it (``<python>`` for objects built in code).
    line, column : int
        One-based position; 1, 1 when the whole file is meant.
    code : str
        Stable code such as ``PL201``; listed in ``docs/errors.md``.
    message : str
        Lower-case sentence without full stop, user input in backticks.
    suggestion : str or None
        Advice, for instance the nearest known name.
    excerpt : str or None
        The offending source line with the text marked below it.
    severity : Severity
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    suggestion: str | None = None
    excerpt: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """``FILE:LINE:COLUMN: CODE message`` on the first line, details below."""
        word = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        lines = [f"{self.file}:{self.line}:{self.column}: {self.code} {word}{self.message}"]
        if self.excerpt:
            lines.append(self.excerpt)
        if self.suggestion:
            lines.append(f"  help: {self.suggestion}")
        return "\n".join(lines)


class PlacementError(Exception):
    """Base of every exception this package raises on purpose."""


class InputError(PlacementError):
    """Wrong files or arguments; carries every finding of the run."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class NoAnswerError(PlacementError):
    """Not even a simple plan could be verified within the limit."""


class EndpointError(PlacementError):
    """A model cannot be called in an environment; there is never a fallback to another one.

    Attributes
    ----------
    runs_in : tuple of (environment, version)
        Where it can be called, sorted.
    """

    def __init__(self, message: str, *, runs_in: tuple[tuple[str, str], ...] = ()) -> None:
        self.runs_in = runs_in
        where = ", ".join(f"`{stage}` (version `{version}`)" for stage, version in runs_in)
        super().__init__(f"{message}; it runs in {where}" if where else message)


class StaleError(PlacementError):
    """A change was made for another state than the newest; nothing is written.

    Attributes
    ----------
    expected, newest : int or None, int
        The serial that the change was made for, if it says one, and the newest.
    since : tuple of str
        What was committed in between, oldest first, for people.
    """

    def __init__(
        self, message: str, *, expected: int | None, newest: int, since: tuple[str, ...] = ()
    ) -> None:
        self.expected, self.newest, self.since = expected, newest, since
        listed = f"; committed since: {', '.join(since)}" if since else ""
        super().__init__(message + listed)


class LockedError(PlacementError):
    """Somebody else held the state for longer than a commit waits; nothing is written.

    Attributes
    ----------
    holder, since : str or None
        ``user@host pid command``, and the time in UTC; None if nobody signed for it.
    """

    def __init__(self, message: str, *, holder: str | None = None, since: str | None = None):
        self.holder, self.since = holder, since
        super().__init__(message)


class ObjectiveRangeError(PlacementError):
    """The values of an objective are too large to be compared exactly."""


class InternalFaultError(PlacementError):
    """A bug of this project."""


class VerificationError(InternalFaultError):
    """A plan broke a rule and is therefore not handed out."""


class SolverFaultError(InternalFaultError):
    """The solver refused a model or contradicted itself."""


class RowRangeError(SolverFaultError):
    """A row reaches values with which the solver is known to err, and cannot be cut."""
