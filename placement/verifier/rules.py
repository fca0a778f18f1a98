"""Every rule of a plan's rows: policies, constraints, and what the rows say they cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from placement.constraints.base import Violation, subject
from placement.constraints.registry import CONSTRAINTS
from placement.objectives.cost import row_costs
from placement.plan.document import MICRO
from placement.plan.numbers import shown

if TYPE_CHECKING:
    from placement.options import Billing
    from placement.plan.resolve import Resolved
    from placement.plan.view import Pair, PlanView


def plan_faults(view: PlanView) -> Iterator[Violation]:
    """Yield every breach of a policy or a constraint."""
    for lot in view.lots:
        if view.eligibility.refusing_types(lot.deployment, lot.group):
            for pair in lot.pairs:
                yield from policy_faults(pair, view)
    for constraint in CONSTRAINTS:
        yield from constraint.check(view)


def policy_faults(pair: Pair, view: PlanView) -> Iterator[Violation]:
    """Yield the policies that do not allow a deployment on a node group."""
    if view.eligibility.refusal(pair.deployment, pair.group) is None:
        return
    effective = view.eligibility.effective(pair.deployment)
    for level, kind in effective.refusals(pair.group, view.catalog):
        names = ", ".join(f"`{policy.name}`" for policy in effective.binding(level, kind))
        message = (
            f"{pair.replicas} replicas on node group `{pair.group.name}`, "
            f"which {names} of its {level} do not allow"
        )
        yield Violation(kind, subject(pair.deployment), message)


def cost_faults(resolved: Resolved, *, billing: Billing) -> Iterator[Violation]:
    """Yield the rows that cost something else than they say."""
    costs = row_costs(resolved.view, billing=billing)
    for row, cost in zip(resolved.sources, costs, strict=True):
        if row.cost != cost:
            message = (
                f"row on node `{row.node}` is stated as {shown(row.cost, MICRO)} USD/h, "
                f"it is {shown(cost, MICRO)} billed by {billing}"
            )
            yield Violation("costPerHour", f"{row.model}@{row.environment}", message)
