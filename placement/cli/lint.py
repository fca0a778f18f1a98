"""``placement lint``: what manifests say that is hardly meant, each finding at its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from placement.cli import inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Output, Paths
from placement.errors import Severity
from placement.plan.document import API_VERSION

if TYPE_CHECKING:
    from placement.errors import Diagnostic

_COLUMNS = ("file", "line", "column", "code", "severity", "message", "advice")


@guarded
def lint(paths: Paths = None, catalog: CatalogFolder = None, form: Output = None) -> ExitCode:
    """Find what manifests say that is hardly meant.

    Errors can never be placed as they are, warnings have no effect or another one than it seems,
    notes may well be meant. Without PATH it looks at the example that ships.
    """
    from placement.linting import lint as find

    workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    found = find(workspace, inputs.catalog_of_files(paths, catalog))
    output.emit(_render(found, output.choose_format(form)))
    wrong = any(one.severity is Severity.ERROR for one in found)
    return ExitCode.BAD_INPUT if wrong else ExitCode.DONE


def _render(found: Sequence[Diagnostic], form: Format) -> str:
    counts = Counter(one.severity for one in found)
    items = [_item(one) for one in found]
    document = {
        "apiVersion": API_VERSION,
        "kind": "Lint",
        "ok": not counts[Severity.ERROR],
        "counts": {severity.value: counts[severity] for severity in Severity},
        "findings": items,
    }
    match form:
        case Format.JSON:
            return output.as_json(document)
        case Format.YAML:
            return output.as_yaml(document)
        case Format.CSV:
            return output.as_csv(_COLUMNS, items)
        case Format.TABLE:
            return table(found)


def table(found: Sequence[Diagnostic]) -> str:
    """Return findings one below the other, and how many there are of each severity."""
    counts = Counter(one.severity for one in found)
    return "\n".join([*map(str, found), _summary(counts)]) + "\n"


def _summary(counts: Counter[Severity]) -> str:
    if not counts:
        return "nothing found"
    return ", ".join(
        f"{counts[severity]:,} {severity}{'' if counts[severity] == 1 else 's'}"
        for severity in Severity
    )


def _item(one: Diagnostic) -> dict[str, Any]:
    return {
        "file": one.file,
        "line": one.line,
        "column": one.column,
        "code": str(one.code),
        "severity": one.severity.value,
        "message": one.message,
        "advice": one.suggestion,
    }
