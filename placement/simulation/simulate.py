"""Scenarios in, outcomes out: nothing that is given changes, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.arguments import billing_of
from placement.options import Billing, CancelToken, SolveOptions
from placement.simulation.execution import Run, Watch
from placement.simulation.judging import CANCEL, not_computed, outcome_of, unchanged
from placement.simulation.options import Options, deadline_of
from placement.simulation.scenario import Scenario, change_of, check_names_once, is_plain
from placement.simulation.today import Today, today_of

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.simulation.outcome import Outcome
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario, and all that is needed to compute it anywhere."""

    today: Today
    scenario: Scenario
    options: Options


def simulate(
    catalog: Catalog,
    workspace: Workspace,
    scenarios: Iterable[Scenario],
    *,
    executor: Executor | None = None,
    allow_partial: bool = False,
    evict: bool = False,
    retry_unplaced: bool = False,
    objective: str = "cost",
    billing: Billing | str = Billing.SHARE,
    gap: float = 0.0,
    time_limit: float | None = None,
    seed: int = 0,
    on_outcome: Callable[[Outcome], None] | None = None,
    cancel: CancelToken | None = None,
) -> tuple[Outcome, ...]:
    """Return what each scenario would do to what runs today, without doing it.

    Today is what runs in ``workspace``, or, if nothing does, the plan of it. Each scenario
    starts from today, whatever the others do, and is planned as a real change would be: nothing
    moves that need not, and every plan is verified.

    Parameters
    ----------
    catalog : Catalog
    workspace : Workspace
        With today's rows in ``running`` (see ``Workspace.with_running``).
    scenarios : iterable of Scenario
        See ``sweep`` for those of all regions, and ``load_scenarios`` for those of a file.
    executor : concurrent.futures.Executor, optional
        Where the scenarios are computed, each a task of its own: threads, processes, or a
        cluster. Without one they are computed here, one after the other. It is not shut down.
    allow_partial, evict, retry_unplaced
        As for ``Planner.transact``.
    objective, billing, gap, seed
        As for ``Planner.plan``.
    time_limit : float, optional
        Wall limit in seconds for all of them together; scenarios for which there is no time are
        ``unknown``.
    on_outcome : callable, optional
        Called with every outcome when it is there, in any order, from this thread.
    cancel : CancelToken, optional
        ``is_set()`` ends the work; scenarios without an outcome are ``unknown`` then.

    Returns
    -------
    tuple of Outcome
        In the order of the scenarios, equal wherever they were computed, apart from ``seconds``.

    Raises
    ------
    InputError
        If an edit names what is not there or makes no sense, or two scenarios have one name;
        before anything is planned.
    VerificationError
        A plan broke a rule: a fault of this package.
    """
    asked = tuple(scenarios)
    SolveOptions(objective=objective, gap=gap, seed=seed)
    options = Options(
        objective=objective,
        billing=billing_of(billing),
        gap=gap,
        seed=seed,
        allow_partial=allow_partial,
        evict=evict,
        retry_unplaced=retry_unplaced,
        deadline=deadline_of(time_limit),
    )
    check_names_once(asked)
    for scenario in asked:
        if not is_plain(scenario, catalog, workspace):
            change_of(scenario, catalog, workspace)
    today = today_of(catalog, workspace, options, cancel)
    tell = on_outcome or _ignore
    found = dict(_plain(today, asked, options, tell))
    left = [scenario for scenario in asked if scenario.name not in found]
    run = Run(_task, on_result=tell, cancel=cancel)
    outcomes = run.over([Job(today, scenario, options) for scenario in left], executor)
    for scenario, outcome in zip(left, outcomes, strict=True):
        found[scenario.name] = outcome or not_computed(today, scenario, CANCEL)
    return tuple(found[scenario.name] for scenario in asked)


def _plain(
    today: Today,
    scenarios: Iterable[Scenario],
    options: Options,
    tell: Callable[[Outcome], None],
) -> Iterator[tuple[str, Outcome]]:
    """Yield the outcomes that take no planning, by the name of the scenario."""
    for scenario in () if options.retry_unplaced else scenarios:
        if is_plain(scenario, today.catalog, today.workspace):
            outcome = unchanged(today, scenario)
            tell(outcome)
            yield scenario.name, outcome


def _task(job: Job, watch: Watch) -> Outcome:
    return outcome_of(job.today, job.scenario, job.options, watch)


def _ignore(outcome: Outcome) -> None:
    return None
