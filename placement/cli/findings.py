"""Findings about the files of the command line itself: plans in, plans and answers out."""

from __future__ import annotations

from placement.errors import Diagnostic


def unreadable(file: str, reason: str) -> Diagnostic:
    """Return the finding that a file of the command line cannot be read."""
    return Diagnostic(file, 1, 1, "PL901", f"cannot read the file: {reason}")


def unwritable(file: str, reason: str) -> Diagnostic:
    """Return the finding that a file of the command line cannot be written."""
    return Diagnostic(file, 1, 1, "PL902", f"cannot write the file: {reason}")


def reason_of(error: OSError) -> str:
    """Return what the system says about an error, in lower case."""
    return (error.strerror or type(error).__name__).lower()
