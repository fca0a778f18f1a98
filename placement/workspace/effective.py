"""Which policies bind a deployment, where each comes from, and what they allow together.

By names only: this is how a plan is judged and explained. The array form of the same formula
is ``placement.problem.eligibility``, written apart from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from placement.policies.base import Enforcement, Policy
from placement.policies.registry import POLICY_TYPES

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import ModelDeployment, Workspace


class Level(StrEnum):
    """Where a policy is attached."""

    ENVIRONMENT = "environment"
    DEPLOYMENT = "deployment"


class LeftOut(StrEnum):
    """Why an attached policy does not bind, in the order in which it is asked."""

    TYPE = "not a placement policy"
    TARGET = "target does not include the deployment"
    OBSERVE = "observed only"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A policy attached at a level, and why it is left out (None: it binds)."""

    level: Level
    policy: Policy
    left_out: LeftOut | None

    @property
    def binds(self) -> bool:
        """Whether the policy restricts the deployment."""
        return self.left_out is None


@dataclass(frozen=True, slots=True)
class Effective:
    """What governs one deployment.

    Attributes
    ----------
    model, environment : str
        The deployment.
    attachments : tuple of Attachment
        Each attached policy once per level: environment first, by type, then by name.
    """

    model: str
    environment: str
    attachments: tuple[Attachment, ...]

    def binding(self, level: Level, type_name: str) -> tuple[Policy, ...]:
        """Return the policies of one type that bind at one level; empty allows everything."""
        return tuple(
            item.policy
            for item in self.attachments
            if item.binds and item.level is level and item.policy.type == type_name
        )

    def refusals(self, group: NodeGroup, catalog: Catalog) -> Iterator[tuple[Level, str]]:
        """Yield every (level, type) whose policies, taken together, refuse a node group."""
        for type_name in POLICY_TYPES:
            for level in Level:
                policies = self.binding(level, type_name)
                if policies and not any(policy.check(group, catalog) for policy in policies):
                    yield level, type_name

    def allows(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether the policies of every type and level allow a node group."""
        return next(self.refusals(group, catalog), None) is None

    def refusing_types(self, group: NodeGroup, catalog: Catalog) -> tuple[str, ...]:
        """Return the types that refuse a node group, in the order of the registry."""
        return tuple(dict.fromkeys(name for _, name in self.refusals(group, catalog)))


def resolve(workspace: Workspace, deployment: ModelDeployment) -> Effective:
    """Return the policies attached to a deployment and its environment, judged one by one.

    Raises
    ------
    KeyError
        If the environment or an attached policy is not in the workspace; workspaces read
        from manifests never hold such a reference.
    """
    environment = workspace.environments[deployment.environment]
    attached = {Level.ENVIRONMENT: environment.policies, Level.DEPLOYMENT: deployment.policies}
    return Effective(
        deployment.name,
        deployment.environment,
        tuple(
            Attachment(level, policy, _left_out(policy, deployment))
            for level in Level
            for policy in _in_order(workspace.policies[name] for name in set(attached[level]))
        ),
    )


def observed(workspace: Workspace, deployment: ModelDeployment) -> tuple[Policy, ...]:
    """Return the policies that are only reported on for a deployment, by type and name.

    A policy attached at both levels is returned once.
    """
    found = {
        item.policy.name: item.policy
        for item in resolve(workspace, deployment).attachments
        if item.left_out is LeftOut.OBSERVE
    }
    return tuple(_in_order(found.values()))


def _left_out(policy: Policy, deployment: ModelDeployment) -> LeftOut | None:
    if not policy.places:
        return LeftOut.TYPE
    if not policy.targets(deployment.labels):
        return LeftOut.TARGET
    if policy.enforcement is Enforcement.OBSERVE:
        return LeftOut.OBSERVE
    return None


def _in_order(policies: Iterable[Policy]) -> list[Policy]:
    return sorted(policies, key=lambda policy: (policy.type, policy.name))
