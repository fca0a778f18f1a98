"""Which nodes new replicas of free deployments may come to: all that have room, or the best few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from placement.problem.stranding import lost_on
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.problem.affected import Affected, Parts
    from placement.problem.fleet import Ints
    from placement.problem.ledger import Key, Ledger


def landing_nodes(
    affected: Affected,
    keys: Sequence[Key],
    ledger: Ledger,
    *,
    breadth: int | None,
    parts: Parts | None = None,
) -> Ints:
    """Return the nodes that new replicas of some deployments may come to.

    Parameters
    ----------
    ledger : Ledger
        What is left there.
    breadth : int or None
        For each deployment the best nodes that together take so many times what it wants; in
        every zone, if a rule looks at domains. None is all nodes.
    parts : mapping, optional
        As for ``Affected.compile``.
    """
    fleet = affected.fleet
    chosen = np.zeros(len(fleet), bool)
    for key in keys:
        deployment, eligible = affected.after.by_key[key], affected.eligible(key)[fleet.group_of]
        room = ledger.room(deployment)
        nodes = np.flatnonzero(eligible & fleet.accepts & (room > 0))
        if any(entry.max_skew for entry in deployment.spread):
            # A domain without room counts as an empty one all the same.
            chosen |= eligible & fleet.holds
        if breadth is not None:
            strands = _strands(affected, key, ledger, nodes)
            many = affected.target(key, parts or {})
            many *= breadth if strands is None or not affected.is_loose(key) else 1
            nodes = _best(affected, key, nodes, room[nodes], many, strands)
        chosen[nodes] = True
    return np.flatnonzero(chosen)


def _strands(affected: Affected, key: Key, ledger: Ledger, nodes: Ints) -> Ints | None:
    """Return how much a replica on each node takes from what is expected, if anything is."""
    if affected.kinds is None:
        return None
    return lost_on(affected.kinds, ledger, affected.after.by_key[key], nodes)


def _best(
    affected: Affected, key: Key, nodes: Ints, room: Ints, wanted: int, strands: Ints | None
) -> Ints:
    """Return the cheapest nodes that take so many replicas.

    Of equally cheap ones those that strand least, then the fullest.
    """
    deployment = affected.after.by_key[key]
    groups = affected.fleet.group_of[nodes]
    zones = np.zeros(len(nodes), np.int64)
    if deployment.spread or deployment.separate_from or deployment.together_with:
        zones = affected.catalog.table.texts[Domain.ZONE.value][1][groups]
    single = any(entry.over is Domain.NODE for entry in deployment.spread)
    room = np.minimum(room, 1) if single else np.minimum(room, wanted)
    least = np.zeros_like(nodes) if strands is None else strands
    order = np.lexsort((nodes, room, least, affected.values(key)[groups], zones))
    before = np.cumsum(room[order]) - room[order]
    first = np.flatnonzero(np.diff(zones[order], prepend=-1))
    base = np.repeat(before[first], np.diff(np.append(first, len(order))))
    return nodes[order[before - base < wanted]]
