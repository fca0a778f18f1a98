"""What has to happen: which replicas leave a node, which arrive on one, and which stay."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from placement.plan.running import node_order, same_template
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

T = TypeVar("T")
Key = tuple[str, str]
Place = tuple[str, int]
"""Node, and index of the GPU of a share or -1."""


@dataclass(frozen=True)
class Steps:
    """What changes of one deployment.

    Attributes
    ----------
    key : (model, environment)
    version : str
        Of the replicas that arrive and move; empty if the deployment is gone.
    recreate : bool
        Whether replicas are freed before, and not after, their successors arrive.
    is_replaced : bool
        Whether ``old`` has successors: rows of an earlier template of what is still wanted.
    stay, leave, arrive : Counter of Place
        Replicas of an unchanged template; ``arrive`` also holds those of a changed one.
    old : Counter of (version, Place)
        Rows of an earlier template, or of a deployment that is gone or disabled.
    """

    key: Key
    version: str
    recreate: bool
    is_replaced: bool
    stay: Counter[Place] = field(default_factory=Counter)
    leave: Counter[Place] = field(default_factory=Counter)
    arrive: Counter[Place] = field(default_factory=Counter)
    old: Counter[tuple[str, Place]] = field(default_factory=Counter)

    @property
    def holds_old(self) -> bool:
        """Whether old rows keep their capacity until everything has arrived."""
        return self.is_replaced and not self.recreate

    @property
    def frees_old(self) -> bool:
        """Whether old rows leave no later than their successors arrive."""
        return self.is_replaced and self.recreate

    @property
    def leaves(self) -> bool:
        """Whether anything moves or is removed."""
        return bool(self.leave or self.old)

    @property
    def spare(self) -> int:
        """How many of those that leave have no successor."""
        return max(0, self.leave.total() - self.arrive.total())


def steps_of(
    after: Workspace, old: Iterable[Assignment], new: Iterable[Assignment]
) -> tuple[Steps, ...]:
    """Return the steps of every deployment that has rows, sorted by key.

    Parameters
    ----------
    after : Workspace
    old, new : iterable of Assignment
        The rows that run and those of the plan. Rows that are the same on both sides may be left
        out of both where nothing arrives.
    """
    runs, plans = _by_key(old), _by_key(new)
    return tuple(
        _of_deployment(key, after, runs.get(key, ()), plans.get(key, ()))
        for key in sorted({*runs, *plans})
    )


def in_order(places: Counter[Place]) -> Iterator[tuple[Place, int]]:
    """Yield places and their counts in the order of nodes and GPUs."""
    for place in sorted(places, key=lambda place: (node_order(place[0]), place[1])):
        if places[place]:
            yield place, places[place]


def places_of(old: Counter[tuple[str, Place]]) -> Counter[Place]:
    """Return rows by place, of whatever version."""
    found: Counter[Place] = Counter()
    for (_, place), count in old.items():
        found[place] += count
    return found


def paired(
    sources: Iterable[tuple[T, int]], targets: Iterable[tuple[T, int]]
) -> Iterator[tuple[T | None, T | None, int]]:
    """Pair what leaves with what arrives, as they come; what is left over pairs with None."""
    leaving, arriving = list(sources)[::-1], list(targets)[::-1]
    while leaving and arriving:
        (source, leave), (target, arrive) = leaving.pop(), arriving.pop()
        count = min(leave, arrive)
        yield source, target, count
        if leave > count:
            leaving.append((source, leave - count))
        if arrive > count:
            arriving.append((target, arrive - count))
    yield from ((source, None, leave) for source, leave in reversed(leaving))
    yield from ((None, target, arrive) for target, arrive in reversed(arriving))


def _by_key(rows: Iterable[Assignment]) -> Mapping[Key, list[Assignment]]:
    found: dict[Key, list[Assignment]] = defaultdict(list)
    for row in rows:
        found[row.key].append(row)
    return found


def _of_deployment(
    key: Key, after: Workspace, old: Iterable[Assignment], new: Iterable[Assignment]
) -> Steps:
    deployment = after.by_key.get(key)
    recreate = deployment is not None and deployment.rollout is Rollout.RECREATE
    kept = [row for row in old if _is_kept(row, deployment, after)]
    gone = [row for row in old if not _is_kept(row, deployment, after)]
    runs, plans = _places(kept), _places(new)
    return Steps(
        key,
        deployment.version if deployment else "",
        recreate,
        bool(gone) and deployment is not None and deployment.enabled,
        stay=runs & plans,
        leave=runs - plans,
        arrive=plans - runs,
        old=_versions(gone),
    )


def _is_kept(row: Assignment, deployment: ModelDeployment | None, after: Workspace) -> bool:
    if deployment is None or not deployment.enabled or row.key in after.replaced:
        return False
    return same_template(row, deployment)


def _place(row: Assignment) -> Place:
    return (row.node, -1 if row.gpu is None else row.gpu)


def _places(rows: Iterable[Assignment]) -> Counter[Place]:
    found: Counter[Place] = Counter()
    for row in rows:
        found[_place(row)] += row.replicas
    return found


def _versions(rows: Iterable[Assignment]) -> Counter[tuple[str, Place]]:
    found: Counter[tuple[str, Place]] = Counter()
    for row in rows:
        found[row.version, _place(row)] += row.replicas
    return found
