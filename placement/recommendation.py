"""Where one deployment would go as things are, from the cheapest place upwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.objectives.cost import Cost
from placement.problem.affected import Affected

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import ModelDeployment


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One node group that has room for a deployment, nothing else moving.

    Attributes
    ----------
    node_group, provider, region, country, flavor : str
    replicas : int
        How many of the wanted replicas fit there, each node by itself being considered.
    cost_per_replica : int
        Micro-USD per hour, by share.
    difference : int
        How much more that is than at the first recommendation, in micro-USD per hour.
    """

    node_group: str
    provider: str
    region: str
    country: str
    flavor: str
    replicas: int
    cost_per_replica: int
    difference: int


def recommended(
    affected: Affected, deployment: ModelDeployment, top: int
) -> tuple[Recommendation, ...]:
    """Return the best node groups: the objective decides, then room, then the name.

    Rules about several replicas (spread, separation) are not looked at: each node group is
    judged for one replica more.
    """
    key, fleet = deployment.key, affected.fleet
    ledger = affected.without((key,))
    usable = affected.eligible(key)[fleet.group_of] & fleet.accepts
    room = np.where(usable, ledger.room(deployment), 0)
    groups = affected.catalog.node_groups
    fits = np.bincount(fleet.group_of, weights=room, minlength=len(groups)).astype(np.int64)
    values = affected.values(key)
    there = np.flatnonzero(fits)
    order = there[np.lexsort((there, -fits[there], values[there]))][:top]
    costs = Cost().compile(deployment, affected.catalog.table, affected.catalog)
    first = int(costs[order[0]]) if len(order) else 0
    return tuple(
        _of(groups[g], min(int(fits[g]), deployment.replicas), int(costs[g]), first)
        for g in order.tolist()
    )


def _of(group: NodeGroup, replicas: int, cost: int, first: int) -> Recommendation:
    return Recommendation(
        node_group=group.name,
        provider=group.region.provider,
        region=group.region.code,
        country=group.region.country,
        flavor=group.flavor,
        replicas=replicas,
        cost_per_replica=cost,
        difference=cost - first,
    )
