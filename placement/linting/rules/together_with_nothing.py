"""`togetherWith` selects no deployment, so that nothing can ever be placed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class TogetherWithNothing(Rule):
    """Every domain that holds a replica must hold one that is selected."""

    code: ClassVar[Code] = Code.TOGETHER_WITH_NOTHING
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every entry that selects no other enabled deployment."""
        for one, index in scene.peers.unmatched("together_with"):
            message = f"`togetherWith` of {named([one])} selects no other deployment"
            advice = "none of its replicas can be placed; disabled deployments do not count"
            yield Finding(scene.key(one), ("togetherWith", index), message, advice)
