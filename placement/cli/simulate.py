"""``placement simulate``: what would become of today if something were different."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output, storing
from placement.cli.faults import ExitCode, guarded
from placement.cli.imagining import SCOPES, Edits, edits_of
from placement.cli.parameters import (
    AllowPartial,
    BillingOption,
    CatalogFolder,
    Current,
    Evict,
    Gap,
    ObjectiveOption,
    Output,
    Paths,
    Seed,
    StoreOption,
    TimeLimit,
    choose,
    positive,
)
from placement.cli.progress import Counted
from placement.cli.signals import run_cancellable
from placement.cli.taking import takes
from placement.options import Billing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from placement.catalog.catalog import Catalog
    from placement.simulation.outcome import Outcome
    from placement.simulation.scenario import Scenario
    from placement.workspace.workspace import Workspace

OVER = SCOPES[1:]
"""What a sweep can go over: all but single nodes."""
MUCH = 5_000
"""Deployments times tasks from which other processes pay."""
OUTCOMES_FOLLOW = "stopping; the outcomes so far follow (once more: stop at once)"


def _over(text: str) -> str:
    return choose(text, OVER)


Files = Annotated[
    list[Path] | None,
    typer.Option("--file", "-f", metavar="FILE", help="Scenarios, one document each."),
]
Swept = Annotated[
    str | None,
    typer.Option(
        "--sweep", metavar="|".join(OVER), parser=_over, help="Lose every place of a kind in turn."
    ),
]
RetryUnplaced = Annotated[
    bool, typer.Option("--retry-unplaced", help="Also place what has no place today.")
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="NUMBER",
        parser=positive,
        help="Processes that plan; default: as many as there are cores, if it pays.",
    ),
]


@guarded
@takes(Edits)
def simulate(
    edits: Edits,
    paths: Paths = None,
    file: Files = None,
    sweep: Swept = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
    allow_partial: AllowPartial = False,
    evict: Evict = False,
    retry_unplaced: RetryUnplaced = False,
    form: Output = None,
    time_limit: TimeLimit = None,
    gap: Gap = 0.0,
    seed: Seed = 0,
    workers: Processes = None,
    objective: ObjectiveOption = "cost",
    billing: BillingOption = None,
) -> ExitCode:
    """Show what would become of today if something were different; nothing is changed.

    Today is the plan of --current, what runs in --store, or else what would be planned. The edits
    named here are one scenario, made all at once. -f reads many scenarios, and --sweep makes one
    of the loss of each place of a kind; each of them starts from today.
    """
    fleet, workspace = _today(paths, catalog, current, store)
    scenarios, is_single = _scenarios(edits, file, sweep, fleet)
    from placement.simulation.simulate import simulate as simulated

    def call(cancel: Event) -> tuple[Outcome, ...]:
        executor_of = pool(workers, len(scenarios), len(workspace.deployments))
        with executor_of as executor, Counted("scenarios") as counted:
            return simulated(
                fleet,
                workspace,
                scenarios,
                executor=executor,
                allow_partial=allow_partial,
                evict=evict,
                retry_unplaced=retry_unplaced,
                objective=objective,
                billing=billing or Billing.SHARE,
                gap=gap,
                time_limit=time_limit,
                seed=seed,
                on_outcome=lambda outcome: counted.one_more(len(scenarios)),
                cancel=cancel,
            )

    outcomes, interrupted = run_cancellable(call, notice=OUTCOMES_FOLLOW)
    if interrupted:
        outcomes = tuple(_signalled(outcome) for outcome in outcomes)
    from placement.cli.simulate_table import rendered

    output.emit(rendered(outcomes, output.choose_format(form), is_single=is_single))
    return ExitCode.INTERRUPTED if interrupted else _code(outcomes, is_single=is_single)


def pool(
    workers: int | None, tasks: int, deployments: int
) -> AbstractContextManager[Executor | None]:
    """Give other processes where they pay: each takes seconds to begin."""
    if workers is None:
        workers = (os.cpu_count() or 1) if tasks * deployments >= MUCH else 1
    if min(workers, tasks) <= 1:
        return nullcontext()
    from placement.simulation.processes import processes

    return processes(min(workers, tasks))


def _signalled(outcome: Outcome) -> Outcome:
    return replace(outcome, stopped_by="signal") if outcome.stopped_by == "cancel" else outcome


def _code(outcomes: Sequence[Outcome], *, is_single: bool) -> ExitCode:
    """Return 3 if the one scenario costs somebody a place; many are a report, not a question."""
    from placement.simulation.outcome import Verdict

    verdicts = {outcome.verdict for outcome in outcomes}
    if Verdict.UNKNOWN in verdicts:
        return ExitCode.NO_ANSWER
    is_short = any(outcome.unplaced for outcome in outcomes)
    if is_single and (verdicts & {Verdict.LOSES, Verdict.REFUSED} or is_short):
        return ExitCode.NOT_PLACED
    return ExitCode.DONE


def _today(
    paths: list[Path] | None, catalog: Path | None, current: Path | None, store: str | None
) -> tuple[Catalog, Workspace]:
    place = storing.unless_current(store, current)
    if place is not None and paths and not storing.is_standing(place):
        raise typer.BadParameter("a store says what is asked; leave out PATH or --store")
    if place is None or paths:
        return inputs.asked_of_files(paths, catalog, current)
    head = storing.read_head(place)
    return inputs.catalog_of_head(head, catalog), head.workspace


def _scenarios(
    edits: Edits, files: list[Path] | None, over: str | None, catalog: Catalog
) -> tuple[tuple[Scenario, ...], bool]:
    """Return the scenarios, and whether it is the one that was named edit by edit."""
    from placement.simulation.files import load_scenarios
    from placement.simulation.scenario import Scenario
    from placement.simulation.sweep import sweep

    made = tuple(edits_of(edits))
    if sum(map(bool, (made, files, over))) != 1:
        raise typer.BadParameter("name edits (see --help), scenarios (-f), or --sweep: one of them")
    if made:
        return (Scenario("what if", made),), True
    return (load_scenarios(*files) if files else sweep(catalog, over or "")), False
