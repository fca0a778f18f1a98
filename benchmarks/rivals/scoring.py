"""What an answer is worth: a plan made of it, judged by the verifier like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.rivals.arrays import Answer
from placement.arguments import objective_of
from placement.options import Billing, SolveOptions
from placement.plan.assembly import bare_plan
from placement.plan.view import PlacedRow, PlanView
from placement.reasons import unplaced_rows
from placement.verifier import verify

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True, order=True)
class Score:
    """GPUs without a place, then USD per hour: less is better, in this order."""

    unplaced: float
    cost: float


def score_of(plan: Plan) -> Score:
    """Return the score of a verified plan."""
    out = [tier for tier in plan.tiers if tier.name.startswith("unplaced")]
    last = plan.tiers[-1]
    return Score(sum(tier.value / tier.scale for tier in out), last.value / last.scale)


def scored(catalog: Catalog, workspace: Workspace, answer: Answer) -> Score:
    """Return the score of an answer.

    Raises
    ------
    ValueError
        If the answer breaks a rule.
    """
    plan = _plan(catalog, workspace, answer)
    report = verify(catalog, workspace, plan, billing=Billing.SHARE, objective="cost")
    if not report.ok:
        told = "; ".join(str(violation) for violation in report.violations[:3])
        raise ValueError(f"{len(report.violations)} rules are broken: {told}")
    return score_of(plan)


def _plan(catalog: Catalog, workspace: Workspace, answer: Answer) -> Plan:
    rows = [
        PlacedRow(workspace.deployments[d], catalog.node_groups[g], int(index), None, int(count))
        for d, g, index, count in zip(
            answer.deployment, answer.group, answer.index, answer.replicas, strict=True
        )
        if count
    ]
    view = PlanView(catalog, workspace, tuple(sorted(rows, key=lambda row: row.order)))
    objective = objective_of(SolveOptions())
    plan = bare_plan(view, objective=objective, billing=Billing.SHARE, bounds={})
    return replace(plan, unplaced=unplaced_rows(view, proved=False))
