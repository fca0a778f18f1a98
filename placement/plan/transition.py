"""Judges what a plan says about the change it belongs to, by documents and running rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from placement.constraints.base import Violation
from placement.plan.document import MICRO
from placement.plan.numbers import shown
from placement.workspace.dumping import to_documents

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.plan.rows import TransitionRecord
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

RULE = "transition"
Name = tuple[str, ...]
"""Kind, name and, for deployments, environment."""
Endpoint = tuple[str, str, str]
"""Model, environment, version."""


def check_transition(before: Workspace, after: Workspace, plan: Plan) -> Iterator[Violation]:
    """Yield what is wrong with the record of a change.

    Parameters
    ----------
    before : Workspace
        With the rows that run before the change.
    after : Workspace
        With the same rows, and in ``replaced`` those of an earlier template.
    plan : Plan
        With a transition record.
    """
    record = plan.transition
    if record is None:
        return
    yield from _documents(before, after, record)
    yield from _same("replaced", set(record.replaced), _replaced(before, after))
    yield from _same("replaced by the workspace", set(after.replaced), _replaced(before, after))
    gone = _callable(before.running) - _callable(plan.assignments)
    yield from _same("uncallable", set(record.uncallable), gone)
    for name, keys in (("replaced", record.replaced), ("uncallable", record.uncallable)):
        if list(keys) != sorted(set(keys)):
            yield Violation(RULE, name, "not sorted, or something twice")
    costs = (
        ("costBefore", record.cost_before, before.running),
        ("costAfter", record.cost_after, plan.assignments),
    )
    for name, stated, rows in costs:
        cost = sum(row.cost for row in rows)
        if stated != cost:
            message = f"stated as {shown(stated, MICRO)} USD/h, the rows cost {shown(cost, MICRO)}"
            yield Violation(RULE, name, message)


def _documents(
    before: Workspace, after: Workspace, record: TransitionRecord
) -> Iterator[Violation]:
    """Yield every object that putting and deleting does not bring to what it is afterwards."""
    found, wanted = _by_name(to_documents(before)), _by_name(to_documents(after))
    for stated in record.delete:
        name = _name(stated["kind"], stated["name"], stated.get("environment"))
        if found.pop(name, None) is None:
            yield Violation(RULE, _text(name), "deleted, but it is not there")
    found |= _by_name(record.put)
    for name in sorted(found.keys() | wanted.keys()):
        if name not in wanted:
            yield Violation(RULE, _text(name), "not deleted, but it is gone")
        elif name not in found:
            yield Violation(RULE, _text(name), "not put, but it is new")
        elif found[name] != wanted[name]:
            yield Violation(RULE, _text(name), "another document than afterwards")


def _by_name(documents: Iterable[Mapping[str, Any]]) -> dict[Name, Mapping[str, Any]]:
    found = {}
    for one in documents:
        metadata = one["metadata"]
        found[_name(one["kind"], metadata["name"], metadata.get("environment"))] = one
    return found


def _name(kind: str, name: str, environment: str | None) -> Name:
    return (kind, name) if environment is None else (kind, name, environment)


def _text(name: Name) -> str:
    return f"{name[0]} {'@'.join(name[1:])}"


def _replaced(before: Workspace, after: Workspace) -> set[tuple[str, str]]:
    """Return the deployments whose running rows were started from another template."""
    runs = {row.key for row in before.running}
    started = {key for key in runs if key in after.by_key and _differ(before, after, key)}
    return started | {key for key in before.replaced if key in after.by_key}


def _differ(before: Workspace, after: Workspace, key: tuple[str, str]) -> bool:
    old = before.by_key.get(key)
    return old is None or _template(old) != _template(after.by_key[key])


def _template(one: ModelDeployment) -> tuple[object, ...]:
    return (one.version, one.resources, one.flavors)


def _callable(rows: Iterable[Assignment]) -> set[Endpoint]:
    """Return what can be called: each version of a deployment that has a replica."""
    return {(*row.key, row.version) for row in rows}


def _same(name: str, stated: set[Any], true: set[Any]) -> Iterator[Violation]:
    for row in sorted(stated - true):
        yield Violation(RULE, name, f"`{'@'.join(row)}` should not be there")
    for row in sorted(true - stated):
        yield Violation(RULE, name, f"`{'@'.join(row)}` is missing")
