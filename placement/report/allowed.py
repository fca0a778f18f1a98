"""In which countries of the fleet policies leave room: per environment, and policy by policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.constraints.eligibility import Bindings, Eligibility
from placement.policies.base import Enforcement

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.policies.base import Policy
    from placement.report.subject import Subject
    from placement.workspace.workspace import ModelDeployment


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is left of a fleet.

    Attributes
    ----------
    name : str
        Of an environment or a policy.
    policies : tuple of str
        Those that are attached to the environment, and which of them are only observed; of a
        policy, the options it allows.
    countries : frozenset of str
        Countries with at least one node group that is allowed.
    groups, of : int
        Node groups that are allowed, of how many.
    """

    name: str
    policies: tuple[str, ...]
    countries: frozenset[str]
    groups: int
    of: int


def by_environment(subject: Subject) -> tuple[Allowed, ...]:
    """Return what the policies leave each environment that has enabled deployments.

    A node group is allowed if the policies of environment and deployment let at least one of the
    deployments use it; hardware and capacity are not asked. Most GPUs in use come first.
    """
    return tuple(_environment(subject, name) for name in _environments(subject))


def _environments(subject: Subject) -> list[str]:
    asked = {one.environment for one in subject.workspace.deployments if one.enabled}
    used = [name for name in subject.environments if name in asked]
    return [*used, *sorted(asked.difference(used))]


def _environment(subject: Subject, name: str) -> Allowed:
    own = [d for d in subject.workspace.deployments if d.enabled and d.environment == name]
    eligibility = Eligibility(subject.workspace, subject.catalog)
    alike: dict[Bindings, ModelDeployment] = {}
    for one in own:
        alike.setdefault(eligibility.bindings(one), one)
    groups = [
        group
        for group in subject.catalog.node_groups
        if any(not eligibility.refusing_types(one, group) for one in alike.values())
    ]
    attached = (
        subject.workspace.policies[p] for p in subject.workspace.environments[name].policies
    )
    return _allowed(subject.catalog, name, map(_told, attached), groups)


def _told(policy: Policy) -> str:
    """Return the name of a policy, and whether it is only reported on."""
    return f"{policy.name} (observed)" if policy.enforcement is Enforcement.OBSERVE else policy.name


def by_policy(subject: Subject) -> tuple[Allowed, ...]:
    """Return what each attached policy that restricts placement allows by itself, by name."""
    attached = sorted(_attached(subject))
    policies = (subject.workspace.policies[name] for name in attached)
    return tuple(_policy(subject.catalog, one) for one in policies if one.places)


def _attached(subject: Subject) -> set[str]:
    workspace = subject.workspace
    found = {name for one in workspace.environments.values() for name in one.policies}
    return found.union(*(one.policies for one in workspace.deployments if one.enabled))


def _policy(catalog: Catalog, policy: Policy) -> Allowed:
    groups = [group for group in catalog.node_groups if policy.check(group, catalog)]
    return _allowed(catalog, policy.name, (policy.options(),), groups)


def _allowed(
    catalog: Catalog, name: str, policies: Iterable[str], groups: Iterable[NodeGroup]
) -> Allowed:
    kept = tuple(groups)
    countries = frozenset(group.region.country for group in kept)
    return Allowed(
        name, tuple(sorted(set(policies))), countries, len(kept), len(catalog.node_groups)
    )


def everywhere(catalog: Catalog) -> frozenset[str]:
    """Return the countries with a node group."""
    return frozenset(group.region.country for group in catalog.node_groups)
