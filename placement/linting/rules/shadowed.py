"""Policies on a deployment refuse nothing that its environment allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import listed, named
from placement.workspace.effective import Level

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class Shadowed(Rule):
    """By type; a policy on the deployment that narrows nothing may be forgotten or mistaken."""

    code: ClassVar[Code] = Code.SHADOWED
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every type of policies on a deployment without which it may use the same."""
        for wish in scene.wishes:
            reach = scene.reach
            outer = [part for part in wish.parts if part.level is Level.ENVIRONMENT]
            allowed = reach.common(outer)
            for part in wish.parts:
                if part.level is not Level.DEPLOYMENT or part.groups == reach.everything:
                    continue
                if allowed and not allowed & ~part.groups:
                    one = wish.first
                    verb = "refuses" if len(part.names) == 1 else "refuse"
                    message = (
                        f"{listed(part.names)} on {named(wish.deployments)} {verb} nothing that "
                        f"environment {quote(one.environment)} allows"
                    )
                    key = scene.key(one)
                    yield Finding(key, scene.path_of(key, part.names[-1]), message)
