"""No policy binds a deployment in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.constraints.base import subject
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted, listed
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class Unrestricted(Rule):
    """Everything is allowed there; that may be meant."""

    code: ClassVar[Code] = Code.UNRESTRICTED
    severity: ClassVar[Severity] = Severity.NOTE

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for all such deployments."""
        total = counted(len(scene.catalog.node_groups), "node group")
        free = [
            one
            for one in scene.deployments_in.get(PRODUCTION, ())
            if one.enabled and not any(part.level for part in scene.reach.parts(one))
        ]
        if free and scene.reach.everything:
            names = listed([subject(one) for one in free])
            message = f"no policy binds {names}: all {total} are allowed"
            advice = f"attach a policy to environment {quote(PRODUCTION)} to change that"
            yield Finding(scene.key(free[0]), ("name",), message, advice)
