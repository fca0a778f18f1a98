"""What runs today, as the problem sees it: which replicas may stay where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True, slots=True)
class Resident:
    """``replicas`` movable replicas of deployment number ``deployment`` on one node (slot)."""

    deployment: int
    slot: int | None
    replicas: int


def residents_by_node(
    workspace: Workspace,
    catalog: Catalog,
    deployments: Sequence[ModelDeployment],
    eligible: Sequence[NDArray[np.bool_]],
) -> Mapping[tuple[int, int], tuple[Resident, ...]]:
    """Return the movable running replicas by (node group number, node index).

    Left out is whatever must go: rows of another template, on nodes that do not exist or may
    not hold replicas, or outside what the deployment is eligible for.
    """
    if not workspace.running:
        return {}
    number = {deployment.key: d for d, deployment in enumerate(deployments)}
    position = {group.name: g for g, group in enumerate(catalog.node_groups)}
    found: dict[tuple[int, int], list[Resident]] = defaultdict(list)
    for row in workspace.running:
        d = number.get(row.key)
        place = catalog.find_node(row.node)
        if d is None or place is None or not catalog.state_of(*place).holds:
            continue
        deployment = deployments[d]
        alike = row.version == deployment.version and row.gpus == deployment.gpus * row.replicas
        unchanged = alike and row.key not in workspace.replaced
        group, index = place
        if unchanged and eligible[d][position[group.name]]:
            slot = row.gpu if row.gpu in range(len(group.gpu_slots)) else None
            found[position[group.name], index].append(Resident(d, slot, row.replicas))
    order = {node: sorted(rows, key=_order) for node, rows in found.items()}
    return {node: tuple(rows) for node, rows in sorted(order.items())}


def _order(resident: Resident) -> tuple[int, int, int]:
    slot = -1 if resident.slot is None else resident.slot
    return (resident.deployment, slot, resident.replicas)


def movable(
    residents: Mapping[tuple[int, int], tuple[Resident, ...]], deployments: int
) -> list[int]:
    """Return how many movable replicas each deployment has."""
    total = [0] * deployments
    for rows in residents.values():
        for resident in rows:
            total[resident.deployment] += resident.replicas
    return total
