"""Finds the waves of a plan: an order in which no node is ever over capacity, if there is one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.plan.waves.parts import Loads, Part, parts_of
from placement.plan.waves.rooms import Item, Rooms, joined
from placement.plan.waves.schedule import Hop, Schedule
from placement.plan.waves.search import Block, Budget, OutOfBudgetError, Search
from placement.plan.waves.steps import Place, Steps, places_of, steps_of
from placement.plan.waves.timeline import Timeline

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.rows import Change
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import Workspace

BUDGET = 10_000
"""States that are looked at before the answer is left open."""


@dataclass(frozen=True, slots=True)
class Order:
    """The waves of a plan, or that there are none.

    Attributes
    ----------
    waves : tuple of tuple of Change, or None
        None if no order is known; empty if nothing is moved or removed.
    proved : bool
        Whether it is certain: without waves, that no order exists.
    """

    waves: tuple[tuple[Change, ...], ...] | None
    proved: bool


def order(
    catalog: Catalog,
    before: Workspace,
    after: Workspace,
    rows: Sequence[Assignment],
    *,
    running: Sequence[Assignment] | None = None,
    budget: int = BUDGET,
) -> Order:
    """Return the steps from what runs to the rows of a plan, in waves.

    Parameters
    ----------
    catalog : Catalog
    before : Workspace
        With today's rows in ``running``, and what they demand.
    after : Workspace
    rows : sequence of Assignment
        The rows of the plan.
    running : sequence of Assignment, optional
        Today's rows; ``before.running`` if absent. Rows that are the same in ``running`` and in
        ``rows`` may be left out of both on nodes where nothing arrives.
    budget : int
        How many states to look at before giving up.

    Returns
    -------
    Order
    """
    old = before.running if running is None else running
    steps = steps_of(after, *_concerned(after, old, rows))
    if not any(one.leaves for one in steps):
        return Order((), proved=True)
    rooms = Rooms(catalog, before, after)
    today = _today(steps)
    full = {node: joined(load, today[node]) for node, load in _coming(steps).items()}
    leaving = _leaving(steps)
    if not all(rooms.fits(node, joined(load, leaving[node])) for node, load in full.items()):
        return Order(None, proved=True)
    try:
        blocks = _search(rooms, parts_of(rooms, steps, today=today, full=full), Budget(budget))
    except OutOfBudgetError:
        return Order(None, proved=False)
    if blocks is None:
        return Order(None, proved=True)
    timeline = Timeline(rooms, {node: today[node] for node in full}, _roomy(rooms, steps, full))
    return Order(Schedule(timeline, steps).run(blocks), proved=True)


def _concerned(
    after: Workspace, old: Sequence[Assignment], new: Sequence[Assignment]
) -> tuple[list[Assignment], list[Assignment]]:
    """Return the rows of deployments that change, and those on nodes that these reach."""
    runs, plans = ({(*row.key, *_what(row)) for row in rows} for rows in (old, new))
    changed = {(model, environment) for model, environment, *_ in runs ^ plans} | after.replaced
    reached = {row.node for row in new if row.key in changed}
    before, later = (
        [row for row in rows if row.key in changed or row.node in reached] for rows in (old, new)
    )
    return before, later


def _what(row: Assignment) -> tuple[object, ...]:
    return (row.version, row.node, row.gpu, row.replicas, row.gpus)


def _search(rooms: Rooms, parts: Iterable[Part], budget: Budget) -> list[list[Hop]] | None:
    """Return the moves that have to be in order, in order, or None if there is none."""
    found: list[list[Hop]] = []
    for part in parts:
        blocks = Search(rooms, part, budget).run()
        if blocks is None:
            return None
        found += _named(part, blocks)
    return found


def _named(part: Part, blocks: Sequence[Block]) -> Iterator[list[Hop]]:
    """Yield blocks with places for slots; arrivals elsewhere are taken as they come."""
    movers = {slot: mover for mover in part.movers for slot in mover.leave}
    elsewhere = {mover.elsewhere: part.elsewhere(mover) for mover in part.movers}
    for block in blocks:
        yield [
            Hop(
                movers[leave].steps,
                part.places[leave],
                next(elsewhere[arrive]) if arrive in elsewhere else part.places[arrive],
            )
            for leave, arrive in block
        ]


def _today(steps: Iterable[Steps]) -> dict[str, Counter[Item]]:
    """Return what is on each node at the start of the first wave, without what leaves then."""
    found: dict[str, Counter[Item]] = defaultdict(Counter)
    for one in steps:
        _count(found, one, one.stay, is_new=True)
        _count(found, one, one.leave, is_new=False)
        if one.holds_old:
            _count(found, one, places_of(one.old), is_new=False)
    return found


def _coming(steps: Iterable[Steps]) -> dict[str, Counter[Item]]:
    found: dict[str, Counter[Item]] = defaultdict(Counter)
    for one in steps:
        _count(found, one, one.arrive, is_new=True)
    return found


def _leaving(steps: Iterable[Steps]) -> dict[str, Counter[Item]]:
    """Return what leaves each node, counted below zero."""
    found: dict[str, Counter[Item]] = defaultdict(Counter)
    for one in steps:
        for (node, gpu), count in one.leave.items():
            found[node][False, one.key, gpu] -= count
    return found


def _roomy(rooms: Rooms, steps: Sequence[Steps], full: Loads) -> Iterator[str]:
    """Yield the nodes that could hold all that was, is and will be on them at once."""
    freed: dict[str, Counter[Item]] = defaultdict(Counter)
    for one in steps:
        if one.frees_old:
            _count(freed, one, places_of(one.old), is_new=False)
    return (node for node, load in full.items() if rooms.fits(node, joined(load, freed[node])))


def _count(
    loads: dict[str, Counter[Item]], one: Steps, places: Counter[Place], *, is_new: bool
) -> None:
    for (node, gpu), count in places.items():
        loads[node][is_new, one.key, gpu] += count
