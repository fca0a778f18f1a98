"""What every change goes through: preview, show, ask, commit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from placement.cli import inputs, output, storing
from placement.cli.documents import check_writable, plan_text, write_plan
from placement.cli.faults import ExitCode
from placement.cli.output import Format
from placement.cli.parameters import (
    BillingOption,
    CatalogFolder,
    DryRun,
    Gap,
    ObjectiveOption,
    OutFile,
    Output,
    Reason,
    Seed,
    StoreOption,
    TimeLimit,
    Yes,
)
from placement.cli.solving import ORDINARY, Leave, transact
from placement.cli.wording import refusal_lines
from placement.options import Billing, SolveOptions
from placement.plan.rows import Action
from placement.plan.wording import title
from placement.workspace.refusal import Refusal

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.preview import Preview
    from placement.store.store import Store
    from placement.store.values import Entry, Snapshot
    from placement.workspace.transitions import Transition

Asked = Callable[["Snapshot"], "Transition | Refusal"]
"""What is asked for, given the newest state."""


@dataclass(frozen=True)
class ChangeOptions:
    """Options of every command that changes the store."""

    store: StoreOption = None
    catalog: CatalogFolder = None
    dry_run: DryRun = False
    out: OutFile = None
    yes: Yes = False
    reason: Reason = ""
    form: Output = None
    time_limit: TimeLimit = None
    gap: Gap = 0.0
    seed: Seed = 0
    objective: ObjectiveOption = "cost"
    billing: BillingOption = None

    @property
    def solving(self) -> SolveOptions:
        """What of them concerns the solve."""
        return SolveOptions(
            objective=self.objective,
            billing=self.billing or Billing.SHARE,
            gap=self.gap,
            time_limit=self.time_limit,
            seed=self.seed,
        )


def change(options: ChangeOptions, asked: Asked, leave: Leave = ORDINARY) -> ExitCode:
    """Preview a change of the newest state, show it, and commit it if that is agreed to."""
    check_agreement(options)
    check_writable(options.out)
    with storing.opened_if_there(options.store) as store:
        head = storing.head_of(store)
        preview = _preview(options, leave, head, asked(head))
        is_new = head.catalog_digest != preview.catalog.digest

        def commit(place: Store) -> Entry:
            author, reason = storing.author(), options.reason
            return place.commit(preview, expected=head.serial, author=author, reason=reason)

        return settle(options, preview.plan, store, commit, is_new_catalog=is_new)


def check_agreement(options: ChangeOptions) -> None:
    """Refuse, before any work is done, a change that nobody could agree to."""
    if not (options.yes or options.dry_run or sys.stdin.isatty()):
        message = "there is no terminal to ask on; agree with --yes, or look with --dry-run"
        raise typer.BadParameter(message)


def settle(
    options: ChangeOptions,
    plan: Plan,
    store: Store | None,
    commit: Callable[[Store], Entry],
    *,
    is_new_catalog: bool = False,
) -> ExitCode:
    """Show a change and write it, if it is not refused and that is agreed to."""
    show(plan, options)
    if options.out is not None:
        write_plan(options.out, plan)
    if plan.refusal is not None:
        code = refused(plan.refusal)
        if store is None and plan.refusal.is_usage:
            output.say(f"help: there is no store at `{storing.shown(options.store)}` yet")
        return code
    if is_new_catalog and plan.basis.serial:  # the first one is no other
        output.say(f"another catalog takes effect: {plan.basis.catalog}")
    if not (is_new_catalog or _changes_anything(plan)):
        output.say("nothing changes")
        return outcome(plan)
    if options.dry_run:
        return outcome(plan)
    if not (options.yes or _agreed()):
        output.say("not agreed: nothing has changed")
        return ExitCode.INTERRUPTED
    entry = _written(options, plan, store, commit)
    output.say(f"committed as serial {entry.serial}: {title(entry.kind, entry.arguments)}")
    return outcome(plan)


def show(plan: Plan, options: ChangeOptions) -> None:
    """Print a change; of a refused one there is a document, but no table."""
    form = output.choose_format(options.form)
    if form is Format.TABLE:
        from placement.cli.change_table import change_table

        output.emit("" if plan.refusal else change_table(plan))
    else:
        output.emit(plan_text(plan, form))
    for warning in plan.warnings:
        output.say(f"warning: {warning}")


def outcome(plan: Plan) -> ExitCode:
    """Return the code of a change that was made, or would be."""
    return ExitCode.NOT_PLACED if plan.unplaced else ExitCode.DONE


def refused(refusal: Refusal) -> ExitCode:
    """Say why a change is not made, and return its code."""
    for line in refusal_lines(refusal):
        output.say(line)
    if refusal.is_usage:
        return ExitCode.BAD_INPUT
    return ExitCode.NO_ANSWER if refusal.is_undecided else ExitCode.NOT_PLACED


def _changes_anything(plan: Plan) -> bool:
    record = plan.transition
    if record is not None and (record.put or record.delete):
        return True
    return any(step.action is not Action.KEEP for step in plan.changes)


def _agreed() -> bool:
    """Ask on the terminal; whatever is not a yes is a no."""
    print("Commit this? [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _written(
    options: ChangeOptions, plan: Plan, store: Store | None, commit: Callable[[Store], Entry]
) -> Entry:
    """Commit; an interruption that came too late to stop it does not hide that it happened."""
    if store is None:
        with storing.opened(options.store, create=True) as made:
            entry = _written(options, plan, made, commit)
            output.say(f"made the store `{made.url}`")
            return entry
    try:
        return commit(store)
    except KeyboardInterrupt:
        newest = store.history(limit=1)
        if newest and newest[0].plan_digest == plan.digest:
            return newest[0]
        raise


# ------------------------------------------------------------------------ preview


def _preview(
    options: ChangeOptions, leave: Leave, head: Snapshot, found: Transition | Refusal
) -> Preview:
    catalogs = _catalogs(options, head, may_differ=leave.other_catalog)
    if isinstance(found, Refusal):
        from placement.preview import Preview

        return Preview.refused(head.workspace, catalogs[1], found, serial=head.serial)
    return transact(found, catalogs, options.solving, leave, serial=head.serial)


def _catalogs(
    options: ChangeOptions, head: Snapshot, *, may_differ: bool
) -> tuple[Catalog, Catalog]:
    """Return the catalog of today and the one after the change."""
    if head.catalog is None:
        first = inputs.read_catalog(inputs.catalog_folder(options.catalog))
        return first, first
    if options.catalog is None:
        return head.catalog, head.catalog
    given = inputs.read_catalog(options.catalog)
    if given.digest == head.catalog.digest:
        return head.catalog, head.catalog
    if not may_differ:
        message = "the store was last used with another catalog; change it with `apply --catalog`"
        raise typer.BadParameter(message, param_hint="--catalog")
    return head.catalog, given
