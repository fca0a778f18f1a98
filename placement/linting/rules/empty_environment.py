"""An environment is declared, and nothing is deployed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code

if TYPE_CHECKING:
    from placement.linting.scene import Scene
    from placement.workspace.sources import Key


class EmptyEnvironment(Rule):
    """Left over, or waiting for its first deployment."""

    code: ClassVar[Code] = Code.EMPTY_ENVIRONMENT
    severity: ClassVar[Severity] = Severity.NOTE

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every environment of the manifests without a deployment, where others have some."""
        for name in scene.workspace.environments if scene.workspace.deployments else ():
            key: Key = ("Environment", name)
            if key in scene.sources.written and name not in scene.deployments_in:
                yield Finding(key, ("name",), f"environment {quote(name)} has no deployment")
