"""Tiny worlds as the package's own catalog, workspace and assignment rows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from placement.catalog import rows
from placement.catalog.catalog import Catalog, make_catalog
from placement.policies.registry import POLICY_TYPES
from placement.workspace.assignment import Assignment
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment, ModelDeployment, Workspace
from tests.worlds.rules import Rules
from tests.worlds.world import Deployment, Peers, Policy, Row, World

FULL_NAMES = {"region": "location"}
"""How a location entry's kind is spelled in manifests."""


def thousandths(amount: int) -> Decimal:
    return Decimal(amount) / 1000


def catalog_of(world: World) -> Catalog:
    """Return the world's catalog."""
    regions = {
        region.key: rows.Region(
            region.provider,
            region.code,
            region.code,
            region.country,
            region.continent,
            0.0,
            0.0,
            region.carbon,
        )
        for region in world.regions
    }
    gpus = [
        rows.Gpu(gpu.name, "vendor", gpu.memory, "any", gpu.aliases, gpu.family, gpu.tdp)
        for gpu in world.gpus
    ]
    groups = [
        rows.NodeGroup(
            name=group.name,
            region=regions[group.region],
            zone=group.zone,
            instance_type=f"type-{group.name}",
            flavor_type=group.flavor_type,
            flavor=group.flavor,
            gpu_count=group.gpu_count,
            cpus=group.cpus,
            memory=group.memory,
            price=group.price,
            count=group.count,
            gpu_fraction=group.fraction,
            state=rows.NodeState(group.state),
            extra=dict(group.extra),
        )
        for group in world.groups
    ]
    return make_catalog(
        regions=regions.values(),
        gpus=gpus,
        node_groups=groups,
        reserved=reserved_of(world),
        states={node: rows.NodeState(state) for node, state in world.states},
        latency={(a, b): value for a, b, value in world.latency},
    )


def reserved_of(world: World) -> dict[str, rows.Reserved]:
    """Return what is reserved per node, GPUs from the highest index downwards."""
    rules = Rules(world)
    found = {}
    for row in world.reserved:
        group = rules.groups[row.node.split("/")[0]]
        node = rules.node(group, row.node)
        taken = tuple(full - free for full, free in zip(group.slots, node.free_slots, strict=True))
        if any(taken) or row.cpus or row.memory:
            found[row.node] = rows.Reserved(taken, row.cpus, row.memory)
    return found


def policy_of(policy: Policy) -> Any:
    """Return a policy object of the package."""
    match policy.type:
        case "location":
            entries = [{"type": FULL_NAMES.get(k, k), "name": name} for k, name in policy.spec]
            options: dict[str, Any] = {"locations": entries}
        case "flavor":
            options = {"flavors": [{"type": kind, "name": name} for kind, name in policy.spec]}
        case "provider":
            options = {"providers": policy.spec}
        case "price":
            options = {"maxPricePerGpuHour": Decimal(policy.spec[0])}
        case "carbon":
            options = {"maxCarbon": Decimal(policy.spec[0])}
        case _:
            raise ValueError(policy.type)
    return POLICY_TYPES[policy.type].model_validate(
        {
            "name": policy.name,
            "type": policy.type,
            "resourceTypes": policy.resource_types,
            "selector": {"matchLabels": dict(policy.selector)},
            "enforcement": "observe" if policy.observe else "hard",
            **options,
        }
    )


def peers_of(rule: Peers) -> dict[str, Any]:
    selector: dict[str, Any] = {"matchLabels": dict(rule.labels)}
    if rule.environment is not None:
        selector["environment"] = rule.environment
    return {"selector": selector, "over": rule.over}


def resources_of(d: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = {"cpus": thousandths(d.cpus), "memoryGiB": thousandths(d.memory)}
    if d.gpus is not None:
        found["gpus"] = thousandths(d.gpus)
    if d.gpu_memory:
        found["gpuMemoryGiB"] = thousandths(d.gpu_memory)
    if d.extra:
        found["extra"] = {name: thousandths(amount) for name, amount in d.extra}
    return found


def deployment_of(d: Deployment) -> ModelDeployment:
    """Return a model deployment of the package."""
    return ModelDeployment.model_validate(
        {
            "name": d.name,
            "environment": d.environment,
            "labels": dict(d.labels),
            "version": d.version,
            "enabled": d.enabled,
            "policies": d.policies,
            "flavors": [{"type": kind, "name": name} for kind, name in d.flavors],
            "replicas": d.replicas,
            "minReplicas": d.min_replicas,
            "resources": resources_of(d),
            "priority": d.priority,
            "rollout": d.rollout,
            "spread": [
                {
                    "over": s.over,
                    "maxPerDomain": s.max_per_domain,
                    "minDomains": s.min_domains,
                    "maxSkew": s.max_skew,
                }
                for s in d.spread
            ],
            "separateFrom": [peers_of(rule) for rule in d.separate_from],
            "togetherWith": [peers_of(rule) for rule in d.together_with],
            "requestOrigins": [{"country": c, "weight": weight} for c, weight in d.origins],
        }
    )


def assignment_of(world: World, row: Row) -> Assignment:
    """Return an assignment row of the package; its cost is 0, as nothing that runs is priced."""
    rules = Rules(world)
    # A row on a node that is gone has to say something about it: the first group by name.
    name = row.node.split("/")[0]
    group = rules.groups[name if name in rules.groups else min(rules.groups)]
    region = rules.regions[group.region]
    return Assignment(
        model=row.model,
        environment=row.environment,
        version=row.version,
        node=row.node,
        provider=region.provider,
        region=region.code,
        zone=group.zone,
        country=region.country,
        continent=region.continent,
        flavor=group.flavor,
        replicas=row.replicas,
        gpus=row.gpus,
        cost=0,
        gpu=row.gpu,
    )


def assignments_of(world: World, found: Iterable[Row]) -> tuple[Assignment, ...]:
    """Return rows in the order of a plan."""

    def order(row: Row) -> tuple[str, str, str, int, int]:
        group, _, index = row.node.rpartition("/")
        return (row.model, row.environment, group, int(index), -1 if row.gpu is None else row.gpu)

    return tuple(assignment_of(world, row) for row in sorted(found, key=order))


def workspace_of(world: World) -> Workspace:
    """Return the world's workspace."""
    return make_workspace(
        policies=[policy_of(policy) for policy in world.policies],
        environments=[Environment(name=e.name, policies=e.policies) for e in world.environments],
        deployments=[deployment_of(d) for d in world.deployments],
        running=assignments_of(world, world.running),
    )
