"""A policy allows nothing that others of its type at the same place do not allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import listed
from placement.policies.base import ResourceKind

if TYPE_CHECKING:
    from placement.linting.scene import Scene
    from placement.policies.base import Policy


class Redundant(Rule):
    """It may be left out: whatever it includes, others include and allow as well.

    One that allows nothing at all is told of by another rule.
    """

    code: ClassVar[Code] = Code.REDUNDANT
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield the policies that may be left out of a list, later ones first."""
        for attached in scene.attached:
            kept = list(attached.policies)
            for policy in reversed(attached.policies):
                others = [one for one in kept if one is not policy and includes(one, policy)]
                allowed = scene.reach.policy(policy)
                if others and allowed and not allowed & ~scene.reach.any_of(others):
                    kept.remove(policy)
                    path = scene.path_of(attached.key, policy.name)
                    cover = _cover(scene, policy, others)
                    message = f"policy {quote(policy.name)} adds nothing to {cover}"
                    advice = f"{attached.name} allows the same without it"
                    yield Finding(attached.key, path, message, advice)


def includes(one: Policy, other: Policy) -> bool:
    """Whether a policy's target is sure to include every model that the other's includes."""
    if one.resource_types and ResourceKind.MODEL not in one.resource_types:
        return False
    return one.selector.match_labels.items() <= other.selector.match_labels.items()


def _cover(scene: Scene, policy: Policy, others: list[Policy]) -> str:
    """Return the names of one policy that allows as much, else of all that do together."""
    wanted = scene.reach.policy(policy)
    alone = [one for one in others if not wanted & ~scene.reach.policy(one)]
    return listed([one.name for one in (alone[:1] or others)])
