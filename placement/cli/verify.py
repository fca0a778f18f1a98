"""``placement verify``: judge a stored plan by names, without a solver."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placement.cli import inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import BillingOption, CatalogFolder, Current, Output, Paths
from placement.cli.reports import render_report

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
    violations = [
        {"rule": v.rule, "subject": v.subject, "message": v.message} for v in report.violations
    ]
    output.emit(render_report(violations, report.checked, output.choose_format(form)))
    if current is None and any(
        (v.rule, v.subject) == ("basis", "running") for v in report.violations
    ):
        output.say("help: the plan starts from what ran before; name that plan with --current")
    return ExitCode.DONE if report.ok else ExitCode.BROKEN_RULE
