"""Policies that bind a deployment leave no node group together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.rules.gpu_not_there import is_elsewhere
from placement.linting.words import blamed

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class Contradictory(Rule):
    """The fewest policies, by level and type, that exclude each other."""

    code: ClassVar[Code] = Code.CONTRADICTORY
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each conflict, where the environment or deployment is written."""
        for found in scene.policy_conflicts():
            if not is_elsewhere(found.parts):
                key, field = scene.place_of(found.parts, found.deployment)
                together = " together" if len(found.parts) > 1 else ""
                blame = blamed(found.parts, found.deployment)
                message = f"no node group satisfies {blame}{together}"
                yield Finding(key, (field,), message, f"{found.outcome}; widen one of them")
