"""``placement verify``: judge a stored plan by names, without a solver."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output, storing
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
from placement.cli.reports import render_report
from placement.errors import InputError, StaleError

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.store.values import Snapshot
    from placement.workspace.workspace import Workspace

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

    stored = inputs.read_plan(plan)
    place = storing.unless_current(store, current)
    if place is None:
        fleet = inputs.catalog_of_files(paths, catalog)
        before, after = None, inputs.read_workspace(inputs.manifest_paths(paths))
    else:
        head = storing.read_head(place)
        fleet = inputs.catalog_of_head(head, catalog)
        before, after = _both(stored, paths, head)
    inputs.check(after, fleet.names)
    if current is not None:
        after = after.with_running(inputs.read_running(current))
    report = judge(fleet, after, stored, before=before, billing=billing)
    violations = [
        {"rule": v.rule, "subject": v.subject, "message": v.message} for v in report.violations
    ]
    shown, proofs = output.choose_format(form), proof_rows(stored, report)
    output.emit(render_report(violations, report.checked, shown, proofs=proofs))
    if (
        current is None
        and place is None
        and any((v.rule, v.subject) == ("basis", "running") for v in report.violations)
    ):
        output.say("help: the plan starts from what ran before; name that plan with --current")
    return ExitCode.DONE if report.ok else ExitCode.BROKEN_RULE


def _both(plan: Plan, paths: list[Path] | None, head: Snapshot) -> tuple[Workspace, Workspace]:
    """Return the workspace that a plan starts from and the one that it answers."""
    if paths or plan.transition is None:
        transition = inputs.read_asked(paths, head)
        return transition.before, transition.after
    from placement.store.objects import derive

    record = plan.transition
    try:
        after = derive(head.workspace, record)
    except (InputError, KeyError):
        message = f"the plan does not start from what serial {head.serial} holds"
        raise StaleError(message, expected=plan.basis.serial, newest=head.serial) from None
    return head.workspace, replace(after, replaced=frozenset(record.replaced))
