"""A policy in an environment, and the workspace without it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.problem.compiler import eligible_masks
from placement.workspace.effective import resolve
from placement.workspace.transitions.edits import edited, remade

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import Environment, ModelDeployment, Workspace


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy that is attached to an environment, or to deployments in it.

    Attributes
    ----------
    deployments : int
        Enabled deployments there that it binds.
    """

    policy: str
    environment: str
    deployments: int


def attached_in(workspace: Workspace) -> Iterator[Attached]:
    """Yield each policy and each environment where it is attached, sorted."""
    pairs = {
        (name, holder.name)
        for holder in workspace.environments.values()
        for name in holder.policies
    } | {(name, one.environment) for one in workspace.deployments for name in one.policies}
    for policy, environment in sorted(pairs):
        yield Attached(policy, environment, len(_bound(workspace, policy, environment)))


def without(workspace: Workspace, attached: Attached) -> Workspace:
    """Return a workspace in which a policy is attached to nothing in an environment."""
    name = attached.policy
    holders: list[Environment | ModelDeployment] = [workspace.environments[attached.environment]]
    holders += [one for one in workspace.deployments if one.environment == attached.environment]
    freed = [
        remade(holder, policies=tuple(other for other in holder.policies if other != name))
        for holder in holders
        if name in holder.policies
    ]
    return edited(workspace, put=freed)


def is_moot(catalog: Catalog, workspace: Workspace, attached: Attached) -> bool:
    """Whether without the policy every deployment may use the same node groups as with it.

    Then no plan is better, or worse, without it.
    """
    bound = _bound(workspace, attached.policy, attached.environment)
    free = without(workspace, attached)
    bare = [free.by_key[one.key] for one in bound]
    before = eligible_masks(workspace, catalog, bound, {})
    after = eligible_masks(free, catalog, bare, {})
    return all((a == b).all() for a, b in zip(before, after, strict=True))


def _bound(workspace: Workspace, policy: str, environment: str) -> list[ModelDeployment]:
    return [
        one
        for one in workspace.deployments
        if one.enabled
        and one.environment == environment
        and any(
            item.binds and item.policy.name == policy
            for item in resolve(workspace, one).attachments
        )
    ]
