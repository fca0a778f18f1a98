"""``placement plan``: validate, solve, verify, print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.cli import inputs, output, storing
from placement.cli.documents import check_writable, plan_text, write_plan
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import (
    BillingOption,
    CatalogFolder,
    Confirm,
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
from placement.cli.solving import Leave, solve, transact
from placement.cli.wording import refusal_lines
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
    confirm: Confirm = False,
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
        confirm=confirm,
    )
    place = storing.unless_current(store, current)
    if place is None:
        question = _Question(*inputs.asked_of_files(paths, catalog, current))
    else:
        question = _from_store(paths, catalog, place)
    answer, interrupted = solve(question.catalog, question.workspace, options)
    if question.transition is not None:
        answer = _as_change(answer, question, question.transition, options)
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
    today: Catalog | None = None


def _from_store(paths: list[Path] | None, catalog: Path | None, store: str | None) -> _Question:
    with storing.opened_if_there(store) as opened:
        head = storing.head_of(opened)
    transition = inputs.read_asked(paths, head)
    fleet = inputs.catalog_of_head(head, catalog)
    return _Question(fleet, transition.after, transition, head.serial, head.catalog)


def _as_change(
    answer: Plan, question: _Question, transition: Transition, options: SolveOptions
) -> Plan:
    """Return a plan that says what it changes of the store, and in which order.

    Planned as a whole, new replicas may take the places of old ones that have to stay until these
    run. Then the change alone is planned: that plan has an order, though it costs more.
    """
    from placement.cli.saving import as_change, lacks_order

    catalog, serial = question.catalog, question.serial
    whole = as_change(answer, transition, catalog, serial=serial)
    if not lacks_order(whole) or whole.stopped_by == "signal":
        return whole
    catalogs = (question.today or catalog, catalog)
    leave = Leave(retry_unplaced=True)
    preview = transact(transition, catalogs, options, leave, serial=serial)
    if preview.refusal is not None:
        output.say("warning: no order of the steps is known, so this plan cannot be applied")
        for line in refusal_lines(preview.refusal):
            output.say(line)
        return whole
    output.say("the cheapest plan has no order of its steps; this is the best that has one")
    return preview.plan


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
