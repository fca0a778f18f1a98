"""Running replicas change their node only where that places more, and as few as possible do.

Scaling is no move, replicas of one deployment are interchangeable, and replicas that cannot stay
where they are do not count.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.plan.view import PlanView


def moves(view: PlanView) -> dict[str, int]:
    """Return the weight of moved replicas under the one tier name ``moves``.

    In thousandths of a GPU: min(old, placed) less the replicas that are still on their node.
    """
    total = 0
    for key, old_on in sorted(view.state.movable.items()):
        deployment = view.workspace.by_key[key]
        placed_on: Counter[str] = Counter()
        for row in view.rows_of.get(key, ()):
            placed_on[row.node] += row.replicas
        stayed = sum(min(old, placed_on[node]) for node, old in old_on.items())
        kept = min(sum(old_on.values()), sum(placed_on.values()))
        total += (kept - stayed) * deployment.weight
    return {"moves": total}
