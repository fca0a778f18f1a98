"""When all that is asked runs where it may stay, what runs is the plan, and nothing is searched.

Everything is placed and nothing moves, which no plan beats. Any plan that is as good there has the
same replicas on the same nodes, so the last tier has no other value.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from placement.plan.prices import TierPrices
from placement.plan.running import is_wanted, replicas_by_key
from placement.plan.view import PlacedRow, PlanView
from placement.verifier.rules import plan_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from placement.catalog.catalog import Catalog
    from placement.plan.rows import Tier
    from placement.workspace.workspace import Workspace


def unchanged(catalog: Catalog, workspace: Workspace) -> PlanView | None:
    """Return what runs as a plan; None if something is missing, has to go, or breaks a rule."""
    if not workspace.running or not _is_complete(workspace):
        return None
    rows = tuple(sorted(_placed(catalog, workspace), key=lambda row: row.order))
    view = PlanView(catalog, workspace, rows, workspace.running)
    if view.lacking or any(plan_faults(view)):
        return None
    return view


def _is_complete(workspace: Workspace) -> bool:
    """Whether every enabled deployment runs exactly the replicas that it asks for."""
    running = replicas_by_key(workspace.running)
    return all(d.replicas == running[d.key] for d in workspace.deployments if d.enabled)


def _placed(catalog: Catalog, workspace: Workspace) -> Iterator[PlacedRow]:
    """Yield the rows that are wanted, of this template, on nodes that exist."""
    counts: Counter[tuple[tuple[str, str], str, int | None]] = Counter()
    for row in workspace.running:
        if is_wanted(row, workspace):
            counts[row.key, row.node, row.gpu] += row.replicas
    for (key, node, gpu), replicas in counts.items():
        place = catalog.find_node(node)
        if place is not None:
            yield PlacedRow(workspace.by_key[key], *place, gpu, replicas)


def prices_of(view: PlanView, tiers: Sequence[Tier]) -> tuple[TierPrices, ...]:
    """Return the price list that proves the last tier of an unchanged plan.

    A replica that moves or is left out costs more than the plan, and no capacity has a price. Who
    shares a node that is paid for whole is not in the closed form: there it proves less.
    """
    *earlier, last = tiers
    if not last.value:
        return ()
    worth = -(-last.value // min(row.deployment.weight for row in view.rows))
    return (TierPrices(last.name, 0, (), {tier.name: worth for tier in earlier}),)
