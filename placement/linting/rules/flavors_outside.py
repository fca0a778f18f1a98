"""No flavor that a deployment lists is on a node group that it may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import blamed, named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class FlavorsOutside(Rule):
    """Flavors of a deployment must lie inside what policies allow to be of use."""

    code: ClassVar[Code] = Code.FLAVORS_OUTSIDE
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for alike deployments whose flavors are part of the conflict."""
        for wish in scene.wishes:
            parts = scene.conflict(wish)
            rules = {part.rule for part in parts if part.level is None}
            if rules == {"flavors"}:
                message = f"no node group satisfies {blamed(parts, wish.first)}"
                advice = f"{named(wish.deployments)} can be placed nowhere; list an allowed flavor"
                yield Finding(scene.key(wish.first), ("flavors",), message, advice)
