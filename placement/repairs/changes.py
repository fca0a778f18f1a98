"""What would let a refused change be made: other wishes, more nodes, or more leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from placement.options import Leave
from placement.repairs.trouble import Trouble
from placement.repairs.trying import find_repairs
from placement.workspace.refusal import (
    Conflict,
    Member,
    MemberKind,
    Refusal,
    RefusalReason,
    Repair,
    RepairKind,
)
from placement.workspace.transitions import Transition, between
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.refusals import Judge
    from placement.workspace.workspace import Workspace

MOST_HOLDING = 8
"""Deployments whose rollout is changed, one at a time, where no order of the steps is known."""
MOST_PAIRS = 4_000
"""Up to so many (deployment, node) pairs these are all that may have to make room."""
IsMade = Callable[[Transition, Leave, "Catalog"], bool]
"""Whether a change is not refused, with some leave and on a catalog."""


def advised(judge: Judge, refusal: Refusal, transition: Transition, is_made: IsMade) -> Refusal:
    """Return a refusal with a minimal conflict and the repairs that were tried.

    Parameters
    ----------
    judge : Judge
        Who refused the transition.
    is_made : callable
        Asked for each change that may help.
    """
    refusal = judge.explained(refusal)
    conflict = _with_parts(judge, refusal)
    found = list(_leaves(judge.leave, transition, judge.affected.catalog, is_made))
    if conflict is not None and conflict.parts:
        trouble = Trouble(judge.case, conflict, judge.placed)

        def fits(after: Workspace, fleet: Catalog) -> bool:
            kind, arguments = transition.kind, transition.arguments
            other = between(transition.before, after, kind=kind, arguments=arguments)
            return is_made(other, judge.leave, fleet)

        found = [*find_repairs(trouble, transition.after, fits), *found]
    return replace(refusal, repairs=tuple(found))


def _with_parts(judge: Judge, refusal: Refusal) -> Conflict | None:
    """Return the conflict of a refusal; who stands in the way of an order holds its old place."""
    conflict = next(iter(refusal.conflicts), None)
    if conflict is None or refusal.reason is not RefusalReason.NO_ORDER:
        return conflict
    affected = judge.affected
    holding = [
        Member(MemberKind.HELD, key)
        for key in affected.contenders(most=MOST_PAIRS) or affected.keys
        if affected.state.rows_of.get(key) and affected.after.by_key[key].rollout is Rollout.SURGE
    ]
    return replace(conflict, parts=tuple(holding[:MOST_HOLDING]))


def _leaves(
    leave: Leave, transition: Transition, catalog: Catalog, is_made: IsMade
) -> Iterator[Repair]:
    """Yield what the caller could allow, last, for it gives something up that was asked for."""
    partial, evict = replace(leave, partial=True), replace(leave, evict=True)
    if partial != leave and transition.strict and is_made(transition, partial, catalog):
        message = "place fewer replicas, as many as fit (`--allow-partial`)"
        yield Repair(RepairKind.REPLICAS, message, 0, ({"allow": "partial"},), verified=True)
    if evict != leave and is_made(transition, evict, catalog):
        message = "leave running replicas without a place (`--evict`)"
        yield Repair(RepairKind.EVICT, message, 0, ({"allow": "evict"},), verified=True)
