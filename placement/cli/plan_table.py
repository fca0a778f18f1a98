"""The plan as people read it: where everything goes, what it costs, what did not fit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from placement.catalog.catalog import Catalog
from placement.cli.table import Column, render
from placement.plan.document import MICRO
from placement.plan.plan import Plan
from placement.plan.rows import Action, Assignment, Tier
from placement.workspace.workspace import ModelDeployment, Workspace

_DEPLOYMENTS = (
    Column("MODEL"),
    Column("ENVIRONMENT"),
    Column("VERSION"),
    Column("REPLICAS", right=True),
    Column("HERE", right=True),
    Column("FLAVOR"),
    Column("REGION"),
    Column("INSTANCE TYPE"),
    Column("NODES", right=True),
    Column("USD/H", right=True),
    Column("CONSIDERED"),
)
_TIERS = (
    Column("TIER"),
    Column("VALUE", right=True),
    Column("BOUND", right=True),
    Column("GAP", right=True),
    Column("UNIT"),
)


def plan_table(plan: Plan, catalog: Catalog, workspace: Workspace) -> str:
    """Return the whole page: header, deployments, what is missing, changes, tiers, remarks."""
    parts = [
        _header(plan, workspace),
        render(_DEPLOYMENTS, list(_deployment_rows(plan, catalog, workspace))),
        not_placed(plan),
        _changes(plan),
        tier_table(plan),
        _remarks(plan),
    ]
    return "\n".join(part for part in parts if part)


def _header(plan: Plan, workspace: Workspace) -> str:
    wanted = sum(d.replicas for d in workspace.deployments if d.enabled)
    placed = sum(row.replicas for row in plan.assignments)
    cost = sum(row.cost for row in plan.assignments)
    stopped = f", stopped by {plan.stopped_by}" if plan.stopped_by else ""
    return (
        f"Plan: {plan.status} (certificate: {plan.certificate}{stopped}); "
        f"{placed} of {wanted} replicas placed, {_usd(cost)} USD/h\n"
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Rows of one deployment that look alike on the page."""

    flavor: str
    region: str
    instance_type: str


def _deployment_rows(
    plan: Plan, catalog: Catalog, workspace: Workspace
) -> Iterator[tuple[str, ...]]:
    rows_of: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
    for row in plan.assignments:
        rows_of[row.key].append(row)
    for deployment in workspace.deployments:
        if deployment.enabled:
            considered = _considered(workspace, catalog, deployment)
            yield from _rows_of_one(deployment, rows_of[deployment.key], catalog, considered)


def _considered(workspace: Workspace, catalog: Catalog, deployment: ModelDeployment) -> str:
    from placement.reasons import considered

    eligible, total = considered(workspace, catalog, deployment)
    return f"{eligible:,} of {total:,} node groups"


def _rows_of_one(
    deployment: ModelDeployment, rows: Sequence[Assignment], catalog: Catalog, considered: str
) -> Iterator[tuple[str, ...]]:
    placed = sum(row.replicas for row in rows)
    head = (*deployment.key, deployment.version, f"{placed}/{deployment.replicas}")
    tail = considered
    places = _places(rows, catalog)
    if not places:
        yield (*head, "-", "-", "-", "-", "-", "-", tail)
    for place, alike in places.items():
        yield (*head, *_cells(place, alike), tail)
        # What stands in the line above is not repeated.
        head, tail = ("", "", "", ""), ""


def _cells(place: _Place, rows: Sequence[Assignment]) -> tuple[str, ...]:
    here = str(sum(row.replicas for row in rows))
    nodes = str(len({row.node for row in rows}))
    cost = _usd(sum(row.cost for row in rows))
    return (here, place.flavor, place.region, place.instance_type, nodes, cost)


def _places(rows: Sequence[Assignment], catalog: Catalog) -> dict[_Place, list[Assignment]]:
    places: dict[_Place, list[Assignment]] = defaultdict(list)
    for row in rows:
        group = catalog.groups_by_name[row.node.rpartition("/")[0]]
        place = _Place(row.flavor, f"{row.provider}/{row.region}", group.instance_type)
        places[place].append(row)
    return places


def not_placed(plan: Plan) -> str:
    """Return one line for each deployment that lacks replicas, and why."""
    if not plan.unplaced:
        return ""
    lines = [
        f"  {row.model} in {row.environment}: {row.replicas} missing; {'; '.join(row.reasons)}\n"
        for row in plan.unplaced
    ]
    return "Not placed\n" + "".join(lines)


def _changes(plan: Plan) -> str:
    count: Counter[Action] = Counter()
    for change in plan.changes:
        count[change.action] += change.replicas
    words = ", ".join(f"{action} {count[action]:,}" for action in Action)
    return f"Changes (replicas): {words}\n"


def tier_table(plan: Plan) -> str:
    """Return value, bound and gap of every tier of a plan."""
    return tier_rows_table(plan.tiers)


def tier_rows_table(tiers: Sequence[Tier]) -> str:
    """Return value, bound and gap of tiers."""
    return render(_TIERS, [_tier_row(tier) for tier in tiers])


def _tier_row(tier: Tier) -> tuple[str, ...]:
    # A mix adds up unlike things; every other tier without a unit counts by weight.
    unit = tier.unit or ("" if tier.name.startswith("mix:") else "GPUs")
    return (tier.name, _exact(tier.value, tier.scale), _bound(tier), _gap(tier), unit)


def _bound(tier: Tier) -> str:
    return "unknown" if tier.bound is None else _exact(tier.bound, tier.scale)


def _gap(tier: Tier) -> str:
    if tier.bound is None:
        return "unknown"
    if tier.proved:
        return "proved"
    return f"{100 * (tier.value - tier.bound) / max(1, abs(tier.value)):.2f} %"


def _remarks(plan: Plan) -> str:
    lines = [
        f"forced: {row.replicas} of {row.model} in {row.environment} leave {row.node}: {row.reason}"
        for row in plan.forced
    ]
    lines += [
        f"observed: policy {row.policy} would not allow {row.replicas} of {row.model} in "
        f"{row.environment} on {row.node}"
        for row in plan.observed
    ]
    return "".join(f"{line}\n" for line in lines)


def _usd(micro: int) -> str:
    """Return micro-USD as USD with four decimals."""
    return f"{micro / MICRO:,.4f}"


def _exact(value: int, scale: int) -> str:
    """Return ``value / scale`` with up to six decimals, without trailing zeros."""
    text = f"{float(Fraction(value, scale)):,.6f}"
    return text.rstrip("0").rstrip(".")
