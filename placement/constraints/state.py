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
        """Return the states of the nodes of a group if nobody may be on any of them.

        A group with a cordoned node is not refused: what runs there may stay.
        """
        if catalog.holding(group) or not group.count:
            return None
        return f"the node is {' or '.join(sorted(catalog.states_in(group)))}"

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield replicas on draining or lost nodes, and new replicas on cordoned ones."""
        for pair in _in_question(view):
            placed: Counter[int] = Counter()
            for row in pair.rows:
                placed[row.index] += row.replicas
            for message in _faults(pair, placed, view):
                yield Violation(self.name, subject(pair.deployment), message)


def _in_question(view: PlanView) -> Iterator[Pair]:
    """Yield the pairs on node groups of which not every node takes all."""
    for lot in view.lots:
        if not lot.group.state.accepts or view.catalog.own_states(lot.group):
            yield from lot.pairs


def _faults(pair: Pair, placed: Counter[int], view: PlanView) -> Iterator[str]:
    """Yield what is wrong with the replicas per node; a group of one bad state is named once."""
    group, own = pair.group, view.catalog.own_states(pair.group)
    alike = sum(count for index, count in placed.items() if index not in own)
    if alike and not group.state.holds:
        yield f"{alike} replicas on node group `{group.name}`, which is {group.state}"
    for index, count in sorted(placed.items()):
        node, state = group.node(index), view.catalog.state_of(group, index)
        if index in own and not state.holds:
            yield f"{count} replicas on node `{node}`, which is {state}"
        if state.holds and not state.accepts:
            stay = view.state.old_on(pair.deployment.key, node)
            if count > stay:
                yield f"{count} replicas on cordoned node `{node}`, {stay} may stay there"
