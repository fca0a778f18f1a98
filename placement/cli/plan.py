"""``placement plan``: validate, solve, verify, print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from placement.cli import inputs, output, storing
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
    StoreOption,
    TimeLimit,
    Workers,
)
from placement.cli.progress import Reporter
from placement.cli.signals import run_cancellable
from placement.options import Billing, SolveOptions

if TYPE_CHECKING:
    from pathlib import Path

    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


@guarded
def plan(
    paths: Paths = None,
    catalog: CatalogFolder = None,
    out: OutFile = None,
    current: Current = None,
    store: StoreOption = None,
    form: Output = None,
    time_limit: TimeLimit = None,
    gap: Gap = 0.0,
    seed: Seed = 0,
    workers: Workers = None,
    objective: ObjectiveOption = "cost",
    billing: BillingOption = None,
) -> ExitCode:
    """Decide where every replica runs, and print the plan.

    Without PATH it plans the example that ships. With --store it plans what the store holds, with
    the manifests put into it, and moves what runs there as little as possible; `placement apply`
    commits what --out has saved.
    """
    check_writable(out)
    options = SolveOptions(
        objective=objective,
        billing=billing or Billing.SHARE,
        gap=gap,
        time_limit=time_limit,
        seed=seed,
        workers=workers,
    )
    place = storing.unless_current(store, current)
    if place is None:
        question = _from_files(paths, catalog, current)
    else:
        question = _from_store(paths, catalog, place)
    answer, interrupted = solve(question.catalog, question.workspace, options)
    answer = _completed(answer, question)
    for warning in answer.warnings:
        output.say(f"warning: {warning}")
    output.emit(_render(answer, question, output.choose_format(form)))
    if out is not None:
        write_plan(out, answer)
    return _outcome(answer, interrupted=interrupted)


@dataclass(frozen=True)
class _Question:
    """What is planned, and if it is a change of the store, which."""

    catalog: Catalog
    workspace: Workspace
    transition: Transition | None = None
    serial: int = 0


def _from_files(paths: list[Path] | None, catalog: Path | None, current: Path | None) -> _Question:
    workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    if current is not None:
        workspace = workspace.with_running(inputs.read_running(current))
    return _Question(inputs.catalog_of_files(paths, catalog), workspace)


def _from_store(paths: list[Path] | None, catalog: Path | None, store: str | None) -> _Question:
    with storing.opened_if_there(store) as opened:
        head = storing.head_of(opened)
    transition = inputs.read_asked(paths, head)
    fleet = inputs.catalog_of_head(head, catalog)
    return _Question(fleet, transition.after, transition, head.serial)


def _completed(answer: Plan, question: _Question) -> Plan:
    """Return a plan that says what it changes of the store, if it does."""
    if question.transition is None:
        return answer
    from placement.cli.saving import as_change, lacks_order

    answer = as_change(answer, question.transition, question.catalog, serial=question.serial)
    if lacks_order(answer):
        output.say("warning: no order of the steps is known; `placement apply` looks for one")
    return answer


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


def _render(answer: Plan, question: _Question, form: Format) -> str:
    if form is not Format.TABLE:
        return plan_text(answer, form)
    from placement.cli.plan_table import plan_table

    return plan_table(answer, question.catalog, question.workspace)


def _outcome(answer: Plan, *, interrupted: bool) -> ExitCode:
    if interrupted:
        return ExitCode.INTERRUPTED
    if answer.status == "unknown":
        return ExitCode.NO_ANSWER
    return ExitCode.NOT_PLACED if answer.unplaced else ExitCode.DONE
