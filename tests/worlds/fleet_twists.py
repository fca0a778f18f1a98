"""Twists of what exists and what runs: states, reservations, partial GPUs, running rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from tests.worlds.base import OBJECTIVES
from tests.worlds.draft import Draft
from tests.worlds.oracle import optimum
from tests.worlds.world import (
    Reserved,
    Row,
    World,
)


def state(name: str) -> Callable[[Draft], None]:
    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is not None:
            draft.set(draft.world.change_group(found[1].name, state=name))

    return twist


def single_node(draft: Draft) -> None:
    """Put one node in another state: one that the optimum uses, or one that may be used alone."""
    if draft.rng.random() < 0.6:
        run(draft)
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    rng = draft.rng
    nodes = [n for n in draft.best.placed[deployment.key] if n.startswith(f"{group.name}/")]
    node, bad = rng.choice(nodes), rng.choice(("cordoned", "draining", "lost"))
    if rng.random() < 0.7:
        draft.set(with_state(draft.world, node, bad))
    else:
        draft.set(with_state(draft.world.change_group(group.name, state=bad), node, "ready"))


def with_state(world: World, node: str, state: str) -> World:
    """Return the world with one node in a state of its own."""
    others = tuple(pair for pair in world.states if pair[0] != node)
    return replace(world, states=(*others, (node, state)))


def reserve(kind: str) -> Callable[[Draft], None]:
    """Reserve part of a node that the optimum fills."""

    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is None:
            return
        deployment, group = found
        rng = draft.rng
        nodes = [n for n in draft.best.placed[deployment.key] if n.startswith(f"{group.name}/")]
        node = rng.choice(nodes)
        old = next((r for r in draft.world.reserved if r.node == node), Reserved(node))
        others = tuple(r for r in draft.world.reserved if r.node != node)
        if kind == "gpus":
            total = sum(group.slots)
            if not total:
                return
            choices = [a for a in (200, 400, 500, 700, 1000, 1000, 1500, 2000) if a <= total]
            if not choices:
                return
            new = replace(old, gpus=rng.choice(choices))
        else:
            room, wanted = getattr(group, kind), getattr(deployment, kind)
            used = draft.best.placed[deployment.key][node] * wanted
            amount = max(0, room - used) // 500 * 500 + 500
            new = replace(old, **{kind: min(room, amount)})
        draft.set(replace(draft.world, reserved=(*others, new)))

    return twist


def partial_gpu(draft: Draft) -> None:
    """Turn a node group into partial-GPU instances, and a deployment into shares."""
    found = draft.target()
    if found is None or found[1].flavor_type == "cpu":
        return
    deployment, group = found
    fraction = draft.rng.choice((Fraction(1, 2), Fraction(1, 3), Fraction(1, 4), Fraction(1, 6)))
    price = int(group.price // group.gpu_count * fraction)
    draft.set(
        draft.world.change_group(group.name, gpu_count=1, fraction=fraction, price=max(1, price))
    )
    if draft.rng.random() < 0.7:
        share = draft.rng.choice((160, 166, 250, 250, 333, 500))
        draft.set(draft.world.change(deployment.key, gpus=share, gpu_memory=0))


def cheap_carbon(draft: Draft) -> None:
    draft.set(replace(draft.world, objective=draft.rng.choice(("carbon", OBJECTIVES[3]))))


def rows_of(draft: Draft, world: World, version: str) -> tuple[Row, ...]:
    """Return the optimum of a world as running rows."""
    return tuple(replace(row, version=version) for row in optimum(world).rows)


def run(draft: Draft, *, version: str = "v1") -> None:
    """Let run what would be best with other prices, so that staying costs something."""
    rng = draft.rng
    groups = tuple(
        replace(group, price=rng.randrange(1, 60) * 50_000_000, state="ready")
        for group in draft.world.groups
    )
    before = replace(draft.world, groups=groups, objective="cost", reserved=(), states=())
    rows = rows_of(draft, before, version)
    draft.set(replace(draft.world, running=rows))


def running(draft: Draft) -> None:
    run(draft)


def other_version(draft: Draft) -> None:
    """What runs is another version: the template changes, nothing is kept."""
    run(draft, version=draft.rng.choice(("v0", "v0", "v0", "v1")))


def lose(draft: Draft) -> None:
    """What runs has lost capacity: reservations, states, nodes that are gone."""
    run(draft)
    rng = draft.rng
    if not draft.world.running:
        return
    row = rng.choice(draft.world.running)
    name = row.node.rsplit("/", 1)[0]
    group = draft.rules.groups[name]
    what = rng.choice(("state", "reserved", "gone", "foreign", "cpus", "cpus"))
    if what == "state":
        changed = draft.world.change_group(name, state=rng.choice(("cordoned", "draining", "lost")))
        draft.set(changed)
    elif what == "reserved" and group.slots:
        held = Reserved(row.node, gpus=sum(group.slots))
        others = tuple(r for r in draft.world.reserved if r.node != row.node)
        draft.set(replace(draft.world, reserved=(*others, held)))
    elif what == "gone" and group.count > 1:
        last = f"{name}/{group.count - 1}"
        rest = tuple(r for r in draft.world.reserved if r.node != last)
        states = tuple(pair for pair in draft.world.states if pair[0] != last)
        changed = draft.world.change_group(name, count=group.count - 1)
        draft.set(replace(changed, reserved=rest, states=states))
    elif what == "foreign":
        gone = replace(row, node="gone/0", gpu=None)
        rows = tuple(r for r in draft.world.running if r != row)
        draft.set(replace(draft.world, running=(*rows, gone)))
    else:
        deployment = draft.world.deployment(row.key)
        room = group.cpus // 2 // max(1, row.replicas)
        draft.set(draft.world.change(deployment.key, cpus=max(500, room // 500 * 500 + 500)))


def keep_cordoned(draft: Draft) -> None:
    """What runs stays on a cordoned node group that takes nothing new."""
    run(draft)
    if not draft.world.running:
        return
    name = draft.rng.choice(draft.world.running).node.rsplit("/", 1)[0]
    draft.set(draft.world.change_group(name, state="cordoned"))
