"""A policy allows no node group of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class AllowsNothing(Rule):
    """Attached or not, hard or observed."""

    code: ClassVar[Code] = Code.ALLOWS_NOTHING
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every placement policy that allows nothing."""
        total = counted(len(scene.catalog.node_groups), "node group")
        for name, policy in scene.workspace.policies.items():
            if policy.places and scene.reach.everything and not scene.reach.policy(policy):
                message = f"policy {quote(name)} allows none of the {total}"
                yield Finding(("Policy", name), ("name",), message)
