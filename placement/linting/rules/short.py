"""Fewer replicas than wanted fit on the empty nodes that a deployment may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named

if TYPE_CHECKING:
    from placement.linting.scene import Scene

ADVICE = "lower it, widen a policy, or add nodes; `placement headroom` tells what is in the way"


class Short(Rule):
    """With nothing else running; the rest stays unplaced."""

    code: ClassVar[Code] = Code.SHORT
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for deployments that are alike in their numbers and spread too."""
        for alike, most in scene.empty.alone(scene.wishes):
            one = alike[0]
            if max(one.min_replicas, 1) <= most < one.replicas:
                message = (
                    f"`replicas` of {named(alike)} is {one.replicas:,}, and if nothing else "
                    f"runs at most {most:,} fit"
                )
                yield Finding(scene.key(one), ("replicas",), message, ADVICE)
