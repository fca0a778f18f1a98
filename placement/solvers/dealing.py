"""From seats of classes to seats of deployments."""

from __future__ import annotations

from placement.problem.classes import Classes
from placement.solvers.greedy import Layout
from placement.solvers.node_space import Seat


def dealt(classes: Classes, layout: Layout) -> Layout:
    """Return a layout of classes as one of deployments, cell by cell and node by node."""
    seats_of: dict[int, list[tuple[int, Seat]]] = {}
    for cell, seats in layout.items():
        for seat in seats:
            seats_of.setdefault(seat.deployment, []).append((cell, seat))
    found: dict[int, list[Seat]] = {cell: [] for cell in layout}
    for number, places in seats_of.items():
        members = classes.members[number]
        if len(members) == 1:
            for cell, seat in places:
                found[cell].append(Seat(members[0], seat.node, seat.slot, seat.replicas))
            continue
        for place, d, count in classes.deal(number, [seat.replicas for _, seat in places]):
            cell, seat = places[place]
            found[cell].append(Seat(d, seat.node, seat.slot, count))
    return {cell: tuple(sorted(seats, key=_order)) for cell, seats in found.items()}


def _order(seat: Seat) -> tuple[int, int, int]:
    return seat.node, seat.deployment, -1 if seat.slot is None else seat.slot
