"""No policy binds a deployment in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted, named
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.linting.scene import Scene
    from placement.workspace.workspace import ModelDeployment


class Unrestricted(Rule):
    """Everything is allowed there; that may be meant."""

    code: ClassVar[Code] = Code.UNRESTRICTED
    severity: ClassVar[Severity] = Severity.NOTE

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each lot of alike deployments in production."""
        total = counted(len(scene.catalog.node_groups), "node group")
        free = [
            one
            for wish in scene.wishes
            if wish.first.environment == PRODUCTION and not any(part.level for part in wish.parts)
            for one in wish.deployments
        ]
        if free:
            message = f"no policy binds {named(sorted(free, key=_key))}: all {total} are allowed"
            advice = f"attach a policy to environment {quote(PRODUCTION)} to change that"
            yield Finding(scene.key(min(free, key=_key)), ("name",), message, advice)


def _key(one: ModelDeployment) -> tuple[str, str]:
    return one.key
