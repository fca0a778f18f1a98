"""What repairs are tried on: who has no place, beside all who have one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from placement.plan.running import replicas_by_key

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.problem.ledger import Key
    from placement.workspace.workspace import ModelDeployment, Workspace


def placed_by(plan: Plan) -> Mapping[Key, int]:
    """Return how many replicas of each deployment a plan places."""
    return replicas_by_key(plan.assignments)


def setting(workspace: Workspace, plan: Plan, keys: Collection[Key]) -> Workspace:
    """Return a workspace in which some deployments want all their replicas, others what they have.

    What has a place in the plan runs, the deployments of ``keys`` left out; it may move.
    """
    placed = placed_by(plan)
    asked = [
        one if one.key in keys else _as_placed(one, placed[one.key])
        for one in workspace.deployments
    ]
    rows = tuple(row for row in plan.assignments if row.key not in keys)
    return workspace.revised(deployments=tuple(asked), running=rows, replaced=frozenset())


def _as_placed(deployment: ModelDeployment, placed: int) -> ModelDeployment:
    if not deployment.enabled or placed >= deployment.replicas:
        return deployment
    if not placed:
        return deployment.model_copy(update={"enabled": False})
    return deployment.model_copy(update={"replicas": placed})
