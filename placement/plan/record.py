"""What a change does besides its steps, as its plan records it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from placement.plan.rows import TransitionRecord
from placement.workspace.dumping import to_document

if TYPE_CHECKING:
    from placement.workspace.assignment import Assignment
    from placement.workspace.transitions import Transition


def record_of(
    transition: Transition,
    running: Iterable[Assignment],
    planned: Iterable[Assignment],
    *,
    cost_before: int,
    cost_after: int,
) -> TransitionRecord:
    """Return the record of a change.

    Parameters
    ----------
    transition : Transition
    running, planned : iterable of Assignment
        What runs before and after, of every deployment whose rows differ at least.
    cost_before, cost_after : int
        What everything costs, in micro-USD per hour.
    """
    words = ("kind", "name", "environment")
    return TransitionRecord(
        kind=str(transition.kind),
        arguments=transition.arguments,
        put=tuple(to_document(one) for one in transition.put),
        delete=tuple(dict(zip(words, key, strict=False)) for key in transition.dropped),
        replaced=tuple(sorted(transition.after.replaced)),
        uncallable=tuple(sorted(_served(running) - _served(planned))),
        cost_before=cost_before,
        cost_after=cost_after,
    )


def _served(rows: Iterable[Assignment]) -> set[tuple[str, str, str]]:
    """Return (model, environment, version) of everything that has a replica."""
    return {(row.model, row.environment, row.version) for row in rows}
