"""Today: what runs, or what would if nothing does yet, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from placement.errors import NoAnswerError
from placement.objectives.carbon import Carbon
from placement.objectives.cost import Cost
from placement.objectives.latency import Latency
from placement.plan.resolve import resolve_rows
from placement.planner import Planner
from placement.simulation.outcome import Amounts
from placement.simulation.shipping import SentOnce

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.options import Billing, CancelToken
    from placement.plan.plan import Plan
    from placement.plan.rows import Assignment
    from placement.simulation.options import Options
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class Today(SentOnce):
    """Where every scenario of a call starts.

    Attributes
    ----------
    catalog : Catalog
    workspace : Workspace
        With what runs; whatever cannot stay has been placed anew.
    plan : Plan
        Of the change that changes nothing: what is not placed, and the tiers.
    billing : Billing
    """

    catalog: Catalog
    workspace: Workspace
    plan: Plan
    billing: Billing

    @cached_property
    def planner(self) -> Planner:
        """A planner that stays warm."""
        return Planner(self.catalog)

    @cached_property
    def amounts(self) -> Amounts:
        """What today comes to."""
        rows = self.workspace.running
        return amounts_of(self.catalog, self.workspace, rows, billing=self.billing)


def today_of(
    catalog: Catalog, workspace: Workspace, options: Options, cancel: CancelToken | None
) -> Today:
    """Return what runs, placed anew as far as it cannot stay; if nothing runs, what is planned.

    Raises
    ------
    InputError
        Names that the catalog does not have, or an unknown objective.
    NoAnswerError
        If what cannot stay could not be placed anew in any order within the limit.
    """
    planner = Planner(catalog)
    solving = options.solving(cancel)
    if not workspace.running:
        workspace = workspace.with_running(planner.plan(workspace, **solving))
    preview = planner.apply_change(workspace, **options.solving(cancel))
    if preview.refusal is not None:
        raise NoAnswerError(preview.refusal.message)
    return Today(catalog, preview.workspace, preview.plan, options.billing)


def amounts_of(
    catalog: Catalog,
    workspace: Workspace,
    rows: tuple[Assignment, ...],
    *,
    billing: Billing,
) -> Amounts:
    """Return what rows come to, counted by names."""
    view = resolve_rows(workspace, catalog, rows).view
    latency = Latency()
    users = any(row.deployment.request_origins for row in view.rows)
    scale = latency.scale * latency.denominator(view)
    return Amounts(
        cost=Cost(billing=billing).check(view),
        carbon=Carbon().check(view),
        latency=Fraction(latency.check(view), scale) if users else None,
    )
