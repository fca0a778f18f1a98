"""Random changes of tiny worlds in which room has to be made.

A fleet of a few nodes is filled with residents by the rules, until about as much is free as the
change wants, though seldom in one piece. Three shapes: *scattered* (free GPUs lie about),
*ladder* (each resident may use its node and the next one, only the last has room) and *swap*
(two residents have to change places). Then one change is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random

from tests.worlds.base import GPUS
from tests.worlds.changes.change import Change
from tests.worlds.changes.fewest import Outcome, fewest_moves
from tests.worlds.changes.filling import Filling, fill
from tests.worlds.geography import COUNTRIES
from tests.worlds.world import (
    Deployment,
    Environment,
    Group,
    Key,
    Peers,
    Policy,
    Region,
    Spread,
    World,
)

FLAVORS = tuple(gpu.name for gpu in GPUS)
TARGET: Key = ("t", "production")
SOURCE: Key = ("t", "development")
TRIES = 60
"""How many changes are drawn until one is as wished."""


def as_it_comes(outcome: Outcome) -> bool:
    return True


def moves(outcome: Outcome) -> bool:
    return outcome.moved >= 1


def moves_two(outcome: Outcome) -> bool:
    return outcome.moved >= 2


def moves_three(outcome: Outcome) -> bool:
    return outcome.moved >= 3


def strands(outcome: Outcome) -> bool:
    return outcome.reason == "strands"


def order_costs(outcome: Outcome) -> bool:
    return outcome.order_costs


def order_refuses(outcome: Outcome) -> bool:
    return outcome.order_refuses


WISHES: tuple[tuple[Callable[[Outcome], bool], int], ...] = (
    (as_it_comes, 42),
    (strands, 3),
    (moves, 15),
    (moves_two, 15),
    (moves_three, 5),
    (order_costs, 12),
    (order_refuses, 8),
)


def random_change(seed: int) -> Change:
    """Return the change of a seed."""
    return solved_change(seed)[0]


@lru_cache(maxsize=4096)
def solved_change(seed: int) -> tuple[Change, Outcome]:
    """Return the change of a seed and what it comes to; both are frozen, so tests share them."""
    return drawn_until(seed)


def drawn_until(seed: int) -> tuple[Change, Outcome]:
    """Draw the change of a seed anew.

    Most seeds wish for something rare and draw until it comes, or take the last one.
    """
    rng = Random(seed)
    wish = rng.choices([w for w, _ in WISHES], [n for _, n in WISHES])[0]
    for _ in range(TRIES):
        change = replace(draw(rng), seed=seed)
        outcome = fewest_moves(change)
        if wish(outcome):
            break
    return change, outcome


def draw(rng: Random) -> Change:
    shape = rng.choices(("scattered", "ladder", "swap"), (55, 25, 20))[0]
    world = {"scattered": scattered, "ladder": ladder, "swap": swap}[shape](rng)
    kind = rng.choices(tuple(KINDS), (62, 9, 9, 8, 9, 3))[0]
    return replace(KINDS[kind](rng, world), shape=f"{shape} {kind}")


# --- fleets ---------------------------------------------------------------------------------


def regions_of(rng: Random) -> tuple[Region, ...]:
    countries = rng.sample(sorted(COUNTRIES), rng.choice((1, 2, 2)))
    return tuple(
        Region(provider, f"{country.lower()}-{i}", country, COUNTRIES[country][0], 100_000)
        for i, (country, provider) in enumerate(zip(countries, ("aws", "gcp"), strict=False))
    )


def group(rng: Random, i: int, regions: tuple[Region, ...], gpus: int, count: int) -> Group:
    """Return a group with a flavor of its own; CPUs or memory bind now and then."""
    kind = "gpu" if gpus else "cpu"
    return Group(
        name=f"g{i}",
        region=rng.choice(regions).key,
        zone="a",
        flavor_type=kind,
        flavor=FLAVORS[i] if gpus else "x86_64",
        gpu_count=gpus,
        cpus=1000 * rng.choice((2, 4, 16)) * (gpus or 2),
        memory=1000 * rng.choice((4, 16)) * (gpus or 2),
        price=rng.randrange(4, 60) * 100_000_000 * (gpus or 1),
        count=count,
    )


def empty_world(regions: tuple[Region, ...], groups: tuple[Group, ...]) -> World:
    return World(
        regions=regions,
        gpus=GPUS,
        groups=groups,
        deployments=(),
        environments=(Environment("development"), Environment("production")),
    )


def scattered(rng: Random) -> World:
    regions = regions_of(rng)
    groups, nodes = [], 0
    for i in range(rng.choice((1, 2, 2, 3))):
        count = min(rng.choice((1, 2, 2, 3)), 5 - nodes)
        if count:
            gpus = 0 if i and rng.random() < 0.1 else rng.choice((1, 2, 2, 2, 3, 4))
            groups.append(group(rng, i, regions, gpus, count))
            nodes += count
    world = empty_world(regions, tuple(groups))
    residents = [resident(rng, i, world) for i in range(rng.choice((2, 3, 3, 4)))]
    room = rng.choice((1000, 2000, 2000, 2000, 3000, 4000))
    return fill(rng, world, residents, free=room, most=8)


def ladder(rng: Random) -> World:
    """Each resident may use two neighbouring nodes; the last node has room."""
    regions = regions_of(rng)
    steps = rng.choice((2, 3, 3, 4))
    gpus = rng.choice((1, 1, 2))
    groups = tuple(group(rng, i, regions, gpus, 1) for i in range(steps))
    if rng.random() < 0.7:
        groups = tuple(replace(g, cpus=64_000, memory=64_000) for g in groups)
    size = rng.choice((1000, 1000, 2000, 500)) if gpus == 2 else rng.choice((1000, 1000, 500))
    residents = []
    for i in range(steps):
        last = i == steps - 1
        if last and rng.random() < 0.7:
            break
        flavors = tuple(("gpu", g.flavor) for g in groups[i : i + 2])
        d = replace(
            resident(rng, i, empty_world(regions, groups)),
            flavors=flavors,
            gpus=rng.choice((size, size, 1000)),
            replicas=max(1, 1000 * gpus // size),
            min_replicas=0,
            spread=(),
            separate_from=(),
        )
        residents.append(d)
    return fill(rng, empty_world(regions, groups), residents, free=0, most=8, firmly=True)


def swap(rng: Random) -> World:
    """Two residents that have to change places before the target fits beside the second.

    The first uses many CPUs of the large node, the second few of the small one; both together
    are too much for the large one. Now and then a further node lets the second step aside.
    """
    regions = regions_of(rng)
    gpus = (2, 1, *(1 for _ in range(rng.choice((0, 0, 1, 2, 2)))))
    groups = tuple(
        replace(group(rng, i, regions, n, 1), cpus=8000, memory=64_000) for i, n in enumerate(gpus)
    )
    world = empty_world(regions, groups)
    flavors = [("gpu", g.flavor) for g in groups]
    allowed = (flavors[:2], flavors[:3], flavors[2:4])
    cpus = (rng.choice((5000, 6000)), 3000, rng.choice((1000, 3000)))
    residents = [
        replace(
            resident(rng, i, world),
            flavors=tuple(allowed[i]),
            gpus=1000,
            cpus=cpus[i],
            memory=1000,
            replicas=1,
            min_replicas=0,
            spread=(),
            separate_from=(),
        )
        for i in range(min(3, len(groups)))
    ]
    filled = Filling(rng, world, residents)
    for d, seat in zip(residents, ("g0/0", "g1/0", "g2/0"), strict=False):
        filled.seats[d.key].append((seat, None))
    return filled.finish()


# --- residents ------------------------------------------------------------------------------


def resident(rng: Random, i: int, world: World) -> Deployment:
    kinds = [g.flavor_type for g in world.groups]
    gpus: int | None = rng.choices((1000, 2000, 4000, 500), (60, 14, 3, 12))[0]
    if "cpu" in kinds and rng.random() < 0.3:
        gpus = 0
    d = Deployment(
        name=f"m{i}",
        environment=rng.choice(("production", "development")),
        labels=(("app", rng.choice("ab")),),
        replicas=rng.choice((1, 1, 2, 2, 3)),
        gpus=gpus,
        cpus=rng.choice((500, 1000, 1000, 2000)),
        memory=rng.choice((1000, 1000, 2000, 4000)),
        rollout=rng.choice(("surge", "surge", "surge", "recreate")),
        priority=rng.choice((0, 0, 0, 5)),
    )
    return with_rules(rng, d, world)


def with_rules(rng: Random, d: Deployment, world: World) -> Deployment:
    """Return a deployment with some of the rules that narrow where it may be."""
    flavors = sorted({(g.flavor_type, g.flavor) for g in world.groups})
    if d.demand and rng.random() < 0.3:
        chosen = [f for f in flavors if f[0] == "gpu"]
        d = replace(d, flavors=tuple(rng.sample(chosen, min(len(chosen), rng.choice((1, 2))))))
    if rng.random() < 0.12:
        over = rng.choice(("node", "node", "region"))
        entry = rng.choice((Spread(over, max_per_domain=1), Spread(over, min_domains=2)))
        d = replace(d, spread=(entry,))
    if rng.random() < 0.08:
        d = replace(d, separate_from=(Peers("node", (("app", rng.choice("ab")),)),))
    if rng.random() < 0.15:
        d = replace(d, min_replicas=d.replicas)
    return d


# --- changes --------------------------------------------------------------------------------


def target(rng: Random, world: World) -> Deployment:
    """Return what is to be deployed: often more than one GPU, often on one flavor only."""
    gpus = rng.choices((1000, 2000, 4000, 500), (50, 35, 5, 10))[0]
    most = max((g.gpu_count for g in world.groups), default=0) * 1000
    gpus = min(gpus, most) if gpus >= 1000 and rng.random() < 0.93 else gpus
    first = world.groups[0]
    flavor = (first.flavor_type, first.flavor)
    d = Deployment(
        name=TARGET[0],
        environment=TARGET[1],
        version="v2",
        labels=(("app", rng.choice("ab")),),
        replicas=1 if gpus > 1000 else rng.choice((1, 1, 2, 2, 3)),
        gpus=gpus,
        cpus=rng.choice((1000, 1000, 2000, 4000)),
        memory=rng.choice((1000, 2000, 4000)),
        rollout=rng.choice(("surge", "surge", "recreate")),
        priority=rng.choice((0, 0, 0, 5)),
    )
    first = world.groups[0]
    if world.groups[0].cpus == 8000 and rng.random() < 0.6:
        return replace(d, gpus=1000, replicas=1, cpus=rng.choice((4000, 5000)), flavors=(flavor,))
    d = with_rules(rng, d, world)
    if d.demand and rng.random() < 0.5 and first.gpu_count * 1000 >= d.demand:
        d = replace(d, flavors=(flavor,))
    return d


def put(world: World, *deployments: Deployment) -> World:
    """Return a world with deployments added or replaced."""
    keys = {d.key for d in deployments}
    kept = tuple(d for d in world.deployments if d.key not in keys)
    return replace(world, deployments=(*kept, *deployments))


def with_target_running(rng: Random, world: World, wish: Deployment) -> World:
    """Return a world in which an earlier version of the target runs, as far as there is room."""
    old = replace(
        wish,
        version="v1",
        replicas=rng.choice((1, 1, wish.replicas)),
        min_replicas=0,
        cpus=rng.choice((wish.cpus, 1000)),
        gpus=rng.choice((wish.gpus, wish.gpus, 1000)),
    )
    return fill(rng, world, [old], free=0, most=8)


def release(rng: Random, world: World) -> Change:
    wish = target(rng, world)
    if rng.random() < 0.5:
        world = with_target_running(rng, world, wish)
    source = replace(wish, environment="development")
    if rng.random() < 0.25:
        world = fill(rng, world, [source], free=0, most=8)
    before = put(world, source)
    if rng.random() < 0.3:
        before = with_environment_policy(rng, before, "production")
        before = without_strays(before)
    kept = before_policies(before)
    after = put(before, replace(source, environment="production", policies=kept))
    return Change("release", before, after, allow_partial=rng.random() < 0.06)


def before_policies(world: World) -> tuple[str, ...]:
    return next((d.policies for d in world.deployments if d.key == TARGET), ())


def with_environment_policy(rng: Random, world: World, environment: str) -> World:
    """Return a world in which an environment is narrowed to some of its flavors or regions."""
    policy = draw_policy(rng, world, f"p{len(world.policies)}")
    return attached(replace(world, policies=(*world.policies, policy)), policy.name, environment)


def draw_policy(rng: Random, world: World, name: str) -> Policy:
    if rng.random() < 0.6:
        flavors = sorted({(g.flavor_type, g.flavor) for g in world.groups})
        return Policy(name, "flavor", tuple(rng.sample(flavors, min(len(flavors), 2))))
    return Policy(name, "location", (("country", rng.choice(world.regions).country),))


def attached(world: World, policy: str, environment: str) -> World:
    return replace(
        world,
        environments=tuple(
            replace(e, policies=(*e.policies, policy)) if e.name == environment else e
            for e in world.environments
        ),
    )


def without_strays(world: World) -> World:
    """Return a world without the rows of deployments that its policies would not allow."""
    rules = Change("", world, world).rules
    groups = rules.groups
    stray = {
        row.key
        for row in world.running
        if not rules.eligible(world.deployment(row.key), groups[row.node.split("/")[0]])
    }
    return replace(world, running=tuple(row for row in world.running if row.key not in stray))


def deploy(rng: Random, world: World) -> Change:
    """A new version over the old one, more or fewer replicas, or the first of its name."""
    wish = target(rng, world)
    form = rng.choice(("version", "first", "scale"))
    if form != "first":
        world = with_target_running(rng, world, wish)
    if form == "scale" and world.deployments:
        old = rng.choice([d for d in world.deployments if d.enabled])
        most = rng.choice((old.replicas + 1, old.replicas + 2, max(1, old.replicas - 1)))
        wish = replace(old, replicas=most, min_replicas=min(old.min_replicas, most))
    return Change("deploy", world, put(world, wish), allow_partial=rng.random() < 0.06)


def policy(rng: Random, world: World) -> Change:
    """A policy is attached, or one that is attached is edited; some rows may be stranded."""
    environment = rng.choice(("production", "development"))
    evict = rng.random() < 0.2
    if rng.random() < 0.5:
        new = draw_policy(rng, world, "new")
        before = replace(world, policies=(*world.policies, new))
        return Change("policy", before, attached(before, "new", environment), evict=evict)
    before = without_strays(with_environment_policy(rng, world, environment))
    edited = draw_policy(rng, before, before.policies[-1].name)
    after = replace(before, policies=(*before.policies[:-1], edited))
    return Change("policy", before, after, evict=evict)


def capacity(rng: Random, world: World) -> Change:
    """A node or a whole node group is drained, lost or cordoned, or a group has a node less."""
    group = rng.choice(world.groups)
    state = rng.choice(("draining", "draining", "lost", "cordoned"))
    form = rng.choice(("group", "node", "node", "fewer"))
    if form == "node":
        return Change(
            "capacity", world, replace(world, states=((rng.choice(group.nodes()), state),))
        )
    if form == "fewer" and group.count > 1:
        return Change("capacity", world, world.change_group(group.name, count=group.count - 1))
    return Change("capacity", world, world.change_group(group.name, state=state))


def apply(rng: Random, world: World) -> Change:
    """Two deployments change at once."""
    wish = target(rng, world)
    world = with_target_running(rng, world, wish)
    olds = [d for d in world.deployments if d.enabled and d.key != TARGET]
    if not olds:
        return Change("apply", world, put(world, wish))
    other = rng.choice(olds)
    return Change("apply", world, put(world, wish, replace(other, version="v9")))


def disable(rng: Random, world: World) -> Change:
    """The target takes the place of a deployment that is switched off at the same time."""
    wish = target(rng, world)
    olds = [d for d in world.deployments if d.enabled]
    if not olds:
        return Change("apply", world, put(world, wish))
    return Change("apply", world, put(world, wish, replace(rng.choice(olds), enabled=False)))


KINDS = {
    "release": release,
    "deploy": deploy,
    "policy": policy,
    "capacity": capacity,
    "apply": apply,
    "disable": disable,
}
