"""A policy is attached nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class Unattached(Rule):
    """A policy says nothing until it is attached to an environment or a deployment."""

    code: ClassVar[Code] = Code.UNATTACHED
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every policy that no list names."""
        used = {policy.name for attached in scene.lists for policy in attached.policies}
        for name in scene.workspace.policies:
            if name not in used:
                message = f"policy {quote(name)} is attached nowhere"
                advice = "name it under `policies` of an environment or a deployment"
                yield Finding(("Policy", name), ("name",), message, advice)
