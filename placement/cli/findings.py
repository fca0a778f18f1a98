"""Findings about the files of the command line itself: plans in, plans and answers out."""

from __future__ import annotations

from placement.errors import Diagnostic, FindingCode

COMMAND_LINE = "<command line>"
"""File name of what is written on the command line."""


class Code(FindingCode):
    """``PL9xx``: a file named on the command line."""

    UNREADABLE = (
        "PL901",
        "a file named on the command line cannot be read",
        "cannot read the file: permission denied",
    )
    UNWRITABLE = (
        "PL902",
        "a file named on the command line cannot be written",
        "cannot write the file: no space left on device",
    )


def unreadable(file: str, reason: str) -> Diagnostic:
    """Return the finding that a file of the command line cannot be read."""
    return Diagnostic(file, 1, 1, Code.UNREADABLE, f"cannot read the file: {reason}")


def unwritable(file: str, reason: str) -> Diagnostic:
    """Return the finding that a file of the command line cannot be written."""
    return Diagnostic(file, 1, 1, Code.UNWRITABLE, f"cannot write the file: {reason}")


def reason_of(error: OSError) -> str:
    """Return what the system says about an error, in lower case."""
    return (error.strerror or type(error).__name__).lower()
