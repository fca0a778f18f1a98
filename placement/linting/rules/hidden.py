"""The policies of one type on an environment refuse nothing that its others do not refuse."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import listed

if TYPE_CHECKING:
    from placement.linting.scene import Attached, Scene
    from placement.workspace.sources import Key


class Hidden(Rule):
    """Of the policies that concern every model there; said of the type that comes last."""

    code: ClassVar[Code] = Code.HIDDEN
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield at most one type per environment: without it the next may count again."""
        for name in scene.workspace.environments:
            key: Key = ("Environment", name)
            own = [one for one in scene.attached if one.key == key and _for_all(one)]
            for attached in own:
                others = [scene.reach.any_of(one.policies) for one in own if one is not attached]
                rest = reduce(and_, others, scene.reach.everything)
                mine = scene.reach.any_of(attached.policies)
                if others and rest and mine != scene.reach.everything and not rest & ~mine:
                    path = scene.path_of(key, attached.policies[-1].name)
                    names = [one.name for one in attached.policies]
                    verb = "refuses" if len(names) == 1 else "refuse"
                    message = (
                        f"{listed(names)} {verb} nothing that the other policies of "
                        f"{attached.name} allow"
                    )
                    yield Finding(key, path, message)
                    break


def _for_all(attached: Attached) -> bool:
    return all(policy.targets({}) for policy in attached.policies)
