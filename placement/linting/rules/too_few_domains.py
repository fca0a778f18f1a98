"""`minDomains` asks for more domains than a deployment may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted, named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class TooFewDomains(Rule):
    """Domains count that have a node which may hold a replica, free or not."""

    code: ClassVar[Code] = Code.TOO_FEW_DOMAINS
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each entry of deployments that are alike in their spread too."""
        for alike, groups in scene.variants():
            one = alike[0]
            for index, entry in enumerate(one.spread if groups else ()):
                wanted = min(entry.min_domains or 0, one.replicas)
                there = scene.empty.domains(groups, entry.over)
                if there < wanted:
                    message = (
                        f"{named(alike)} wants {counted(wanted, entry.over)}, and may use {there:,}"
                    )
                    yield Finding(scene.key(one), ("spread", index, "minDomains"), message)
