"""Which node groups each deployment may use, and what keeps it off the others.

Every policy is compiled once, and deployments that wish for the same are judged once, however
many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations
from operator import and_, or_
from typing import TYPE_CHECKING

from placement.constraints.eligibility import ELIGIBILITY_RULES
from placement.policies.registry import POLICY_TYPES
from placement.reach.sets import GroupSet, from_mask
from placement.workspace.effective import Attachment, Effective, Level, resolve

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.policies.base import Policy
    from placement.workspace.workspace import ModelDeployment, Workspace

Wish = tuple[object, ...]
"""All that decides which node groups a deployment may use, inside one workspace."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that restricts a deployment, and the node groups it leaves.

    Attributes
    ----------
    rule : str
        A type of policy, or ``flavors``, ``hardware``, ``gpu_memory``.
    level : Level or None
        Where the policies are attached; None for the deployment's own demands.
    policies : tuple of Policy
        Together they allow what any of them allows.
    groups : set of node groups
    """

    rule: str
    level: Level | None
    policies: tuple[Policy, ...]
    groups: GroupSet

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the policies."""
        return tuple(policy.name for policy in self.policies)


class Reach:
    """Judges the deployments of one workspace on one catalog, and remembers what it judged."""

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self.workspace = workspace
        self.catalog = catalog
        self.everything: GroupSet = (1 << len(catalog.node_groups)) - 1
        self._policies: dict[str, GroupSet] = {}
        self._attached: dict[Wish, tuple[Attachment, ...]] = {}
        self._parts: dict[Wish, tuple[Part, ...]] = {}

    def of(self, deployment: ModelDeployment) -> GroupSet:
        """Return the node groups that are eligible for a deployment."""
        return self.common(self.parts(deployment))

    def by_policies(self, deployment: ModelDeployment) -> GroupSet:
        """Return the node groups that the policies of a deployment allow."""
        return self.common(part for part in self.parts(deployment) if part.level is not None)

    def common(self, parts: Iterable[Part]) -> GroupSet:
        """Return the node groups that every one of some parts leaves."""
        return reduce(and_, (part.groups for part in parts), self.everything)

    def policy(self, policy: Policy) -> GroupSet:
        """Return the node groups that one policy allows, whatever it targets."""
        meaning = policy.meaning
        if meaning not in self._policies:
            self._policies[meaning] = from_mask(policy.compile(self.catalog.table))
        return self._policies[meaning]

    def any_of(self, policies: Iterable[Policy]) -> GroupSet:
        """Return the node groups that at least one of some policies allows."""
        return reduce(or_, map(self.policy, policies), 0)

    def effective(self, deployment: ModelDeployment) -> Effective:
        """Return the policies attached to a deployment, and which of them bind."""
        wish = self.policy_wish(deployment)
        if wish not in self._attached:
            self._attached[wish] = resolve(self.workspace, deployment).attachments
        return Effective(*deployment.key, self._attached[wish])

    def parts(self, deployment: ModelDeployment) -> tuple[Part, ...]:
        """Return what restricts a deployment: policies by level and type, then its demands."""
        wish = self.wish(deployment)
        if wish not in self._parts:
            self._parts[wish] = (*self._of_policies(deployment), *self._of_demands(deployment))
        return self._parts[wish]

    def wish(self, deployment: ModelDeployment) -> Wish:
        """Return what decides the reach of a deployment; equal wishes have equal parts."""
        return (
            self.policy_wish(deployment),
            frozenset((entry.type, entry.name) for entry in deployment.flavors),
            (deployment.gpus, deployment.gpu_memory, deployment.cpus, deployment.memory),
            frozenset(deployment.extra.items()),
        )

    def policy_wish(self, deployment: ModelDeployment) -> Wish:
        """Return what decides which policies bind a deployment."""
        labels = ((key, deployment.labels.get(key)) for key in self._asked_labels)
        return (deployment.environment, frozenset(deployment.policies), *labels)

    @cached_property
    def _asked_labels(self) -> tuple[str, ...]:
        """Labels that a policy asks for; no others decide anything."""
        selectors = (policy.selector for policy in self.workspace.policies.values())
        return tuple(sorted({key for selector in selectors for key in selector.match_labels}))

    def _of_policies(self, deployment: ModelDeployment) -> list[Part]:
        effective = self.effective(deployment)
        bound = (
            (level, name, effective.binding(level, name))
            for level in Level
            for name in POLICY_TYPES
        )
        return [Part(name, level, own, self.any_of(own)) for level, name, own in bound if own]

    def _of_demands(self, deployment: ModelDeployment) -> list[Part]:
        found = []
        for rule in ELIGIBILITY_RULES:
            mask = rule.eligible(deployment, self.catalog.table, self.catalog)
            if mask is not None:
                found.append(Part(rule.name, None, (), from_mask(mask)))
        return found


def smallest_conflict(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the fewest parts that leave no node group together; none if all leave some.

    Of several such sets the first is returned, in the order of the parts.
    """
    known = tuple(parts)
    for size in range(1, len(known) + 1):
        for chosen in combinations(known, size):
            if not reduce(and_, (part.groups for part in chosen)):
                return chosen
    return ()


def alike(
    reach: Reach, deployments: Iterable[ModelDeployment]
) -> Mapping[Wish, tuple[ModelDeployment, ...]]:
    """Return deployments by their wish, in the order of the first of each."""
    found: dict[Wish, list[ModelDeployment]] = {}
    for deployment in deployments:
        found.setdefault(reach.wish(deployment), []).append(deployment)
    return {wish: tuple(same) for wish, same in found.items()}
