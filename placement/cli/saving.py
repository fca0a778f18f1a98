"""A plan of everything as a change of the store: what it puts, and in which order it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from placement.plan.rows import Action, TransitionRecord

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.transitions import Transition


def as_change(plan: Plan, transition: Transition, catalog: Catalog, *, serial: int) -> Plan:
    """Return a plan that can be committed without the manifests it answers.

    It has no waves if no order of its steps is known.
    """
    from placement.plan.waves import order

    before, after = transition.before, transition.after
    return replace(
        plan,
        basis=replace(plan.basis, serial=serial),
        transition=_record(plan, transition),
        waves=order(catalog, before, after, plan.assignments).waves or (),
        warnings=(*transition.warnings, *plan.warnings),
    )


def lacks_order(plan: Plan) -> bool:
    """Whether steps that need an order have none."""
    return not plan.waves and any(
        step.action in (Action.MOVE, Action.REMOVE) for step in plan.changes
    )


def _record(plan: Plan, transition: Transition) -> TransitionRecord:
    from placement.plan.record import record_of

    running, planned = transition.before.running, plan.assignments
    return record_of(
        transition,
        running,
        planned,
        cost_before=sum(row.cost for row in running),
        cost_after=sum(row.cost for row in planned),
    )
