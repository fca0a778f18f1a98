"""``placement verify``: judge a stored plan by names, without a solver."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placement.cli import output
from placement.cli.answered import read_answered
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import (
    BillingOption,
    CatalogFolder,
    Current,
    Output,
    Paths,
    StoreOption,
)
from placement.cli.proofs import proof_rows
from placement.cli.verdicts import render_report

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A stored plan (JSON).")]


@guarded
def verify(
    plan: PlanFile,
    paths: Paths = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
    billing: BillingOption = None,
    form: Output = None,
) -> ExitCode:
    """Judge a stored plan, edited or not.

    Every rule and every tier is computed again from names, and every bound that the plan's prices
    prove is proved again; all that is broken is listed. With
    --store the plan is judged against what the store holds, with its own transition or with the
    manifests put into it.
    """
    from placement.verifier import verify as judge

    answered = read_answered(plan, paths, catalog=catalog, current=current, store=store)
    stored, before = answered.plan, answered.before
    report = judge(answered.catalog, answered.workspace, stored, before=before, billing=billing)
    violations = [
        {"rule": v.rule, "subject": v.subject, "message": v.message} for v in report.violations
    ]
    shown, proofs = output.choose_format(form), proof_rows(stored, report)
    output.emit(render_report(violations, report.checked, shown, proofs=proofs))
    if (
        current is None
        and before is None
        and any((v.rule, v.subject) == ("basis", "running") for v in report.violations)
    ):
        output.say("help: the plan starts from what ran before; name that plan with --current")
    return ExitCode.DONE if report.ok else ExitCode.BROKEN_RULE
