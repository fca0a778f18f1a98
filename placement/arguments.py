"""What a caller gives the planner, checked, and what plans tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.errors import Diagnostic, InputError, Severity
from placement.objectives.mix import Mix, parse_objective
from placement.options import Billing, Code, SolveOptions
from placement.workspace.names_check import check_names

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import Workspace


def told(options: SolveOptions) -> Mapping[str, Any]:
    """Return what every plan tells of its making besides the seconds: versions and options."""
    return {"versions": _versions(), "options": _told(options)}


def _told(options: SolveOptions) -> Mapping[str, Any]:
    """Return the options that an answer depends on, as documents say them."""
    return {
        "objective": objective_of(options).name,
        "billing": str(options.billing),
        "gap": options.gap,
        "seed": options.seed,
        "timeLimit": options.time_limit,
        **({"confirm": True} if options.confirm else {}),
    }


def billing_of(text: Billing | str) -> Billing:
    """Return a way of billing; an unknown one is an InputError."""
    try:
        return Billing(text)
    except ValueError:
        raise bad_argument(
            Code.BILLING, f"unknown billing `{text}`", "use `share` or `node`"
        ) from None


def objective_of(options: SolveOptions) -> Mix:
    """Return the objective of a solve; one that cannot be read is an InputError."""
    try:
        return parse_objective(options.objective, billing=options.billing)
    except ValueError as error:
        raise bad_argument(Code.OBJECTIVE, str(error), None) from None


def bad_argument(code: Code, message: str, suggestion: str | None) -> InputError:
    """Return the error about an argument that was given in code."""
    return InputError([Diagnostic("<python>", 1, 1, code, message, suggestion)])


def checked_names(workspace: Workspace, catalog: Catalog) -> tuple[str, ...]:
    """Return the warnings about names; raise InputError if any is an error."""
    found = check_names(workspace, catalog.names)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise InputError(found)
    return tuple(sorted({_sentence(finding) for finding in found}))


def _sentence(finding: Diagnostic) -> str:
    """Return a warning without its place, which is no part of what a plan depends on."""
    return finding.message + (f" ({finding.suggestion})" if finding.suggestion else "")


@cache
def _versions() -> Mapping[str, str]:
    from importlib.metadata import version

    from placement import __version__

    return MappingProxyType({"placement": __version__, "ortools": version("ortools")})
