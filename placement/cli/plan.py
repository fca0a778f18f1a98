"""``placement plan``: validate, solve, verify, print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from placement.cli import inputs, output
from placement.cli.documents import check_writable, plan_text, write_plan
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import (
    BillingOption,
    CatalogFolder,
    Current,
    Gap,
    ObjectiveOption,
    OutFile,
    Output,
    Paths,
    Seed,
    TimeLimit,
    Workers,
)
from placement.cli.progress import Reporter
from placement.cli.signals import run_cancellable
from placement.options import Billing, SolveOptions

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.workspace import Workspace


@guarded
def plan(
    paths: Paths = None,
    catalog: CatalogFolder = None,
    out: OutFile = None,
    current: Current = None,
    form: Output = None,
    time_limit: TimeLimit = None,
    gap: Gap = 0.0,
    seed: Seed = 0,
    workers: Workers = None,
    objective: ObjectiveOption = "cost",
    billing: BillingOption = None,
) -> ExitCode:
    """Decide where every replica runs, and print the plan.

    Without PATH it plans the example that ships.
    """
    check_writable(out)
    workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    if current is not None:
        workspace = workspace.with_running(inputs.read_running(current))
    options = SolveOptions(
        objective=objective,
        billing=billing or Billing.SHARE,
        gap=gap,
        time_limit=time_limit,
        seed=seed,
        workers=workers,
    )
    fleet = inputs.read_catalog(inputs.catalog_folder(catalog))
    answer, interrupted = solve(fleet, workspace, options)
    for warning in answer.warnings:
        output.say(f"warning: {warning}")
    output.emit(_render(answer, fleet, workspace, output.choose_format(form)))
    if out is not None:
        write_plan(out, answer)
    return _outcome(answer, interrupted=interrupted)


def solve(catalog: Catalog, workspace: Workspace, options: SolveOptions) -> tuple[Plan, bool]:
    """Return the verified plan and whether a signal cut the solve short."""
    from placement.planner import Planner

    with Reporter() as reporter:
        answer, interrupted = run_cancellable(
            lambda cancel: Planner(catalog).plan(
                workspace,
                objective=options.objective,
                billing=options.billing,
                gap=options.gap,
                time_limit=options.time_limit,
                seed=options.seed,
                workers=options.workers,
                on_progress=reporter.show,
                cancel=cancel,
            )
        )
    if interrupted and answer.stopped_by == "cancel":
        answer = replace(answer, stopped_by="signal")
    return answer, interrupted


def _render(answer: Plan, catalog: Catalog, workspace: Workspace, form: Format) -> str:
    if form is not Format.TABLE:
        return plan_text(answer, form)
    from placement.cli.plan_table import plan_table

    return plan_table(answer, catalog, workspace)


def _outcome(answer: Plan, *, interrupted: bool) -> ExitCode:
    if interrupted:
        return ExitCode.INTERRUPTED
    if answer.status == "unknown":
        return ExitCode.NO_ANSWER
    return ExitCode.NOT_PLACED if answer.unplaced else ExitCode.DONE
