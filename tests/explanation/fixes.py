"""What mends a reason: the smallest edit of a world after which it must not be given any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from placement.explanation.values import Place, Reason, Rule
from placement.plan.prices import CPUS, GPUS, MEMORY
from tests.worlds.world import Key, World

Fix = Callable[[World, Key, Place, Reason], World]


def observe(world: World, key: Key, place: Place, reason: Reason) -> World:
    """Let the policies that are named be observed only."""
    policies = (
        replace(policy, observe=True) if policy.name in reason.policies else policy
        for policy in world.policies
    )
    return replace(world, policies=tuple(policies))


def any_flavor(world: World, key: Key, place: Place, reason: Reason) -> World:
    demand = world.deployment(key).demand
    return world.change(key, flavors=(), gpus=demand)


def larger_gpu(world: World, key: Key, place: Place, reason: Reason) -> World:
    gpus = (replace(gpu, memory=10**6) if gpu.name == place.flavor else gpu for gpu in world.gpus)
    return replace(world, gpus=tuple(gpus))


def ready(world: World, key: Key, place: Place, reason: Reason) -> World:
    return replace(world.change_group(place.node_group, state="ready"), states=())


def more_room(world: World, key: Key, place: Place, reason: Reason) -> World:
    """Give the nodes of the group what is said to be short, and no more."""
    group = next(group for group in world.groups if group.name == place.node_group)
    extra = dict(group.extra)
    fields: dict[str, object] = {}
    for shortage in reason.shortages:
        match shortage.resource:
            case str() as name if name == GPUS:
                fields["gpu_count"] = group.gpu_count - -shortage.short // 1000
            case str() as name if name == CPUS:
                fields["cpus"] = group.cpus + shortage.short
            case str() as name if name == MEMORY:
                fields["memory"] = group.memory + shortage.short
            case name:
                extra[name.removeprefix("extra:")] += shortage.short
    return world.change_group(group.name, **fields, extra=tuple(extra.items()))


def dropping(field: str) -> Fix:
    """Return the fix that takes a field away from every deployment."""

    def drop(world: World, key: Key, place: Place, reason: Reason) -> World:
        deployments = (replace(one, **{field: ()}) for one in world.deployments)
        return replace(world, deployments=tuple(deployments))

    return drop


def enable(world: World, key: Key, place: Place, reason: Reason) -> World:
    return world.change(key, enabled=True)


def no_minimum(world: World, key: Key, place: Place, reason: Reason) -> World:
    return world.change(key, min_replicas=0)


FIXES: Mapping[Rule, Fix] = {
    Rule.POLICY: observe,
    Rule.FLAVORS: any_flavor,
    Rule.GPU_MEMORY: larger_gpu,
    Rule.STATE: ready,
    Rule.CAPACITY: more_room,
    Rule.SPREAD: dropping("spread"),
    Rule.SEPARATION: dropping("separate_from"),
    Rule.COLOCATION: dropping("together_with"),
    Rule.DEMAND: no_minimum,
    Rule.ENABLED: enable,
}
"""Hardware is left out: what mends it depends on what is wrong with it."""
