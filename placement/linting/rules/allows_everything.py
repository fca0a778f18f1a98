"""A policy allows every node group of the catalog, so that it restricts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted
from placement.policies.base import Enforcement

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class AllowsEverything(Rule):
    """It changes nothing on this catalog, except that it opens others of its type."""

    code: ClassVar[Code] = Code.ALLOWS_EVERYTHING
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every hard placement policy that allows all."""
        total = counted(len(scene.catalog.node_groups), "node group")
        for name, policy in scene.workspace.policies.items():
            hard = policy.places and policy.enforcement is Enforcement.HARD
            if (
                hard
                and scene.reach.everything
                and scene.reach.policy(policy) == scene.reach.everything
            ):
                message = f"policy {quote(name)} allows all {total}"
                advice = f"where it is attached, no other {policy.type} policy restricts anything"
                yield Finding(("Policy", name), ("name",), message, advice)
