"""``placement verify``: judge a stored plan by names, without a solver."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import BillingOption, CatalogFolder, Current, Output, Paths

if TYPE_CHECKING:
    from placement.verifier import Report

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A stored plan (JSON).")]


@guarded
def verify(
    plan: PlanFile,
    paths: Paths = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    billing: BillingOption = None,
    form: Output = None,
) -> ExitCode:
    """Judge a stored plan, edited or not.

    Every rule and every tier is computed again from names; all that is broken is listed.
    """
    from placement.verifier import verify as judge

    stored = inputs.read_plan(plan)
    workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    fleet = inputs.read_catalog(inputs.catalog_folder(catalog))
    inputs.check(workspace, fleet.names)
    if current is not None:
        workspace = workspace.with_running(inputs.read_running(current))
    report = judge(fleet, workspace, stored, billing=billing)
    output.emit(_render(report, output.choose_format(form)))
    if current is None and any(
        (v.rule, v.subject) == ("basis", "running") for v in report.violations
    ):
        output.say("help: the plan starts from what ran before; name that plan with --current")
    return ExitCode.DONE if report.ok else ExitCode.BROKEN_RULE


def _render(report: Report, form: Format) -> str:
    document = _document(report)
    match form:
        case Format.TABLE:
            return _page(report)
        case Format.JSON:
            return output.as_json(document)
        case Format.YAML:
            return output.as_yaml(document)
        case Format.CSV:
            return output.as_csv(("rule", "subject", "message"), document["violations"])


def _document(report: Report) -> dict[str, Any]:
    return {
        "apiVersion": "placement/v1",
        "kind": "Report",
        "ok": report.ok,
        "checked": dict(report.checked),
        "violations": [
            {"rule": v.rule, "subject": v.subject, "message": v.message} for v in report.violations
        ],
    }


def _page(report: Report) -> str:
    counts = ", ".join(f"{count:,} {thing}" for thing, count in report.checked.items())
    checked = f"checked: {counts}\n"
    if report.ok:
        return f"verified: no rule is broken\n{checked}"
    count = len(report.violations)
    lines = "".join(f"  {violation}\n" for violation in report.violations)
    return f"broken: {count} {'violation' if count == 1 else 'violations'}\n{lines}{checked}"
