"""What each policy costs in each environment: everything is planned with it and without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from placement.arguments import billing_of, checked_names, objective_of
from placement.options import Billing, CancelToken, SolveOptions
from placement.planner import Planner
from placement.simulation.execution import Run, Watch
from placement.simulation.options import Options, deadline_of
from placement.simulation.policy_price import Exactness, PolicyPrice, priced, worthless
from placement.simulation.removal import Attached, attached_in, is_moot, without
from placement.simulation.shipping import SentOnce

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.rows import Tier
    from placement.workspace.workspace import Workspace

LATENCY = "latency"
OBJECTIVES = ("cost", "carbon", LATENCY)


@dataclass(frozen=True)
class Question(SentOnce):
    """What is planned again and again, with one policy less each time."""

    catalog: Catalog
    workspace: Workspace

    @cached_property
    def planner(self) -> Planner:
        """A planner that stays warm."""
        return Planner(self.catalog)


@dataclass(frozen=True, slots=True)
class Job:
    """One plan: of everything, or of everything without a policy in an environment."""

    question: Question
    options: Options
    dropped: Attached | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The tiers of a verified plan, or None if there was no time for one."""

    tiers: tuple[Tier, ...] | None
    seconds: float = 0.0


NONE = Answer(None)


def policy_prices(
    catalog: Catalog,
    workspace: Workspace,
    *,
    objectives: Iterable[str] | None = None,
    executor: Executor | None = None,
    billing: Billing | str = Billing.SHARE,
    gap: float = 0.0,
    time_limit: float | None = None,
    seed: int = 0,
    on_plan: Callable[[int, int], None] | None = None,
    cancel: CancelToken | None = None,
) -> tuple[PolicyPrice, ...]:
    """Return what is given up because of each policy in each environment where it is attached.

    Everything is planned from nothing, once with all policies and once without each, and the
    last tiers of the two verified plans are compared. A policy that binds nobody, or without
    which no other node group is allowed, costs nothing and is not planned for.

    Parameters
    ----------
    catalog : Catalog
    workspace : Workspace
        What runs is left aside: with it nothing would move for a policy less.
    objectives : iterable of str, optional
        What is given up; default: ``cost``, ``carbon``, and ``latency`` if any deployment says
        where its users are.
    executor : concurrent.futures.Executor, optional
        Where the plans are made, each a task of its own.
    billing, gap, seed
        As for ``Planner.plan``.
    time_limit : float, optional
        Wall limit in seconds for all plans together.
    on_plan : callable, optional
        Called with how many plans are made and how many there are, from this thread.
    cancel : CancelToken, optional
        ``is_set()`` ends the work; what has no price by then is ``unknown``.

    Returns
    -------
    tuple of PolicyPrice
        Sorted by policy, environment, and as the objectives are given.

    Raises
    ------
    InputError
        Names that the catalog does not have, or an unknown objective.

    See Also
    --------
    placement.worth.policy_costs : estimates of the same by the prices of one plan, in no time.
    """
    checked_names(workspace, catalog)
    bare = workspace.revised(running=(), replaced=frozenset())
    names = _objectives(objectives, bare)
    options = _options(names, billing, gap, seed, time_limit)
    question = Question(catalog, bare)
    pairs = tuple(attached_in(bare))
    dear = [pair for pair in pairs if pair.deployments and not is_moot(catalog, bare, pair)]
    jobs = _jobs(question, options, dear)
    counter = _Counter(len(jobs), on_plan)
    run = Run(_task, on_result=counter.one_more, cancel=cancel)
    answers = [answer or NONE for answer in run.over(jobs, executor)]
    found = dict(_prices(options, dear, iter(answers)))
    return tuple(
        found.get((pair, one.objective)) or worthless(pair, one.objective, one.billing)
        for pair in pairs
        for one in options
    )


def _jobs(question: Question, options: Sequence[Options], dear: Sequence[Attached]) -> list[Job]:
    """Return one job per objective for everything, and then one per policy less."""
    if not dear:
        return []
    return [Job(question, one, pair) for one in options for pair in (None, *dear)]


def _prices(
    options: Sequence[Options], dear: Sequence[Attached], answers: Iterator[Answer]
) -> Iterator[tuple[tuple[Attached, str], PolicyPrice]]:
    """Yield the prices that the answers to the jobs come to, in the order of the jobs."""
    if not dear:
        return
    for one in options:
        whole = next(answers)
        for pair in dear:
            less = next(answers)
            yield (pair, one.objective), _price(pair, one, whole, less)


def _price(pair: Attached, options: Options, whole: Answer, less: Answer) -> PolicyPrice:
    if whole.tiers is None or less.tiers is None:
        empty = worthless(pair, options.objective, options.billing)
        return replace(empty, amount=None, exactness=Exactness.UNKNOWN, least=None, most=None)
    return priced(pair, whole.tiers, less.tiers, seconds=less.seconds)


def _task(job: Job, watch: Watch) -> Answer:
    started = time.monotonic()
    workspace = job.question.workspace
    if watch.is_set() or job.options.is_over:
        return NONE
    if job.dropped is not None:
        workspace = without(workspace, job.dropped)
    plan = job.question.planner.plan(workspace, **job.options.solving(watch))
    return Answer(plan.tiers, time.monotonic() - started)


def _objectives(given: Iterable[str] | None, workspace: Workspace) -> tuple[str, ...]:
    if given is not None:
        names = (objective_of(SolveOptions(objective=name)).name for name in given)
        return tuple(dict.fromkeys(names))
    has_users = any(one.request_origins for one in workspace.deployments if one.enabled)
    return OBJECTIVES if has_users else OBJECTIVES[:-1]


def _options(
    objectives: Iterable[str],
    billing: Billing | str,
    gap: float,
    seed: int,
    time_limit: float | None,
) -> tuple[Options, ...]:
    """Return the options of the plans for each objective; all end at the same time."""
    SolveOptions(gap=gap, seed=seed)
    shared = Options(
        billing=billing_of(billing), gap=gap, seed=seed, deadline=deadline_of(time_limit)
    )
    return tuple(replace(shared, objective=objective) for objective in objectives)


class _Counter:
    """Tells how many plans are made."""

    def __init__(self, total: int, tell: Callable[[int, int], None] | None) -> None:
        self._total, self._tell, self._done = total, tell, 0

    def one_more(self, answer: Answer) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._total)
