"""Judges the waves of any plan by replaying them; knows nothing of how they were found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from placement.constraints.base import Violation
from placement.plan.changes import diff
from placement.plan.rows import Action, Change
from placement.plan.running import same_template
from placement.plan.waves.replay import replay
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import Workspace

RULE = "waves"
Waves = Sequence[Sequence[Change]]


def check(
    catalog: Catalog,
    before: Workspace,
    after: Workspace,
    plan: Plan,
    *,
    changes: Sequence[Change] | None = None,
) -> Iterator[Violation]:
    """Yield what is wrong with the waves of a plan.

    Parameters
    ----------
    catalog : Catalog
    before : Workspace
        With today's rows in ``running``, and what they demand.
    after : Workspace
    plan : Plan
    changes : sequence of Change, optional
        What truly changes, if the caller has it already.
    """
    if changes is None:
        changes = diff(_running(before, after), catalog, plan.assignments)
    faults = [*_shapes(plan.waves), *_steps(plan.waves, changes)]
    yield from faults
    if not faults:
        yield from _held(before, after, plan.waves)
        for node, message in replay(catalog, before, after, plan):
            yield Violation(RULE, f"node {node}", message)


def _running(before: Workspace, after: Workspace) -> Workspace:
    return after if after.running == before.running else after.revised(running=before.running)


def _shapes(waves: Waves) -> Iterator[Violation]:
    for number, wave in enumerate(waves, start=1):
        if not wave:
            yield Violation(RULE, "plan", f"wave {number} is empty")
        for change in wave:
            if change.replicas < 1 or not _is_shaped(change):
                yield Violation(RULE, _subject(change), f"wave {number}: bad row {_text(change)}")


def _is_shaped(change: Change) -> bool:
    ends = (change.from_node is not None, change.to_node is not None)
    match change.action:
        case Action.PLACE:
            return ends == (False, True)
        case Action.REMOVE:
            return ends == (True, False)
        case Action.MOVE:
            return ends == (True, True)
        case Action.KEEP:
            return False
    raise ValueError(f"unknown action `{change.action}`")


def _steps(waves: Waves, changes: Sequence[Change]) -> Iterator[Violation]:
    """Yield steps that are done too often or not often enough."""
    todo = [change for change in changes if change.action is not Action.KEEP]
    if all(change.action is Action.PLACE for change in todo):
        todo = []
    done = _counted(change for wave in waves for change in wave)
    wanted = _counted(todo)
    for step in sorted(done.keys() | wanted.keys()):
        if done[step] != wanted[step]:
            model, environment, version, what = step
            message = f"{done[step]} replicas of version `{version}` {what}, {wanted[step]} should"
            yield Violation(RULE, f"{model}@{environment}", message)


def _counted(changes: Iterable[Change]) -> Counter[tuple[str, str, str, str]]:
    """Count replicas per deployment and version: by action, by node left, by node reached."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for change in changes:
        owner = (change.model, change.environment, change.version)
        found[*owner, f"take part in `{change.action}`"] += change.replicas
        if change.from_node is not None:
            found[*owner, f"leave node `{change.from_node}`"] += change.replicas
        if change.to_node is not None:
            found[*owner, f"come to node `{change.to_node}`"] += change.replicas
    return found


def _held(before: Workspace, after: Workspace, waves: Waves) -> Iterator[Violation]:
    """Yield old rows of ``surge`` deployments that do not stay until everything has arrived."""
    held = {(*row.key, row.version) for row in before.running if _is_held(row, after)}
    coming = [n for n, wave in enumerate(waves) if any(row.to_node is not None for row in wave)]
    for number, wave in enumerate(waves[: coming[-1] + 1 if coming else 0], start=1):
        for row in wave:
            if row.action is Action.REMOVE and (row.model, row.environment, row.version) in held:
                message = (
                    f"wave {number} removes {row.replicas} old replicas from node "
                    f"`{row.from_node}`, the last new ones arrive in wave {coming[-1] + 1}"
                )
                yield Violation(RULE, _subject(row), message)


def _is_held(row: Assignment, after: Workspace) -> bool:
    """Whether a running row is of an earlier template of a wanted ``surge`` deployment."""
    deployment = after.by_key.get(row.key)
    if deployment is None or not deployment.enabled or deployment.rollout is not Rollout.SURGE:
        return False
    return row.key in after.replaced or not same_template(row, deployment)


def _subject(change: Change) -> str:
    return f"{change.model}@{change.environment}"


def _text(change: Change) -> str:
    ends = f"from {change.from_node or '-'} to {change.to_node or '-'}"
    return f"{change.action} {change.replicas} {ends}"
