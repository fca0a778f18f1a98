"""Conflicts and repairs on one screen, and as items of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from placement.plan.row_text import MICRO

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.workspace.refusal import Conflict, Repair

Pairs = Sequence[tuple["Conflict", "tuple[Repair, ...]"]]
MOST_MEMBERS = 12
"""Members that are listed on a screen; a document has all of them."""


def as_lines(pairs: Pairs, plan: Plan) -> Iterator[str]:
    """Yield the lines of a screen."""
    if not plan.unplaced:
        yield _all_placed(sum(row.replicas for row in plan.assignments))
        return
    missing = sum(row.replicas for row in plan.unplaced)
    who = "deployment" if len(plan.unplaced) == 1 else "deployments"
    what = (
        "1 replica of 1 deployment has"
        if missing == 1
        else (f"{missing:,} replicas of {len(plan.unplaced):,} {who} have")
    )
    yield f"{what} no place"
    yield from conflict_lines(pairs)


def _all_placed(replicas: int) -> str:
    match replicas:
        case 0:
            return "nothing to place: no replica is asked for"
        case 1:
            return "everything fits: the only replica has a place"
    return f"everything fits: all {replicas:,} replicas have a place"


def conflict_lines(pairs: Pairs) -> Iterator[str]:
    """Yield each conflict with its members and its repairs, a blank line before it."""
    if not pairs:
        yield "nothing keeps them from one: plan again, with more time"
    for number, (conflict, repairs) in enumerate(pairs, 1):
        yield ""
        yield f"{number}. {conflict.kind} conflict{_proof(conflict)}: {conflict.message}"
        yield from _listed(conflict)
        yield from repair_lines(repairs)


def _proof(conflict: Conflict) -> str:
    return "" if conflict.proved else " (not proved)"


def _listed(conflict: Conflict) -> Iterator[str]:
    """Yield the members, the first ones if they are many."""
    members = conflict.members
    most = MOST_MEMBERS if len(members) > MOST_MEMBERS + 1 else len(members)
    yield from (f"   - {member}" for member in members[:most])
    if len(members) > most:
        yield f"   - and {len(members) - most:,} more"


def repair_lines(repairs: Iterable[Repair]) -> Iterator[str]:
    """Yield the repairs, or that there is none."""
    found = list(repairs)
    if not found:
        yield "   no single change that was tried makes it fit"
        return
    yield "   any one of these makes it fit, the cheapest first:"
    yield from (f"   {number}) {repair.message}" for number, repair in enumerate(found, 1))


def as_items(pairs: Pairs) -> list[dict[str, Any]]:
    """Return conflicts with their repairs as items of a document."""
    return [
        {
            "kind": conflict.kind,
            "members": list(conflict.members),
            "message": conflict.message,
            "proved": conflict.proved,
            "minimal": conflict.minimal,
            "repairs": [_repair(repair) for repair in repairs],
        }
        for conflict, repairs in pairs
    ]


def _repair(repair: Repair) -> dict[str, Any]:
    return {
        "kind": str(repair.kind),
        "message": repair.message,
        "costPerHour": None if repair.cost is None else repair.cost / MICRO,
        "edits": [dict(edit) for edit in repair.edits],
        "verified": repair.verified,
    }
