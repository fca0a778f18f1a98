"""Policies that bind a deployment leave no node group together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.rules.gpu_not_there import is_elsewhere
from placement.linting.words import blamed, named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class Contradictory(Rule):
    """The fewest policies, by level and type, that exclude each other."""

    code: ClassVar[Code] = Code.CONTRADICTORY
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for alike deployments, where their environment or they are written."""
        for wish in scene.wishes:
            parts = scene.conflict(wish)
            if parts and all(part.level for part in parts) and not is_elsewhere(parts):
                key, field = scene.place_of(parts, wish.first)
                together = " together" if len(parts) > 1 else ""
                message = f"no node group satisfies {blamed(parts, wish.first)}{together}"
                advice = f"{named(wish.deployments)} can be placed nowhere; widen one of them"
                yield Finding(key, (field,), message, advice)
