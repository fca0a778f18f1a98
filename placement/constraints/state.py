"""New replicas go to ready nodes only; running ones may stay on ready and cordoned nodes.

Nobody may be on a draining or a lost node. On a cordoned node a deployment has at most as many
replicas as run there today under an unchanged template.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.plan.view import Pair, PlanView
    from placement.workspace.workspace import ModelDeployment


class State(Constraint):
    """Node states ``ready``, ``cordoned``, ``draining``, ``lost``."""

    name: ClassVar[str] = "state"

    def refuses(
        self, deployment: ModelDeployment, group: NodeGroup, catalog: Catalog
    ) -> str | None:
        """Return the state of a node group on which nobody may be.

        A cordoned group is not refused: what runs there may stay.
        """
        return None if group.state.holds else f"the node is {group.state}"

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield replicas on draining or lost nodes, and new replicas on cordoned ones."""
        for pair in view.pairs:
            state = pair.group.state
            if state.accepts:
                continue
            if not state.holds:
                yield Violation(
                    self.name,
                    subject(pair.deployment),
                    f"{pair.replicas} replicas on node group `{pair.group.name}`, which is {state}",
                )
                continue
            yield from self._new_on_cordoned(pair, view)

    def _new_on_cordoned(self, pair: Pair, view: PlanView) -> Iterator[Violation]:
        placed: Counter[str] = Counter()
        for row in pair.rows:
            placed[row.node] += row.replicas
        for node, count in sorted(placed.items()):
            stay = view.state.old_on(pair.deployment.key, node)
            if count > stay:
                yield Violation(
                    self.name,
                    subject(pair.deployment),
                    f"{count} replicas on cordoned node `{node}`, {stay} may stay there",
                )
