"""A policy is attached, and its target includes none of the deployments there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import did_you_mean, quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.policies.base import ResourceKind

if TYPE_CHECKING:
    from placement.linting.scene import Scene
    from placement.policies.base import Policy
    from placement.workspace.workspace import ModelDeployment


class UnmatchedTarget(Rule):
    """A target with a mistake in it: as if the policy were not attached at all."""

    code: ClassVar[Code] = Code.UNMATCHED_TARGET
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield the policies that include no deployment wherever they are attached."""
        attached: dict[str, list[ModelDeployment]] = {}
        for owner in scene.lists:
            for policy in owner.policies:
                attached.setdefault(policy.name, []).extend(scene.concerned(owner.key))
        for name, deployments in attached.items():
            policy = scene.workspace.policies[name]
            known = {tuple(sorted(one.labels.items())): one.labels for one in deployments}
            if policy.places and known and not any(map(policy.targets, known.values())):
                path, advice = _blame(policy, known.values())
                message = f"policy {quote(name)} includes no deployment where it is attached"
                yield Finding(("Policy", name), path, message, advice)


def _blame(
    policy: Policy, labels: Iterable[Mapping[str, str]]
) -> tuple[tuple[str, ...], str | None]:
    """Return the field that is at fault, and the nearest label that there is."""
    if policy.resource_types and ResourceKind.MODEL not in policy.resource_types:
        return ("resourceTypes",), "only resources of type `model` are placed"
    there = {f"{key}: {value}" for own in labels for key, value in own.items()}
    missing = [
        f"{k}: {v}" for k, v in policy.selector.match_labels.items() if f"{k}: {v}" not in there
    ]
    if not missing:
        return ("selector",), "no single deployment has all of these labels"
    return ("selector", "matchLabels"), did_you_mean(
        missing[0], there, f"none has {quote(missing[0])}"
    )
