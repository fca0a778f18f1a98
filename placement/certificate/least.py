"""The least a lot of replicas can cost by itself: each one where it is cheapest, or nowhere.

Costs may be negative, because a replica that is left out gives up what a place is worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from placement.certificate.lots import LARGEST, Ints

LOW_BITS = 31
LOW_MASK = 2**LOW_BITS - 1
NOWHERE = LARGEST * 2
"""Stands for the cost where there is no room."""


@dataclass(frozen=True, slots=True)
class Column:
    """Room for ``room`` replicas that cost ``cost`` each, in the domains ``domains``."""

    cost: int
    room: int
    domains: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """How many of today's replicas are to keep a place, and what the first so many add each.

    ``slope`` may be negative: a place is worth more to a replica that would otherwise lose it.
    """

    replicas: int = 0
    slope: int = 0


def least_of_rows(cost: Ints, room: Ints, replicas: Ints) -> list[int]:
    """Return the least cost of each row: at most ``replicas``, at most ``room`` per column."""
    if not cost.size:
        return [0] * len(replicas)
    paid = np.where(room > 0, np.minimum(cost, 0), 0)
    best = paid.argmin(axis=1)
    rows = np.arange(len(replicas))
    fits = room[rows, best] >= replicas
    found = _product(paid[rows, best][:, None], np.where(fits, replicas, 0)[:, None])
    for row, least in zip(np.flatnonzero(~fits), _filled(paid, room, replicas, ~fits), strict=True):
        found[row] = least
    return found


def _filled(paid: Ints, room: Ints, replicas: Ints, where: Ints) -> list[int]:
    """Return the least cost of rows whose cheapest column has not room for all."""
    paid, room, replicas = paid[where], room[where], replicas[where]
    order = paid.argsort(axis=1, kind="stable")
    paid = np.take_along_axis(paid, order, axis=1)
    room = np.minimum(np.take_along_axis(room, order, axis=1), replicas[:, None])
    before = room.cumsum(axis=1) - room
    return _product(paid, np.clip(replicas[:, None] - before, 0, room))


def _product(cost: Ints, count: Ints) -> list[int]:
    """Return the exact row sums of cost x count, counts of a row adding up to less than 2^31."""
    if cost.dtype == object:
        return [int(total) for total in (cost * count).sum(axis=1)]
    high = ((cost >> LOW_BITS) * count).sum(axis=1).tolist()
    low = ((cost & LOW_MASK) * count).sum(axis=1).tolist()
    return [(h << LOW_BITS) + rest for h, rest in zip(high, low, strict=True)]


def least_of_one(
    columns: Iterable[Column], replicas: int, owed: Owed, limits: Sequence[int] = ()
) -> int:
    """Return the least cost of one deployment with what it owes and its limits per domain.

    The cheapest columns first: with nested domains that is best for every number placed, so the
    least is at a number where the slope changes.

    Parameters
    ----------
    limits : sequence of int
        By kind of limit the most replicas in one domain; columns say (kind, domain).
    """
    total = least = placed = 0
    in_domain: dict[tuple[int, int], int] = {}
    for column in sorted(columns, key=lambda column: column.cost):
        if column.cost >= max(0, -owed.slope) or placed >= replicas:
            break
        count = min(column.room, replicas - placed)
        for domain in column.domains:
            count = min(count, limits[domain[0]] - in_domain.get(domain, 0))
        for domain in column.domains:
            in_domain[domain] = in_domain.get(domain, 0) + count
        for part in _parts(count, owed.replicas - placed):
            total, placed = total + column.cost * part, placed + part
            least = min(least, total + owed.slope * min(owed.replicas, placed))
    return least


def _parts(count: int, until: int) -> tuple[int, ...]:
    """Split a number of replicas at the last one that is owed."""
    return (until, count - until) if 0 < until < count else (count,)
