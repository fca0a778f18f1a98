"""A disabled deployment runs nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.constraints.base import Constraint, Violation, subject

if TYPE_CHECKING:
    from placement.plan.view import PlanView
    from placement.workspace.workspace import ModelDeployment


class Enabled(Constraint):
    """A deployment with ``enabled: false`` has no replicas placed."""

    name: ClassVar[str] = "enabled"

    def check(self, view: PlanView) -> Iterator[Violation]:
        """Yield every disabled deployment that has rows."""
        for deployment in _disabled(view):
            count = view.placed(deployment)
            message = f"{count} replicas placed, the deployment is disabled"
            yield Violation(self.name, subject(deployment), message)


def _disabled(view: PlanView) -> list[ModelDeployment]:
    """Return the disabled deployments that have rows, by name."""
    found = {
        pair.deployment.key: pair.deployment
        for lot in view.lots
        if not lot.deployment.enabled
        for pair in lot.pairs
    }
    return [found[key] for key in sorted(found)]
