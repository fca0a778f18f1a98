"""What moves from where to where: the steps of a change, region by region."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from placement.plan.rows import Action
from placement.report.subject import Subject, region_of

if TYPE_CHECKING:
    from placement.plan.rows import Change

MOST_FLOWS = 30
ELSEWHERE = "a node that is gone"


class Kind(StrEnum):
    """What becomes of replicas."""

    KEEP = "keep"
    MOVE = "move"
    REPLACE = "replace"
    PLACE = "place"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Flow:
    """Replicas of one deployment between two regions.

    ``source`` is None for what is new, ``target`` for what goes. A replica that another version
    takes the place of, wherever that runs, is replaced.
    """

    kind: Kind
    model: str
    environment: str
    version: str
    source: str | None
    target: str | None
    replicas: int


def flows(subject: Subject) -> tuple[Flow, ...]:
    """Return the steps of a plan by deployment and regions, the largest of each kind first."""
    places = _Places(subject)
    count: Counter[tuple[Kind, str, str, str, str | None, str | None]] = Counter()
    for own in _by_deployment(subject.plan.changes).values():
        for step, source, target, replicas in _paired(own, places):
            kind = _kind(step, source, target)
            count[kind, step.model, step.environment, step.version, source, target] += replicas
    found = [Flow(*key, replicas) for key, replicas in count.items()]
    order = list(Kind)
    return tuple(sorted(found, key=lambda one: (order.index(one.kind), -one.replicas, _names(one))))


def changes_running(found: Iterable[Flow]) -> bool:
    """Whether anything that runs moves, is replaced or goes."""
    return any(one.kind not in (Kind.KEEP, Kind.PLACE) for one in found)


def _names(one: Flow) -> tuple[str, ...]:
    return (one.model, one.environment, one.source or "", one.target or "")


def _by_deployment(changes: Iterable[Change]) -> dict[tuple[str, str], list[Change]]:
    found: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
    for step in changes:
        found[step.model, step.environment].append(step)
    return found


Ends = tuple["Change", str | None, str | None, int]
"""A step, the regions it leads from and to, and replicas."""


def _paired(steps: list[Change], places: _Places) -> Iterator[Ends]:
    """Yield the steps of a deployment; what is removed is paired with what is placed instead.

    Replicas of one deployment are interchangeable: those that stay in a region come first, the
    others are paired in the order of steps.
    """
    old: dict[str, tuple[Change, int]] = {}
    new: list[tuple[Change, str, int]] = []
    for step in steps:
        source, target = places.of(step.from_node), places.of(step.to_node)
        if step.action is Action.REMOVE and source is not None:
            first, replicas = old.get(source, (step, 0))
            old[source] = (first, replicas + step.replicas)
        elif step.action is Action.PLACE and target is not None:
            new.append((step, target, step.replicas))
        else:
            yield step, source, target, step.replicas
    yield from _replaced(old, new)


def _replaced(
    old: dict[str, tuple[Change, int]], new: list[tuple[Change, str, int]]
) -> Iterator[Ends]:
    """Yield what takes the place of what, then what is only new, then what only goes."""
    left = {region: replicas for region, (_, replicas) in old.items()}
    rest = []
    for step, region, replicas in new:
        same = _take(left, region, replicas)
        if same:
            yield step, region, region, same
        rest.append((step, region, replicas - same))
    for step, region, replicas in rest:
        for source in left:
            taken = _take(left, source, replicas)
            replicas -= taken
            if taken:
                yield step, source, region, taken
        if replicas:
            yield step, None, region, replicas
    yield from ((old[region][0], region, None, count) for region, count in left.items() if count)


def _take(left: dict[str, int], region: str, most: int) -> int:
    """Take at most so many of what a region has left, and return how many."""
    taken = min(left.get(region, 0), most)
    if taken:
        left[region] -= taken
    return taken


def _kind(step: Change, source: str | None, target: str | None) -> Kind:
    if step.action is Action.PLACE and source is not None:
        return Kind.REPLACE
    return Kind(step.action)


class _Places:
    """Looks up the region of a node: by the catalog, else by the rows that name it."""

    def __init__(self, subject: Subject) -> None:
        self.catalog = subject.catalog
        rows = (*subject.workspace.running, *subject.plan.assignments)
        self.stated = {row.node: region_of(row) for row in rows}

    def of(self, node: str | None) -> str | None:
        if node is None:
            return None
        group = self.catalog.groups_by_name.get(node.rpartition("/")[0])
        return self.stated.get(node, ELSEWHERE) if group is None else group.region.key
