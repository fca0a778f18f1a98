"""Which node groups the policies of a deployment allow, as a mask over the node table.

The formula of ``docs/semantics.md`` on arrays; ``placement.workspace.effective`` says the same
by names. Many deployments share one answer: ``policy_key`` tells which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from placement.policies.base import Enforcement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.table import NodeTable
    from placement.policies.base import Policy
    from placement.workspace.workspace import ModelDeployment, Workspace

PolicyKey = tuple[frozenset[str], frozenset[str]]


def policy_key(workspace: Workspace, deployment: ModelDeployment) -> PolicyKey:
    """Return what the policy mask of a deployment depends on, besides the node table.

    Equal keys have equal masks, also across workspaces: a key holds the meanings of the
    policies that bind at the environment and at the deployment, not their names.
    """
    environment, own = _binding(workspace, deployment)
    return (
        frozenset(policy.meaning for policy in environment),
        frozenset(policy.meaning for policy in own),
    )


def eligibility_key(workspace: Workspace, deployment: ModelDeployment) -> object:
    """Return all that the mask of a deployment depends on, besides the node table."""
    return (
        policy_key(workspace, deployment),
        deployment.flavors,
        deployment.gpus,
        deployment.gpu_memory,
        deployment.cpus,
        deployment.memory,
        tuple(sorted(deployment.extra.items())),
    )


def eligible_mask(
    workspace: Workspace,
    deployment: ModelDeployment,
    table: NodeTable,
    masks: dict[str, NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """Return the mask of node groups that the policies of a deployment allow.

    Parameters
    ----------
    masks : dict
        Masks of single policies by meaning, filled here. Keep one dict per node table.

    Returns
    -------
    array of bool, shape (node groups,)
        A new array; own flavors, hardware and capacity of the deployment are not judged.
    """
    import numpy as np

    eligible = np.ones(len(table), np.bool_)
    for policies in _binding(workspace, deployment):
        for alike in _by_type(policies):
            eligible &= np.logical_or.reduce([_mask(policy, table, masks) for policy in alike])
    return eligible


def _binding(
    workspace: Workspace, deployment: ModelDeployment
) -> tuple[list[Policy], list[Policy]]:
    """Return the policies that restrict a deployment: of its environment, of its own."""
    names = (workspace.environments[deployment.environment].policies, deployment.policies)
    environment, own = (
        [
            policy
            for policy in map(workspace.policies.__getitem__, level)
            if policy.places
            and policy.enforcement is Enforcement.HARD
            and policy.targets(deployment.labels)
        ]
        for level in names
    )
    return environment, own


def _by_type(policies: Iterable[Policy]) -> Iterable[list[Policy]]:
    groups: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in policies:
        groups[policy.type].append(policy)
    return groups.values()


def _mask(
    policy: Policy, table: NodeTable, masks: dict[str, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    if policy.meaning not in masks:
        masks[policy.meaning] = policy.compile(table)
    return masks[policy.meaning]
