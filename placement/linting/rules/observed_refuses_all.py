"""An observed policy would leave a deployment no node group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named
from placement.workspace.effective import LeftOut

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class ObservedRefusesAll(Rule):
    """What would happen if it were made hard."""

    code: ClassVar[Code] = Code.OBSERVED_REFUSES_ALL
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield each observed policy once, with the first deployments that it would strand.

        Beside hard policies of its type it would only widen.
        """
        told: set[str] = set()
        for wish in scene.wishes:
            for item in scene.reach.effective(wish.first).attachments:
                policy = item.policy
                if item.left_out is not LeftOut.OBSERVE or policy.name in told or not wish.groups:
                    continue
                rivals = any((p.level, p.rule) == (item.level, policy.type) for p in wish.parts)
                if not rivals and not wish.groups & scene.reach.policy(policy):
                    told.add(policy.name)
                    message = (
                        f"policy {quote(policy.name)}, if it were hard, would leave "
                        f"{named(wish.deployments)} no node group"
                    )
                    yield Finding(("Policy", policy.name), ("enforcement",), message)
