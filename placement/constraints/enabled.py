"""A disabled deployment runs nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject

if TYPE_CHECKING:
    from placement.plan.view import PlanView


class Enabled(Constraint):
    """A deployment with ``enabled: false`` has no replicas placed."""

    name: ClassVar[str] = "enabled"

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every disabled deployment that has rows."""
        for _, rows in sorted(view.rows_of.items()):
            deployment = rows[0].deployment
            if not deployment.enabled:
                count = view.placed(deployment)
                yield Violation(
                    self.name,
                    subject(deployment),
                    f"{count} replicas placed, the deployment is disabled",
                )
