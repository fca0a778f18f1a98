"""What a plan says it was counted by: its options, else its last tier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from placement.objectives.mix import Mix, parse_objective
from placement.options import Billing

if TYPE_CHECKING:
    from placement.plan.plan import Plan


def stated_billing(plan: Plan) -> Billing:
    """Return how the cost of a plan is counted; by share if it does not say."""
    return Billing.NODE if _option(plan, "billing") == Billing.NODE else Billing.SHARE


def stated_objective(plan: Plan, billing: Billing) -> Mix:
    """Return what the last tier of a plan is; cost if it does not say."""
    last = plan.tiers[-1].name if plan.tiers else None
    for stated in (_option(plan, "objective"), last):
        try:
            return parse_objective(str(stated), billing=billing)
        except ValueError:
            continue
    return parse_objective("cost", billing=billing)


def _option(plan: Plan, name: str) -> object:
    options = plan.stats.get("options")
    return options.get(name) if isinstance(options, Mapping) else None
