"""Every code a finding about scenarios can have."""

from __future__ import annotations

from placement.errors import Diagnostic, FindingCode, InputError
from placement.workspace.findings import PYTHON


class Code(FindingCode):
    """``SC1xx``: a scenario cannot be imagined."""

    UNKNOWN_EDIT = (
        "SC101",
        "a scenario has an edit of an unknown type",
        "unknown edit `loose`",
    )
    SENSELESS = (
        "SC102",
        "an edit names what is not there, or makes no sense",
        "unknown model `chatt`",
    )
    TOO_MANY_NODES = (
        "SC103",
        "an edit removes more nodes than a node group has",
        "`g1` has 2 nodes, 3 cannot be removed",
    )
    SCENARIO_TWICE = (
        "SC104",
        "two scenarios of one call have the same name",
        "scenario `n-1` is there twice",
    )


def senseless(code: FindingCode, message: str, suggestion: str | None = None) -> InputError:
    """Return the error about what was asked for in code and cannot be done."""
    return InputError([Diagnostic(PYTHON, 1, 1, code, message, suggestion)])
