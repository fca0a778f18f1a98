"""Puts the parts of a plan together: rows with their cost, tiers with bounds, status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING

from placement.objectives.cost import row_costs
from placement.objectives.tiers import tiers_of
from placement.plan.changes import diff
from placement.plan.document import running_digest
from placement.plan.observed import observed_rows
from placement.plan.plan import Plan
from placement.plan.rows import Assignment, Basis, Certificate, Status, Tier

if TYPE_CHECKING:
    from placement.objectives.mix import Mix
    from placement.options import Billing
    from placement.plan.view import PlacedRow, PlanView


@dataclass(frozen=True)
class Rest:
    """What a view leaves out because it is known to stay as it is.

    Attributes
    ----------
    rows_of : mapping of (model, environment) to tuple of Assignment
        Rows of deployments that have none in the view, in the order of rows.
    tiers : tuple of Tier
        Of everything, without bounds.
    running : str
        Digest of all of today's rows.
    """

    rows_of: Mapping[tuple[str, str], tuple[Assignment, ...]]
    tiers: tuple[Tier, ...]
    running: str


def bare_plan(
    view: PlanView,
    *,
    objective: Mix,
    billing: Billing,
    bounds: Mapping[str, int | None],
    joined: bool = False,
    rest: Rest | None = None,
) -> Plan:
    """Return the plan of a view without reasons, warnings and stats.

    Parameters
    ----------
    bounds : mapping of tier name to int or None
        What was proved, in the steps of each tier.
    joined : bool
        Whether the bounds after a tier that is not proved hold for this plan's values of the
        tiers before; otherwise they are left out.
    rest : Rest, optional
        What the view leaves out.
    """
    values = tiers_of(view, objective) if rest is None else rest.tiers
    tiers = _conditional([_bounded(tier, bounds) for tier in values], joined=joined)
    rows = tuple(map(_assignment, view.rows, row_costs(view, billing=billing)))
    return Plan(
        status=Status.OPTIMAL if all(tier.proved for tier in tiers) else Status.FEASIBLE,
        certificate=_certificate(tiers),
        tiers=tiers,
        assignments=rows if rest is None else _merged(rows, rest),
        unplaced=(),
        changes=diff(view.workspace, view.catalog, rows, state=view.state),
        basis=Basis(
            catalog=view.catalog.digest,
            workspace=view.workspace.digest,
            running=rest.running if rest else running_digest(view.workspace.running),
        ),
        observed=observed_rows(view),
        forced=view.state.forced,
    )


def claimed(plan: Plan, tiers: Sequence[Tier]) -> Plan:
    """Return a plan with other bounds, that hold for its own values, and with what follows."""
    found = _conditional(tiers, joined=True)
    return replace(
        plan,
        tiers=found,
        status=Status.OPTIMAL if all(tier.proved for tier in found) else Status.FEASIBLE,
        certificate=_certificate(found),
    )


def _merged(rows: Sequence[Assignment], rest: Rest) -> tuple[Assignment, ...]:
    """Return all rows in their order; the deployments of ``rows`` are not in ``rest``."""
    rows_of = dict(rest.rows_of)
    for key, own in groupby(rows, key=lambda row: row.key):
        rows_of[key] = tuple(own)
    return tuple(chain.from_iterable(rows_of[key] for key in sorted(rows_of)))


def _bounded(tier: Tier, bounds: Mapping[str, int | None]) -> Tier:
    """Return a tier with its bound; one above the value belongs to another plan and is no claim."""
    bound = bounds.get(tier.name)
    return tier if bound is None or bound > tier.value else replace(tier, bound=bound)


def _conditional(tiers: Sequence[Tier], *, joined: bool) -> tuple[Tier, ...]:
    """Mark the bounds that hold only if the tiers before keep their values, or leave them out."""
    found = []
    proved = True
    for tier in tiers:
        if proved or tier.bound is None:
            found.append(tier)
        elif joined:
            found.append(replace(tier, conditional=True))
        else:
            found.append(replace(tier, bound=None))
        proved = proved and tier.proved
    return tuple(found)


def _certificate(tiers: Sequence[Tier]) -> Certificate:
    if all(tier.proved for tier in tiers[:-1]):
        return Certificate.GLOBAL
    known = all(tier.bound is not None for tier in tiers[:-1])
    return Certificate.GAP if known else Certificate.NONE


def _assignment(row: PlacedRow, cost: int) -> Assignment:
    deployment, group = row.deployment, row.group
    region = group.region
    return Assignment(
        model=deployment.name,
        environment=deployment.environment,
        version=deployment.version,
        node=row.node,
        provider=region.provider,
        region=region.code,
        zone=group.zone,
        country=region.country,
        continent=region.continent,
        flavor=group.flavor,
        replicas=row.replicas,
        gpus=deployment.gpus * row.replicas,
        cost=cost,
        gpu=row.gpu,
    )
