"""What changes between today and a plan, in whole replicas.

Replicas of an unchanged template that disappear on one node and appear on another are paired, in
the order of nodes, as ``move``; what is left over is ``remove`` or ``place``. Replicas that were
forced off their node are paired like any others, although the tier ``moves`` does not count them.
With a changed template all old rows are ``remove`` and all new ones ``place``. A share that only
changes its GPU is a ``move`` whose ``fromNode`` and ``toNode`` are equal: somebody has to act on
it, but the tier does not count it. ``keep`` is listed only for deployments with another change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from placement.plan.rows import Action, Change
from placement.plan.running import RunningState, node_order, running_state

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import Workspace

Key = tuple[str, str]
Place = tuple[str, int]  # node, GPU index or -1

__all__ = ["RunningState", "diff", "running_state"]


def diff(
    workspace: Workspace,
    catalog: Catalog,
    assignments: Sequence[Assignment],
    *,
    state: RunningState | None = None,
) -> tuple[Change, ...]:
    """Return the steps from what runs in a workspace to the rows of a plan.

    Parameters
    ----------
    workspace : Workspace
        With today's rows in ``running``.
    catalog : Catalog
    assignments : sequence of Assignment
        The rows of the plan.
    state : RunningState, optional
        Of this workspace and catalog, if the caller has it already.

    Returns
    -------
    tuple of Change
        Sorted by model, environment, action (place, keep, move, remove), from and to node.
    """
    today = state or running_state(workspace, catalog)
    if not today.removed and not today.wanted and _is_one_each(assignments):
        return tuple(_anew(row, workspace) for row in assignments)
    new = _by_deployment(assignments)
    removed = _by_deployment(lot.row for lot in today.removed)
    changes: list[Change] = []
    for key in sorted({**new, **removed, **today.wanted}):
        own = new.get(key, ())
        version = _version(workspace, key, own)
        if key in removed or key in today.wanted:
            old = today.wanted.get(key, ())
            found = _of_deployment(key, version, old, removed.get(key, ()), own)
            changes += sorted(found, key=change_order)
        else:
            nodes = reversed(_in_order(_by_node(_places(own))))
            changes += [_place(key, version, count, node) for node, count in nodes]
    return tuple(changes)


def _is_one_each(rows: Sequence[Assignment]) -> bool:
    """Whether rows are in order and no two are of one deployment."""
    return all(
        row.model < following.model or row.key < following.key for row, following in pairwise(rows)
    )


def _anew(row: Assignment, workspace: Workspace) -> Change:
    model, environment = row.model, row.environment
    deployment = workspace.by_key.get((model, environment))
    version = deployment.version if deployment else row.version
    return Change(Action.PLACE, model, environment, version, row.replicas, None, row.node)


def _version(workspace: Workspace, key: Key, new: Sequence[Assignment]) -> str:
    """Return the version that a deployment has, also where the rows of a plan say otherwise."""
    deployment = workspace.by_key.get(key)
    return deployment.version if deployment else next((row.version for row in new), "")


def _place(key: Key, version: str, replicas: int, node: str) -> Change:
    return Change(Action.PLACE, *key, version, replicas, None, node)


def _by_deployment(rows: Iterable[Assignment]) -> dict[Key, list[Assignment]]:
    found: dict[Key, list[Assignment]] = defaultdict(list)
    for row in rows:
        found[row.model, row.environment].append(row)
    return dict(found)


def _of_deployment(
    key: Key,
    version: str,
    old: Sequence[Assignment],
    removed: Sequence[Assignment],
    new: Sequence[Assignment],
) -> list[Change]:
    before, after = _places(old), _places(new)
    stay, shifted = _in_place(before, after)
    leaving = _by_node(before) - stay
    arriving = _by_node(after) - stay
    changes = [
        Change(Action.REMOVE, *key, gone, count, node, None)
        for (gone, node), count in _by_version(removed).items()
    ]
    changes += [
        Change(Action.MOVE, *key, version, count, node, node) for node, count in shifted.items()
    ]
    changes += _paired(key, version, leaving, arriving)
    if changes:
        changes += [
            Change(Action.KEEP, *key, version, count - shifted[node], node, node)
            for node, count in stay.items()
            if count > shifted[node]
        ]
    return changes


def _in_place(before: Counter[Place], after: Counter[Place]) -> tuple[Counter[str], Counter[str]]:
    """Return, by node, how many replicas stay on it, and how many of those change GPU."""
    stay = _by_node(before) & _by_node(after)
    same_gpu = _by_node(before & after)
    return stay, stay - same_gpu


def _paired(
    key: Key, version: str, leaving: Counter[str], arriving: Counter[str]
) -> Iterator[Change]:
    sources, targets = _in_order(leaving), _in_order(arriving)
    while sources and targets:
        (source, leave), (target, arrive) = sources.pop(), targets.pop()
        count = min(leave, arrive)
        yield Change(Action.MOVE, *key, version, count, source, target)
        if leave > count:
            sources.append((source, leave - count))
        if arrive > count:
            targets.append((target, arrive - count))
    for node, count in sources:
        yield Change(Action.REMOVE, *key, version, count, node, None)
    for node, count in targets:
        yield Change(Action.PLACE, *key, version, count, None, node)


def _places(rows: Iterable[Assignment]) -> Counter[Place]:
    places: Counter[Place] = Counter()
    for row in rows:
        places[row.node, -1 if row.gpu is None else row.gpu] += row.replicas
    return places


def _by_node(places: Counter[Place]) -> Counter[str]:
    nodes: Counter[str] = Counter()
    for (node, _), count in places.items():
        nodes[node] += count
    return nodes


def _by_version(rows: Iterable[Assignment]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[row.version, row.node] += row.replicas
    return found


def _in_order(nodes: Counter[str]) -> list[tuple[str, int]]:
    """Return (node, replicas) with the first node last, where ``pop`` takes it."""
    return sorted(nodes.items(), key=lambda item: node_order(item[0]), reverse=True)


ACTIONS = tuple(Action)


def change_order(change: Change) -> tuple[object, ...]:
    """Sort key of changes: deployment, action, from node, to node, version."""
    return (
        change.model,
        change.environment,
        ACTIONS.index(change.action),
        node_order(change.from_node or ""),
        node_order(change.to_node or ""),
        change.version,
    )
