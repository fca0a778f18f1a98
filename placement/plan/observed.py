"""Which placed replicas a policy with ``enforcement: observe`` would not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.plan.rows import Observed
from placement.plan.running import node_order
from placement.workspace.effective import observed

if TYPE_CHECKING:
    from placement.plan.view import Pair, PlanView
    from placement.policies.base import Policy
    from placement.workspace.shapes import Shape


def observed_rows(view: PlanView) -> tuple[Observed, ...]:
    """Return one row per (policy, deployment, node), sorted by deployment, policy, node.

    Each observed policy is judged alone, also where others of its type allow the node.
    """
    found: list[Observed] = []
    policies: dict[Shape, tuple[Policy, ...]] = {}
    for lot in view.lots:
        shape = lot.deployment.shape
        if shape not in policies:
            policies[shape] = observed(view.workspace, lot.deployment)
        for policy in policies[shape]:
            if not policy.check(lot.group, view.catalog):
                for pair in lot.pairs:
                    found += _rows(policy.name, pair)
    return tuple(sorted(found, key=_order))


def _rows(policy: str, pair: Pair) -> list[Observed]:
    nodes: dict[str, int] = {}
    for row in pair.rows:
        nodes[row.node] = nodes.get(row.node, 0) + row.replicas
    return [Observed(policy, *pair.deployment.key, node, count) for node, count in nodes.items()]


def _order(row: Observed) -> tuple[object, ...]:
    return (row.model, row.environment, row.policy, node_order(row.node))
