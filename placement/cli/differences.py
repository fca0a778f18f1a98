"""What two plans, or two workspaces, have different; the names A and B are those of the command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from placement.cli.output import number
from placement.plan.document import MICRO
from placement.plan.numbers import shown

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.workspace.assignment import Assignment
    from placement.workspace.dumping import Object
    from placement.workspace.transitions import Transition

Item = dict[str, Any]
"""``kind``, ``name``, ``field``, ``a``, ``b``; None where one side has nothing."""


def between_rows(a: Iterable[Assignment], b: Iterable[Assignment]) -> Iterator[Item]:
    """Yield where other replicas are, or where they cost something else."""
    left, right = _by_place(a), _by_place(b)
    for place in sorted(left.keys() | right.keys()):
        one, other = left.get(place), right.get(place)
        if one is None or other is None or one.replicas != other.replicas:
            counts = [None if row is None else row.replicas for row in (one, other)]
            yield _item("Assignment", _title(place), "replicas", *counts)
        elif one.cost != other.cost:
            costs = [number(shown(row.cost, MICRO)) for row in (one, other)]
            yield _item("Assignment", _title(place), "costPerHour", *costs)


def between_plans(a: Plan, b: Plan) -> Iterator[Item]:
    """Yield other rows, other gaps and other values of tiers; bounds and times do not matter."""
    yield from between_rows(a.assignments, b.assignments)
    missing = [
        {f"{row.model}@{row.environment}": row.replicas for row in p.unplaced} for p in (a, b)
    ]
    yield from _between("Unplaced", "replicas", *missing)
    tiers = [{tier.name: number(shown(tier.value, tier.scale)) for tier in p.tiers} for p in (a, b)]
    yield from _between("Tier", "value", *tiers)


def between_objects(transition: Transition) -> Iterator[Item]:
    """Yield what a change does to objects: new ones, gone ones, and fields that differ."""
    from placement.workspace.dumping import to_document
    from placement.workspace.transitions.edits import find, object_key

    for key in transition.dropped:
        yield _item(key[0], "@".join(key[1:]), None, "present", None)
    for one in transition.put:
        kind, *names = object_key(one)
        old: Object | None = find(transition.before, object_key(one))
        if old is None:
            yield _item(kind, "@".join(names), None, None, "present")
        else:
            fields = [dict(_leaves(to_document(each))) for each in (old, one)]
            yield from _fields(kind, "@".join(names), *fields)


def _fields(kind: str, name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Item]:
    for field in (*a, *(field for field in b if field not in a)):
        if a.get(field) != b.get(field):
            yield _item(kind, name, field, a.get(field), b.get(field))


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field of a document with its path; lists are compared whole."""
    for name, part in value.items():
        if isinstance(part, Mapping):
            yield from _leaves(part, f"{path}{name}.")
        else:
            yield f"{path}{name}", part


def _between(kind: str, field: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Item]:
    for name in (*a, *(name for name in b if name not in a)):
        if a.get(name) != b.get(name):
            yield _item(kind, name, field, a.get(name), b.get(name))


_Place = tuple[str, str, str, str, int]


def _by_place(rows: Iterable[Assignment]) -> dict[_Place, Assignment]:
    return {
        (row.model, row.environment, row.version, row.node, -1 if row.gpu is None else row.gpu): row
        for row in rows
    }


def _title(place: _Place) -> str:
    model, environment, version, node, gpu = place
    slot = "" if gpu < 0 else f" gpu {gpu}"
    return f"{model}@{environment} version {version} on {node}{slot}"


def _item(kind: str, name: str, field: str | None, a: object, b: object) -> Item:
    return {"kind": kind, "name": name, "field": field, "a": a, "b": b}
