"""Not even `minReplicas` replicas fit on the empty nodes that a deployment may use."""

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


class TooFewPlaces(Rule):
    """With nothing else running; all replicas stay unplaced then."""

    code: ClassVar[Code] = Code.TOO_FEW_PLACES
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for deployments that are alike in their numbers and spread too."""
        for alike, most in scene.empty.alone(scene.wishes):
            one = alike[0]
            if most < one.min_replicas:
                message = (
                    f"`minReplicas` of {named(alike)} is {one.min_replicas:,}, and if nothing else "
                    f"runs at most {most:,} fit"
                )
                yield Finding(scene.key(one), ("minReplicas",), message, ADVICE)
