"""Which placed replicas a policy with ``enforcement: observe`` would not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.plan.rows import Observed
from placement.plan.running import node_order
from placement.workspace.effective import observed

if TYPE_CHECKING:
    from placement.plan.view import Pair, PlanView
    from placement.policies.base import Policy


def observed_rows(view: PlanView) -> tuple[Observed, ...]:
    """Return one row per (policy, deployment, node), sorted by deployment, policy, node.

    Each observed policy is judged alone, also where others of its type allow the node.
    """
    found: list[Observed] = []
    policies: dict[tuple[str, str], tuple[Policy, ...]] = {}
    for pair in view.pairs:
        key = pair.deployment.key
        if key not in policies:
            policies[key] = observed(view.workspace, pair.deployment)
        for policy in policies[key]:
            if not policy.check(pair.group, view.catalog):
                found += _rows(policy.name, pair)
    return tuple(sorted(found, key=_order))


def _rows(policy: str, pair: Pair) -> list[Observed]:
    nodes: dict[str, int] = {}
    for row in pair.rows:
        nodes[row.node] = nodes.get(row.node, 0) + row.replicas
    return [Observed(policy, *pair.deployment.key, node, count) for node, count in nodes.items()]


def _order(row: Observed) -> tuple[object, ...]:
    return (row.model, row.environment, row.policy, node_order(row.node))
