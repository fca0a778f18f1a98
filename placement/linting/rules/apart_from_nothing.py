"""`separateFrom` selects no deployment, so that it has no effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class ApartFromNothing(Rule):
    """Often a label with a mistake in it."""

    code: ClassVar[Code] = Code.APART_FROM_NOTHING
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every entry that selects no other enabled deployment."""
        for one, index in scene.peers.unmatched("separate_from"):
            message = f"`separateFrom` of {named([one])} selects no other deployment"
            advice = "a deployment is never separated from itself; `spread` does that"
            yield Finding(scene.key(one), ("separateFrom", index), message, advice)
