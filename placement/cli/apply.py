"""``placement apply``: put manifests into the store, or commit a plan that was saved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, storing
from placement.cli.changing import ChangeOptions, change, check_agreement, refused, settle
from placement.cli.documents import check_writable
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import AllowPartial, Evict, Paths, not_negative_decimal
from placement.cli.saving import lacks_order
from placement.cli.solving import Leave
from placement.cli.taking import takes
from placement.options import Rebalance
from placement.workspace.refusal import Refusal, RefusalReason

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.store.store import Store
    from placement.store.values import Entry, Snapshot
    from placement.workspace.transitions import Transition

Prune = Annotated[
    bool, typer.Option("--prune", help="Take away whatever the manifests do not hold.")
]
MayRebalance = Annotated[
    bool,
    typer.Option("--rebalance", help="Also move what runs, where that saves enough."),
]
MinSaving = Annotated[
    Decimal | None,
    typer.Option(
        "--min-saving",
        metavar="NUMBER",
        parser=not_negative_decimal,
        help="The least that each moved GPU must save, in USD per hour; default: 0.",
    ),
]
MaxMoves = Annotated[
    Decimal | None,
    typer.Option(
        "--max-moves",
        metavar="GPUS",
        parser=not_negative_decimal,
        help="The most GPUs that may move; default: no limit.",
    ),
]
RetryUnplaced = Annotated[
    bool, typer.Option("--retry-unplaced", help="Also place what could not be placed before.")
]

NO_LIMIT = Decimal(10**12)


@guarded
@takes(ChangeOptions)
def apply(
    options: ChangeOptions,
    paths: Paths = None,
    prune: Prune = False,
    allow_partial: AllowPartial = False,
    evict: Evict = False,
    retry_unplaced: RetryUnplaced = False,
    rebalance: MayRebalance = False,
    min_saving: MinSaving = None,
    max_moves: MaxMoves = None,
) -> ExitCode:
    """Put manifests into the store and place what they change.

    Objects of the same name are replaced, all others stay. To attach a policy or to detach one,
    apply its environment or deployment with another list of policies. PATH may also be one saved
    plan: then what it shows is committed, or nothing if the store has changed since. With
    --catalog another fleet or other prices take effect; then PATH may be left out. Nothing moves
    for a better price, unless --rebalance lets it.
    """
    leave = Leave(
        allow_partial,
        evict,
        retry_unplaced,
        other_catalog=True,
        rebalance=_rebalance(rebalance, min_saving, max_moves),
    )
    saved = inputs.find_plan(paths)
    if saved is not None:
        if prune or leave != Leave(other_catalog=True):
            raise typer.BadParameter(f"`{saved}` is a plan, which is committed as it was shown")
        return _apply_plan(options, saved)
    if not (paths or retry_unplaced or rebalance or options.catalog):
        message = "name manifests, a plan, --catalog, --retry-unplaced or --rebalance"
        raise typer.BadParameter(message)
    if prune and not paths:
        raise typer.BadParameter("--prune needs manifests: what they do not hold is taken away")
    if (options.catalog or rebalance) and not paths:
        kind = "capacity" if options.catalog else "rebalance"
        return change(options, lambda head: _as_it_is(head, kind), leave)
    if prune:
        return change(options, lambda head: _pruned(head, paths or []), leave)
    return change(options, lambda head: inputs.read_asked(paths, head), leave)


def _rebalance(
    wanted: bool, min_saving: Decimal | None, max_moves: Decimal | None
) -> Rebalance | None:
    if not wanted:
        if min_saving is not None or max_moves is not None:
            raise typer.BadParameter("--min-saving and --max-moves need --rebalance")
        return None
    return Rebalance(min_saving or Decimal(0), NO_LIMIT if max_moves is None else max_moves)


def _as_it_is(head: Snapshot, kind: str) -> Transition:
    from placement.workspace.transitions import TransitionKind, between

    return between(head.workspace, head.workspace, kind=TransitionKind(kind))


def _pruned(head: Snapshot, paths: list[Path]) -> Transition:
    from placement.workspace.transitions import upsert

    return upsert(head.workspace, inputs.read_workspace(paths), prune=True)


def _apply_plan(options: ChangeOptions, path: Path) -> ExitCode:
    """Commit a plan as it was saved; whether it still answers the newest state is judged."""
    check_agreement(options)
    check_writable(options.out)
    plan = inputs.read_plan(path)
    if lacks_order(plan):
        return refused(Refusal(RefusalReason.ORDER_UNKNOWN, f"`{path}` has steps in no order"))
    with storing.opened_if_there(options.store) as store:
        head = storing.head_of(store)
        catalog = _catalog_of(plan, head, options.catalog)
        if plan.refusal is None:
            storing.check_plan(store, head, plan, catalog)

        def commit(place: Store) -> Entry:
            author, reason = storing.author(), options.reason
            return place.commit_plan(plan, catalog=catalog, author=author, reason=reason)

        is_new = head.catalog_digest != plan.basis.catalog
        return settle(options, plan, store, commit, is_new_catalog=is_new)


def _catalog_of(plan: Plan, head: Snapshot, given: Path | None) -> Catalog | None:
    """Return the catalog of a plan, or None if the store has it."""
    if given is not None:
        return inputs.read_catalog(given)
    if head.catalog is not None:
        return None
    first = inputs.read_catalog(inputs.catalog_folder(None))
    if first.digest != plan.basis.catalog:
        message = f"the plan was not made for `{first.name}`; name its catalog"
        raise typer.BadParameter(message, param_hint="--catalog")
    return first
