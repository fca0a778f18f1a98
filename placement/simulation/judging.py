"""One scenario against today: the change is made on paper, and its plan is told as a difference."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from placement.plan.rows import Action, Certificate, Status, Unplaced
from placement.plan.running import replicas_by_key
from placement.simulation.outcome import GONE, Deployment, Fate, Outcome, Verdict
from placement.simulation.scenario import change_of
from placement.simulation.today import amounts_of
from placement.workspace.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from placement.options import CancelToken
    from placement.plan.plan import Plan
    from placement.simulation.options import Options
    from placement.simulation.outcome import Amounts
    from placement.simulation.scenario import Change, Scenario
    from placement.simulation.today import Today
    from placement.workspace.workspace import Workspace

    Key = tuple[str, str]

TIME_LIMIT, CANCEL = "time-limit", "cancel"


def outcome_of(
    today: Today, scenario: Scenario, options: Options, cancel: CancelToken | None = None
) -> Outcome:
    """Return what a scenario does to today.

    Raises
    ------
    InputError
        If an edit names what is not there, or makes no sense.
    """
    started = time.monotonic()
    found = _outcome(today, scenario, options, cancel)
    return replace(found, seconds=time.monotonic() - started)


def unchanged(today: Today, scenario: Scenario) -> Outcome:
    """Return the outcome of a scenario that changes nothing that runs."""
    return _difference(today, scenario, today.plan, _stay(today), today.amounts)


def not_computed(today: Today, scenario: Scenario, stopped_by: str) -> Outcome:
    """Return the outcome of a scenario for which there was no time."""
    return replace(_nothing(today, scenario), stopped_by=stopped_by)


def _outcome(
    today: Today, scenario: Scenario, options: Options, cancel: CancelToken | None
) -> Outcome:
    if cancel is not None and cancel.is_set():
        return not_computed(today, scenario, CANCEL)
    if options.is_over:
        return not_computed(today, scenario, TIME_LIMIT)
    change = change_of(scenario, today.catalog, today.workspace)
    if isinstance(change, Refusal):
        return _refused(today, scenario, change)
    return _computed(today, scenario, change, options, cancel)


def _computed(
    today: Today,
    scenario: Scenario,
    change: Change,
    options: Options,
    cancel: CancelToken | None,
) -> Outcome:
    preview = today.planner.transact(
        change.transition,
        catalog=change.catalog,
        allow_partial=options.allow_partial,
        evict=options.evict,
        retry_unplaced=options.retry_unplaced,
        **options.solving(cancel),
    )
    if preview.refusal is not None:
        return _refused(today, scenario, preview.refusal)
    plan, after = preview.plan, preview.workspace
    amounts = amounts_of(change.catalog, after, after.running, billing=today.billing)
    replaced = change.transition.after.replaced
    rows = tuple(_deployments(today, after, plan, replaced))
    return _difference(today, scenario, plan, rows, amounts)


def _difference(
    today: Today,
    scenario: Scenario,
    plan: Plan,
    rows: tuple[Deployment, ...],
    amounts: Amounts,
) -> Outcome:
    return Outcome(
        scenario=scenario.name,
        edits=scenario.words(),
        verdict=_verdict(rows, is_same=amounts == today.amounts),
        status=plan.status,
        certificate=plan.certificate,
        today=today.amounts,
        after=amounts,
        deployments=rows,
        changes=tuple(step for step in plan.changes if step.action is not Action.KEEP),
        unplaced=tuple(_newly_unplaced(today.plan, plan)),
        tiers=plan.tiers,
        stopped_by=plan.stopped_by,
        warnings=plan.warnings,
    )


def _verdict(rows: Iterable[Deployment], *, is_same: bool) -> Verdict:
    fates = {row.fate for row in rows}
    if fates & GONE:
        return Verdict.LOSES
    return Verdict.UNCHANGED if is_same and fates <= {Fate.UNTOUCHED} else Verdict.SURVIVES


def _refused(today: Today, scenario: Scenario, refusal: Refusal) -> Outcome:
    verdict = Verdict.UNKNOWN if refusal.is_undecided else Verdict.REFUSED
    status = Status.UNKNOWN if refusal.is_undecided else Status.INFEASIBLE
    return replace(_nothing(today, scenario), verdict=verdict, status=status, refusal=refusal)


def _nothing(today: Today, scenario: Scenario) -> Outcome:
    """Return an outcome without an answer: everything is as today."""
    return Outcome(
        scenario=scenario.name,
        edits=scenario.words(),
        verdict=Verdict.UNKNOWN,
        status=Status.UNKNOWN,
        certificate=Certificate.NONE,
        today=today.amounts,
        after=today.amounts,
        deployments=_stay(today),
    )


def _stay(today: Today) -> tuple[Deployment, ...]:
    """Return every deployment as it is today."""
    running = replicas_by_key(today.workspace.running)
    keys = sorted(running.keys() | _enabled(today.workspace))
    return tuple(Deployment(*key, Fate.UNTOUCHED, running[key], running[key]) for key in keys)


def _deployments(
    today: Today, after: Workspace, plan: Plan, replaced: frozenset[Key]
) -> Iterator[Deployment]:
    before, now = replicas_by_key(today.workspace.running), replicas_by_key(after.running)
    moved, forced = _moved(plan), _forced(plan)
    keys = before.keys() | now.keys() | _enabled(today.workspace) | _enabled(after)
    for key in sorted(keys):
        one = after.by_key.get(key)
        wanted = one.replicas if one is not None and one.enabled else 0
        row = Deployment(
            *key, Fate.UNTOUCHED, before[key], now[key], moved=moved[key], forced=forced[key]
        )
        yield replace(row, fate=_fate(row, wanted, is_replaced=key in replaced))


def _fate(row: Deployment, wanted: int, *, is_replaced: bool) -> Fate:
    if row.after < min(row.today, wanted):
        return Fate.REDUCED if row.after else Fate.LOST
    if not row.today:
        return Fate.NEW if row.after else Fate.UNTOUCHED
    if is_replaced:
        return Fate.REPLACED
    if row.after != row.today:
        return Fate.GROWN if row.after > row.today else Fate.SHRUNK
    return Fate.MOVED if row.moved else Fate.UNTOUCHED


def _enabled(workspace: Workspace) -> set[Key]:
    return {one.key for one in workspace.deployments if one.enabled and one.replicas}


def _moved(plan: Plan) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for step in plan.changes:
        if step.action is Action.MOVE and step.from_node != step.to_node:
            found[step.model, step.environment] += step.replicas
    return found


def _forced(plan: Plan) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for row in plan.forced:
        found[row.model, row.environment] += row.replicas
    return found


def _newly_unplaced(before: Plan, after: Plan) -> Iterator[Unplaced]:
    known = Counter({row.key: row.replicas for row in before.unplaced})
    for row in after.unplaced:
        if row.replicas > known[row.key]:
            yield replace(row, replicas=row.replicas - known[row.key])
