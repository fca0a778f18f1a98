"""Every node that a deployment may use is cordoned, draining, lost, or not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted, joined, named
from placement.reach.sets import members

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class NothingReady(Rule):
    """Nothing new can come up, whatever else runs."""

    code: ClassVar[Code] = Code.NOTHING_READY
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for alike deployments, with the states that their nodes are in."""
        for wish in scene.wishes:
            if not wish.groups or scene.empty.accepting(wish.groups):
                continue
            groups = [scene.catalog.node_groups[number] for number in members(wish.groups)]
            nodes = sum(group.count for group in groups)
            message = (
                f"none of the {counted(nodes, 'node')} that {named(wish.deployments)} may use "
                "takes new replicas"
            )
            states = {state for group in groups for state in scene.catalog.states_in(group)}
            advice = f"they are {joined(sorted(states), 'or')}" if states else None
            yield Finding(scene.key(wish.first), ("name",), message, advice)
