"""A running replica that could stay is given up for no other; if capacity fell, the fewest are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from placement.objectives.unplaced import class_name, priorities

if TYPE_CHECKING:
    from placement.plan.view import PlanView


def displaced(view: PlanView) -> dict[str, int]:
    """Return the weight of movable replicas without a place, by tier name, high priority first.

    In thousandths of a GPU; tiers whose value is 0 are left out.
    """
    lost: Counter[int] = Counter()
    for key in sorted(view.state.movable):
        deployment = view.workspace.by_key[key]
        wanted = min(view.state.old(key), deployment.replicas)
        lost[deployment.priority] += max(0, wanted - view.placed(deployment)) * deployment.weight
    if not any(lost.values()):
        return {}
    classes = priorities(view.workspace)
    return {
        class_name("displaced", priority, classes): lost[priority]
        for priority in classes
        if lost[priority] > 0
    }
