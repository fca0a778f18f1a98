"""The least a lot of replicas can cost by itself: each one where it is cheapest, or nowhere.

Costs may be negative, because a replica that is left out gives up what a place is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.certificate.lots import LARGEST, Ints

LOW_BITS = 31
LOW_MASK = 2**LOW_BITS - 1
NOWHERE = LARGEST * 2
"""Stands for the cost where there is no room."""


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
    cost: Ints,
    room: Ints,
    replicas: int,
    owed: Owed,
    *,
    limits: Sequence[tuple[Ints, int]] = (),
    first: Sequence[int] = (),
) -> int:
    """Return the least cost of one deployment with what it owes and its limits per domain.

    The cheapest columns first: with nested domains that is best for every number placed, so the
    least is at a number where the slope changes.

    Parameters
    ----------
    cost, room : int array
        Per column what a replica costs, and how many there may be.
    limits : sequence of (int array, int)
        The domain of each column, and the most replicas in one domain. Domains of two limits are
        nested or apart.
    first : sequence of int
        Columns that take one replica each before all others, if any is placed.
    """
    given = Counter(first)
    total, placed = sum(int(cost[c]) for c in first), len(first)
    least = min(0, total + owed.slope * min(owed.replicas, placed))
    taken: Counter[tuple[int, int]] = Counter()
    for c in cost.argsort(kind="stable").tolist():
        if cost[c] >= max(0, -owed.slope) or placed >= replicas:
            break
        inside = [(kind, int(domains[c])) for kind, (domains, _) in enumerate(limits)]
        count = min(int(room[c]) - given[c], replicas - placed)
        for domain in inside:
            count = min(count, limits[domain[0]][1] - taken[domain])
        for domain in inside:
            taken[domain] += count
        for part in _parts(count, owed.replicas - placed):
            total, placed = total + int(cost[c]) * part, placed + part
            least = min(least, total + owed.slope * min(owed.replicas, placed))
    return least


def _parts(count: int, until: int) -> tuple[int, ...]:
    """Split a number of replicas at the last one that is owed."""
    return (until, count - until) if 0 < until < count else (count,)


def cheapest_domains(
    cost: Ints, domains: Ints, count: int, most: Ints | None = None
) -> list[int] | None:
    """Return the cheapest columns of the cheapest domains; None if there are not so many.

    Any replicas in so many domains cost at least as much as one on each of these, and the others
    where it is cheapest: whoever lacks one of these columns can give up another one for it.

    Parameters
    ----------
    domains : int array
        The domain of each column.
    most : int array, optional
        How many domains each column stands for, if not one.
    """
    chosen: list[int] = []
    seen: set[int] = set()
    for c in cost.argsort(kind="stable").tolist():
        if len(chosen) >= count:
            break
        if int(domains[c]) not in seen:
            seen.add(int(domains[c]))
            times = 1 if most is None else int(most[c])
            chosen += [c] * min(times, count - len(chosen))
    return chosen if len(chosen) >= count else None
