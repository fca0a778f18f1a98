"""Two policies are equal but for their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class SamePolicy(Rule):
    """Same options, same target, same enforcement."""

    code: ClassVar[Code] = Code.SAME_POLICY
    severity: ClassVar[Severity] = Severity.NOTE

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every policy that says what an earlier one, by name, says."""
        seen: dict[str, str] = {}
        for name, policy in scene.workspace.policies.items():
            first = seen.setdefault(policy.model_dump_json(exclude={"name"}), name)
            if first != name:
                message = f"policy {quote(name)} says the same as {quote(first)}"
                yield Finding(("Policy", name), ("name",), message)
