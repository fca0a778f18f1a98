"""A deployment has to be with the deployments that it has to be apart from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class TogetherAndApart(Rule):
    """Whoever it may be with is kept out of its domain, by its own rule or by theirs."""

    code: ClassVar[Code] = Code.TOGETHER_AND_APART
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every entry of `togetherWith` of which no selected deployment is left."""
        for one in scene.peers.declaring("together_with"):
            for index, entry in enumerate(one.together_with):
                known = scene.peers.others(one, entry.selector)
                kept_off = all(scene.peers.apart(one, other, entry.over) for other in known)
                others = scene.peers.found(one, entry.selector) if kept_off else ()
                if others:
                    message = (
                        f"{named([one])} has to be with {named(others)} in one {entry.over}, "
                        "and apart from it"
                    )
                    advice = "none of its replicas can be placed; drop one of the two rules"
                    yield Finding(scene.key(one), ("togetherWith", index), message, advice)
