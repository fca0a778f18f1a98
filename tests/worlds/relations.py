"""Ways to rewrite a tiny world whose effect on the optimum is known in advance."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TypeVar

from tests.worlds.world import Policy, World

T = TypeVar("T")

EXACT_PRICE = 192_000_000
"""Every part of a node costs whole micro-USD at multiples of this price (in nano-USD)."""


def shuffled(world: World, rng: Random) -> World:
    """Return the world with every collection in another order."""

    def mixed(rows: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(rng.sample(rows, len(rows)))

    return replace(
        world,
        regions=mixed(world.regions),
        gpus=mixed(world.gpus),
        groups=mixed(world.groups),
        deployments=mixed(world.deployments),
        policies=mixed(world.policies),
        environments=mixed(world.environments),
        reserved=mixed(world.reserved),
        states=mixed(world.states),
        latency=mixed(world.latency),
        running=mixed(world.running),
    )


def reordered_lists(world: World, rng: Random) -> World:
    """Return the world with the lists inside its documents in another order."""

    def mixed(rows: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(rng.sample(rows, len(rows)))

    return replace(
        world,
        policies=tuple(replace(p, spec=mixed(p.spec)) for p in world.policies),
        environments=tuple(replace(e, policies=mixed(e.policies)) for e in world.environments),
        deployments=tuple(
            replace(
                d,
                policies=mixed(d.policies),
                flavors=mixed(d.flavors),
                spread=mixed(d.spread),
                separate_from=mixed(d.separate_from),
                together_with=mixed(d.together_with),
                origins=mixed(d.origins),
            )
            for d in world.deployments
        ),
    )


def with_exact_prices(world: World) -> World:
    """Return the world under the cost objective with prices at which nothing is rounded."""
    groups = tuple(
        replace(g, price=(g.price // EXACT_PRICE + 1) * EXACT_PRICE) for g in world.groups
    )
    return replace(world, groups=groups, objective="cost")


def with_prices_times(world: World, factor: int) -> World:
    return replace(world, groups=tuple(replace(g, price=g.price * factor) for g in world.groups))


def without_skew(world: World) -> World:
    """Return the world without `maxSkew`, the one rule that more capacity can tighten."""
    return replace(
        world,
        deployments=tuple(
            replace(d, spread=tuple(s for s in d.spread if s.max_skew is None))
            for d in world.deployments
        ),
    )


def on_known_nodes(world: World) -> World:
    """Return the world without running rows on nodes that do not exist."""
    nodes = {node for group in world.groups for node in group.nodes()}
    return replace(world, running=tuple(row for row in world.running if row.node in nodes))


def with_one_more_node(world: World, rng: Random) -> World:
    """Return the world with one more node in one of its groups."""
    group = rng.choice(world.groups)
    return world.change_group(group.name, count=group.count + 1)


def with_policies_twice(world: World) -> World:
    """Return the world with every policy attached twice, by its name and as a copy."""

    def copy(name: str) -> str:
        return f"{name}-again"

    def doubled(names: tuple[str, ...]) -> tuple[str, ...]:
        return (*names, *names, *map(copy, names))

    def doubled_entries(policy: Policy) -> Policy:
        many = policy.type in ("location", "flavor", "provider")
        return replace(policy, spec=policy.spec * 2) if many else policy

    return replace(
        world,
        policies=(
            *map(doubled_entries, world.policies),
            *(replace(policy, name=copy(policy.name)) for policy in world.policies),
        ),
        environments=tuple(replace(e, policies=doubled(e.policies)) for e in world.environments),
        deployments=tuple(replace(d, policies=doubled(d.policies)) for d in world.deployments),
    )


def renamed(world: World) -> World:
    """Return the world with new names, which sort the other way round."""

    def new(name: str) -> str:
        return "".join(chr(ord("a") + 25 - ord(c) % 26) for c in name) + "-" + name

    def node(name: str) -> str:
        group, _, index = name.rpartition("/")
        return f"{new(group)}/{index}"

    def names(old: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(new, old))

    return replace(
        world,
        groups=tuple(replace(g, name=new(g.name)) for g in world.groups),
        policies=tuple(replace(p, name=new(p.name)) for p in world.policies),
        environments=tuple(replace(e, policies=names(e.policies)) for e in world.environments),
        deployments=tuple(
            replace(d, name=new(d.name), policies=names(d.policies)) for d in world.deployments
        ),
        reserved=tuple(replace(r, node=node(r.node)) for r in world.reserved),
        states=tuple((node(name), state) for name, state in world.states),
        running=tuple(replace(r, model=new(r.model), node=node(r.node)) for r in world.running),
    )
