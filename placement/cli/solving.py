"""Asks the planner: in a thread that a signal can end, with progress on stderr."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from placement.cli.progress import Reporter
from placement.cli.signals import run_cancellable

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.options import Rebalance, SolveOptions
    from placement.plan.plan import Plan
    from placement.preview import Preview
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace

NOTHING_CHANGED = "stopping; nothing has changed (once more: stop at once)"


@dataclass(frozen=True)
class Leave:
    """What a change may do beyond the ordinary; see ``Planner.transact``."""

    allow_partial: bool = False
    evict: bool = False
    retry_unplaced: bool = False
    other_catalog: bool = False
    rebalance: Rebalance | None = None


ORDINARY = Leave()


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
                confirm=options.confirm,
                on_progress=reporter.show,
                cancel=cancel,
            )
        )
    if interrupted and answer.stopped_by == "cancel":
        answer = replace(answer, stopped_by="signal")
    return answer, interrupted


def transact(
    transition: Transition,
    catalogs: tuple[Catalog, Catalog],
    options: SolveOptions,
    leave: Leave,
    *,
    serial: int,
) -> Preview:
    """Return what a change would do; ``catalogs`` are those of today and after it.

    Raises
    ------
    KeyboardInterrupt
        If a signal came: nobody agrees to a change that was cut short.
    """
    from placement.planner import Planner

    today, after = catalogs
    with Reporter() as reporter:
        preview, interrupted = run_cancellable(
            lambda cancel: Planner(today).transact(
                transition,
                catalog=after,
                allow_partial=leave.allow_partial,
                evict=leave.evict,
                retry_unplaced=leave.retry_unplaced,
                rebalance=leave.rebalance,
                serial=serial,
                objective=options.objective,
                billing=options.billing,
                gap=options.gap,
                time_limit=options.time_limit,
                seed=options.seed,
                repairs=True,
                on_progress=reporter.show,
                cancel=cancel,
            ),
            notice=NOTHING_CHANGED,
        )
    if interrupted:
        raise KeyboardInterrupt
    return preview
