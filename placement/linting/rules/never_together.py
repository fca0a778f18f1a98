"""A deployment has to be with others that may use none of its domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class NeverTogether(Rule):
    """Their policies and hardware exclude each other."""

    code: ClassVar[Code] = Code.NEVER_TOGETHER
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every entry of `togetherWith` whose deployments are all out of reach."""
        reach = {one.key: wish.groups for wish in scene.wishes for one in wish.deployments}
        for one in scene.peers.declaring("together_with"):
            for index, entry in enumerate(one.together_with):
                mine = scene.empty.within(reach[one.key], entry.over)
                known = scene.peers.others(one, entry.selector)
                far = bool(mine) and not any(mine & reach[other.key] for other in known)
                others = scene.peers.found(one, entry.selector) if far else ()
                if others:
                    message = (
                        f"{named([one])} and {named(others)} may use no {entry.over} in common"
                    )
                    advice = "none of its replicas can be placed: what they may use differs"
                    yield Finding(scene.key(one), ("togetherWith", index), message, advice)
