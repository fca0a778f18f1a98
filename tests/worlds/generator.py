"""Random tiny worlds in which the rules bind.

A base world is drawn first: a few nodes in a few regions, a few deployments that compete for
them. Then several *twists* are drawn and applied one after the other. A twist adds one feature
(a policy of one type, a spread entry, a reservation, running rows, ...) and is laid across the
optimum of the world so far: a location policy refuses the country in which the optimum places
a replica, `maxPerDomain` is one less than the fullest domain. So most features are felt without
a single world being thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from tests.worlds.geography import BLOCS, CONTINENTS, COUNTRIES
from tests.worlds.oracle import Optimum, optimum
from tests.worlds.rules import Rules
from tests.worlds.world import (
    Deployment,
    Environment,
    Gpu,
    Group,
    Key,
    Peers,
    Policy,
    Region,
    Reserved,
    Row,
    Spread,
    World,
)

GPUS = (
    Gpu("T4", 16_000, 70, None, ("tesla-t4-16",)),
    Gpu("L4", 24_000, 72),
    Gpu("A100-40GB", 40_000, 400, "A100"),
    Gpu("A100-80GB", 80_000, 400, "A100"),
    Gpu("V100", 32_000, None),
)
PROVIDERS = ("aws", "gcp", "azure")
OVERS = ("node", "zone", "region", "country", "continent", "provider")
OBJECTIVES = (
    "cost",
    "carbon",
    "latency",
    "mix:carbon=0.05,cost=1",
    "mix:cost=1,latency=0.002",
    "mix:carbon=0.01,cost=2.5,latency=0.25",
)
MAX_REPLICAS = 4
MAX_NODES = 5


# --- the base world -----------------------------------------------------------------------


def draw_regions(rng: Random) -> tuple[Region, ...]:
    countries = rng.sample(sorted(COUNTRIES), rng.choice((2, 3, 3)))
    providers = rng.sample(PROVIDERS, rng.choice((1, 2, 2, 2)))
    chosen = countries + [rng.choice(countries) for _ in range(rng.choice((0, 0, 1)))]
    return tuple(
        Region(
            rng.choice(providers) if index else providers[0],
            f"{country.lower()}-{index}",
            country,
            COUNTRIES[country][0],
            rng.randrange(20, 700) * 1000 + rng.choice((0, 500)) if rng.random() > 0.05 else None,
        )
        for index, country in enumerate(chosen)
    )


def draw_latency(rng: Random, regions: tuple[Region, ...]) -> tuple[tuple[str, str, int], ...]:
    keys = sorted(region.key for region in regions)
    return tuple(
        (a, b, 1_000 if a == b else rng.randrange(20, 250) * 1_200)
        for index, a in enumerate(keys)
        for b in keys[index:]
    )


def draw_group(rng: Random, name: str, region: Region, flavor: str | None, count: int) -> Group:
    gpus = rng.choice((1, 1, 1, 2, 2, 3, 4)) if flavor else 0
    price = rng.randrange(4, 60) * (gpus or 0.3) * 50_000_000 + rng.choice((0, 0, 123_457_001))
    return Group(
        name=name,
        region=region.key,
        zone=rng.choice("aab"),
        flavor_type="gpu" if flavor else "cpu",
        flavor=flavor or rng.choice(("x86_64", "x86_64", "arm64")),
        gpu_count=gpus,
        cpus=rng.choice((4, 8, 8, 16)) * 1000,
        memory=rng.choice((8, 16, 32)) * 1000,
        price=int(price),
        count=count,
    )


def draw_groups(rng: Random, regions: tuple[Region, ...]) -> tuple[Group, ...]:
    flavors = rng.sample([gpu.name for gpu in GPUS], rng.choice((1, 2, 2, 3)))
    size = rng.choice((2, 3, 3, 4, 4))
    spare = MAX_NODES - size
    groups = []
    for index in range(size):
        extra = min(spare, rng.choice((0, 0, 0, 1, 1, 2)))
        spare -= extra
        flavor = rng.choice(flavors) if index == 0 or rng.random() > 0.12 else None
        region = regions[index] if index < len(regions) else rng.choice(regions)
        groups.append(draw_group(rng, f"g{index}", region, flavor, 1 + extra))
    return tuple(groups)


def draw_deployment(rng: Random, index: int, groups: tuple[Group, ...]) -> Deployment:
    kind = rng.choices(("one", "many", "share", "cpu"), (45, 20, 25, 10))[0]
    gpus: int | None = {"one": None, "many": 2000, "cpu": 0}.get(kind)
    if kind == "share":
        gpus = rng.choice((250, 300, 333, 500, 500, 600, 700))
    flavors: tuple[tuple[str, str], ...] = ()
    if kind == "cpu":
        cheap = [g for g in groups if g.flavor_type == "cpu"]
        if not cheap or rng.random() < 0.3:
            flavors = tuple(sorted({(g.flavor_type, g.flavor) for g in groups}))
    return Deployment(
        name=f"m{index}",
        environment=rng.choice(("production", "development")),
        labels=(("app", rng.choice("ab")),) if rng.random() < 0.7 else (),
        flavors=flavors,
        replicas=rng.choice((2, 2, 3, 3, 4, 4)),
        gpus=gpus,
        cpus=rng.choice((1000, 1000, 500, 2000, 3000)),
        memory=rng.choice((1000, 1000, 2000, 4000)),
    )


def draw_base(rng: Random, seed: int) -> World:
    regions = draw_regions(rng)
    groups = draw_groups(rng, regions)
    size = rng.choices((1, 2, 3, 4), (3, 26, 65, 6))[0]
    deployments = tuple(draw_deployment(rng, index, groups) for index in range(size))
    if size > 3:
        deployments = tuple(replace(d, replicas=min(d.replicas, 2)) for d in deployments)
    return World(
        regions=regions,
        gpus=GPUS,
        groups=groups,
        deployments=deployments,
        environments=(Environment("development"), Environment("production")),
        latency=draw_latency(rng, regions),
        objective=rng.choices(OBJECTIVES, (50, 14, 14, 8, 8, 6))[0],
        billing=rng.choice(("share", "share", "node")),
        seed=seed,
    )


# --- looking at the optimum so far --------------------------------------------------------


class Draft:
    """A world under construction with what twists ask about it."""

    def __init__(self, rng: Random, world: World) -> None:
        self.rng = rng
        self.world = world
        self._best: Optimum | None = None

    def set(self, world: World) -> None:
        self.world = world
        self._best = None

    @property
    def best(self) -> Optimum:
        if self._best is None:
            self._best = optimum(self.world)
        return self._best

    @property
    def rules(self) -> Rules:
        return Rules(self.world)

    def pick(self) -> Deployment | None:
        """Return an enabled deployment, one that is placed if there is any."""
        enabled = [d for d in self.world.deployments if d.enabled]
        placed = [d for d in enabled if self.best.placed.get(d.key)]
        pool = placed or enabled
        return self.rng.choice(pool) if pool else None

    def target(self) -> tuple[Deployment, Group] | None:
        """Return a placed deployment and a node group that the optimum uses for it."""
        pairs = [
            (d, self.rules.groups[node.rsplit("/", 1)[0]])
            for d in self.world.deployments
            for node in self.best.placed.get(d.key, {})
        ]
        return self.rng.choice(pairs) if pairs else None

    def add_policy(self, kind: str, spec: tuple[Any, ...], **fields: Any) -> Policy:
        policy = Policy(f"p{len(self.world.policies)}", kind, spec, **fields)
        self.set(replace(self.world, policies=(*self.world.policies, policy)))
        return policy

    def attach(self, policy: Policy, deployment: Deployment, level: str) -> None:
        if level == "deployment":
            names = (*self.world.deployment(deployment.key).policies, policy.name)
            self.set(self.world.change(deployment.key, policies=names))
            return
        self.set(
            replace(
                self.world,
                environments=tuple(
                    replace(env, policies=(*env.policies, policy.name))
                    if env.name == deployment.environment
                    else env
                    for env in self.world.environments
                ),
            )
        )

    def level(self) -> str:
        return self.rng.choice(("environment", "deployment"))


# --- policies -----------------------------------------------------------------------------


def spelled(rng: Random, kind: str, name: str) -> str:
    """Return a name as a person might write it."""
    if kind == "country":
        name = rng.choice((name, name, name.lower(), *COUNTRIES[name][1]))
    elif kind == "continent":
        name = rng.choice((name, CONTINENTS[name].title()))
    return name


def location_entries(draft: Draft, regions: set[str], kind: str | None = None) -> tuple:
    """Return entries that allow the given regions, of one kind or of mixed kinds."""
    rng, found = draft.rng, set()
    for key in sorted(regions):
        region = draft.rules.regions[key]
        blocs = [name for name, members in sorted(BLOCS.items()) if region.country in members]
        entry = kind or rng.choice(("region", "country", "country", "continent", "bloc"))
        if entry == "bloc" and not blocs:
            entry = "country"
        name = {
            "region": rng.choice((region.key, region.code)),
            "country": region.country,
            "continent": region.continent,
            "bloc": rng.choice(blocs or ["EU"]),
        }[entry]
        found.add((entry, spelled(rng, entry, name)))
    return tuple(sorted(found))


def some_of(rng: Random, options: set[Any]) -> set[Any]:
    """Return all options mostly, else some of them."""
    if not options or rng.random() < 0.7:
        return options
    return set(rng.sample(sorted(options), rng.randint(1, len(options))))


def refusing(draft: Draft, kind: str, group: Group) -> tuple[Any, ...] | None:
    """Return a policy spec of one type that allows others but not a node group, if it can."""
    rng, world, rules = draft.rng, draft.world, draft.rules
    region = rules.regions[group.region]
    match kind:
        case "location":
            others = {g.region for g in world.groups if g.region != group.region}
            if not others:
                others = {r.key for r in world.regions if r.key != group.region}
            kept = some_of(rng, others)
            # A country or continent of another region may cover this one too.
            entries = location_entries(draft, kept, rng.choice((None, "country", "continent")))
            if rules.allows(Policy("", "location", entries), group):
                entries = location_entries(draft, kept, "region")
            return entries or None
        case "flavor":
            others = sorted(
                {(g.flavor_type, g.flavor) for g in world.groups if g.flavor != group.flavor}
            )
            if not others:
                return (("gpu", rng.choice([g.name for g in GPUS if g.name != group.flavor])),)
            return tuple(sorted(some_of(rng, set(others))))
        case "provider":
            others = sorted({r.provider for r in world.regions if r.provider != region.provider})
            return tuple(others) or (rng.choice([p for p in PROVIDERS if p != region.provider]),)
        case "price":
            if group.flavor_type == "cpu":
                return None
            price = group.price // group.gpu_count // 1_000_000
            return (f"{price / 1000:.3f}",) if price else None
        case "carbon":
            if region.carbon is None:
                return (500,)
            return (max(1, region.carbon // 1000 - 1),)
    raise ValueError(kind)


def admitting(draft: Draft, kind: str, group: Group) -> tuple[Any, ...] | None:
    """Return a policy spec of one type that allows a node group."""
    region = draft.rules.regions[group.region]
    match kind:
        case "location":
            return location_entries(draft, {group.region})
        case "flavor":
            return ((group.flavor_type, group.flavor),)
        case "provider":
            return (region.provider,)
        case "price":
            if group.flavor_type == "cpu":
                return None
            return (f"{group.price // group.gpu_count / 10**9 + 0.001:.3f}",)
        case "carbon":
            return None if region.carbon is None else (region.carbon // 1000 + 1,)
    raise ValueError(kind)


KINDS = ("location", "flavor", "provider", "price", "carbon")


def add_policy(kind: str) -> Callable[[Draft], None]:
    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is None:
            return
        deployment, group = found
        spec = refusing(draft, kind, group)
        if spec is not None:
            draft.attach(draft.add_policy(kind, spec), deployment, draft.level())

    return twist


def location_of(kind: str) -> Callable[[Draft], None]:
    """Refuse a node group by a location policy whose entries are all of one kind."""

    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is None:
            return
        deployment, group = found
        rules = draft.rules
        kept = set()
        for key in sorted(rules.regions):
            entries = location_entries(draft, {key}, kind)
            if all(entry[0] == kind for entry in entries) and not rules.allows(
                Policy("", "location", entries), group
            ):
                kept.add(key)
        if kind == "bloc" and not kept:
            region = rules.regions[group.region]
            if region.country not in BLOCS["EU"]:
                draft.attach(
                    draft.add_policy("location", (("bloc", "EU"),)), deployment, draft.level()
                )
            return
        if kept:
            spec = location_entries(draft, kept, kind)
            draft.attach(draft.add_policy("location", spec), deployment, draft.level())

    return twist


def cpu_flavor(draft: Draft) -> None:
    """A flavor policy with a cpu entry, over a deployment that could use both kinds."""
    pick = draft.rng.choice(draft.world.deployments)
    cpus = sorted({("cpu", g.flavor) for g in draft.world.groups if g.flavor_type == "cpu"})
    gpus = sorted({("gpu", g.flavor) for g in draft.world.groups if g.flavor_type == "gpu"})
    if not cpus:
        return
    flavors = tuple(cpus + gpus) if draft.rng.random() < 0.5 else ()
    draft.set(draft.world.change(pick.key, gpus=0, gpu_memory=0, flavors=flavors))
    spec = tuple(cpus[:1] + (gpus[:1] if draft.rng.random() < 0.5 else []))
    draft.attach(draft.add_policy("flavor", spec), pick, draft.level())


def widen(draft: Draft) -> None:
    """Two policies of one type on one level: the second opens what the first closed."""
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    kind = draft.rng.choice(KINDS)
    first, second = refusing(draft, kind, group), admitting(draft, kind, group)
    if first is None or second is None:
        return
    level = draft.level()
    draft.attach(draft.add_policy(kind, first), deployment, level)
    draft.attach(draft.add_policy(kind, second), deployment, level)


def narrow(draft: Draft) -> None:
    """One type on both levels: the levels intersect."""
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    kind = draft.rng.choice(KINDS)
    first, second = admitting(draft, kind, group), refusing(draft, kind, group)
    if first is None or second is None:
        return
    order = ["environment", "deployment"]
    draft.rng.shuffle(order)
    draft.attach(draft.add_policy(kind, first), deployment, order[0])
    draft.attach(draft.add_policy(kind, second), deployment, order[1])


def targeted(draft: Draft, **fields: Any) -> tuple[Deployment, Policy] | None:
    found = draft.target()
    if found is None:
        return None
    deployment, group = found
    kind = draft.rng.choice(KINDS)
    spec = refusing(draft, kind, group)
    if spec is None:
        return None
    policy = draft.add_policy(kind, spec, **fields)
    draft.attach(policy, deployment, draft.level())
    return deployment, policy


def resource_types(draft: Draft) -> None:
    kinds = (("function",), ("function",), ("agent", "function"), ("model",))
    targeted(draft, resource_types=draft.rng.choice(kinds))


def policy_selector(draft: Draft) -> None:
    """A policy for labels that the deployment has not (mostly) or has."""
    labels = (("app", draft.rng.choice("abz")),)
    targeted(draft, selector=labels)


def observe(draft: Draft) -> None:
    targeted(draft, observe=True)


# --- deployments --------------------------------------------------------------------------


def flavors(draft: Draft) -> None:
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    kind = "gpu" if deployment.demand else group.flavor_type
    others = sorted(
        {
            (g.flavor_type, g.flavor)
            for g in draft.world.groups
            if g.flavor != group.flavor and g.flavor_type == kind
        }
    )
    if not others:
        others = [("gpu", "A100" if not group.flavor.startswith("A100") else "T4")]
    fields: dict[str, Any] = {"gpus": deployment.demand}
    draft.set(draft.world.change(deployment.key, flavors=tuple(others), **fields))


def gpus(draft: Draft) -> None:
    pick = draft.pick()
    if pick is not None:
        amount = draft.rng.choice((250, 300, 500, 500, 600, 2000, 2000, 3000))
        draft.set(draft.world.change(pick.key, gpus=amount, gpu_memory=0, flavors=()))


def gpu_memory(draft: Draft) -> None:
    found = draft.target()
    if found is None or not found[0].demand or found[1].flavor_type == "cpu":
        return
    deployment, group = found
    memory = draft.rules.gpus[group.flavor].memory * min(1000, deployment.demand) // 1000
    amount = memory + draft.rng.choice((500, 1000, 8000))
    draft.set(draft.world.change(deployment.key, gpu_memory=amount))


def resource(name: str) -> Callable[[Draft], None]:
    """Let a replica want more CPUs or memory than the optimum leaves it."""

    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is None:
            return
        deployment, group = found
        count = max(draft.best.placed[deployment.key].values())
        room = getattr(group, name)
        draft.set(draft.world.change(deployment.key, **{name: room // count // 500 * 500 + 500}))

    return twist


def extra(draft: Draft) -> None:
    found = draft.target()
    if found is None:
        return
    deployment, group = found
    amount = draft.rng.choice((1000, 2000))
    for other in draft.world.groups:
        has = draft.rng.random() < 0.5 if other.name != group.name else draft.rng.random() < 0.3
        room = draft.rng.choice((1000, 2000, 3000)) if has else 0
        draft.set(draft.world.change_group(other.name, extra=(("fpga", room),)))
    draft.set(draft.world.change(deployment.key, extra=(("fpga", amount),)))


def min_replicas(draft: Draft) -> None:
    """Ask for more than the optimum places, or for all."""
    lacking = [
        d
        for d in draft.world.deployments
        if d.enabled and 0 < sum(draft.best.placed[d.key].values()) < d.replicas
    ]
    if lacking:
        pick = draft.rng.choice(lacking)
        least = sum(draft.best.placed[pick.key].values()) + 1
        draft.set(draft.world.change(pick.key, min_replicas=least))
        return
    crowd(draft)
    pick = draft.rng.choice(draft.world.deployments)
    draft.set(draft.world.change(pick.key, min_replicas=pick.replicas))


def crowd(draft: Draft) -> None:
    """Ask for more than there is."""
    for deployment in draft.world.deployments:
        if draft.rng.random() < 0.7:
            more = min(MAX_REPLICAS, deployment.replicas + draft.rng.choice((1, 2)))
            draft.set(draft.world.change(deployment.key, replicas=more))


def priority(draft: Draft) -> None:
    """Give some deployments other classes, first those that the optimum lets wait."""
    if not starving(draft):
        crowd(draft)
    waiting = starving(draft)
    for deployment in draft.world.deployments:
        levels = (1, 5, 10) if deployment.key in waiting else (-1, 0, 0, 0)
        level = draft.rng.choice(levels)
        draft.set(draft.world.change(deployment.key, priority=level))


def starving(draft: Draft) -> set[Key]:
    """Return the deployments that would place more replicas if capacity had no limit."""
    free = optimum(draft.world, unlimited=True).placed
    return {
        key
        for key, nodes in draft.best.placed.items()
        if sum(nodes.values()) < sum(free[key].values())
    }


def disable(draft: Draft) -> None:
    pick = draft.pick()
    if pick is not None and len(draft.world.deployments) > 1:
        draft.set(draft.world.change(pick.key, enabled=False))


def spread(kind: str, over: str | None = None) -> Callable[[Draft], None]:
    """A spread entry just tighter than what the optimum does."""

    def twist(draft: Draft) -> None:
        rng, rules = draft.rng, draft.rules
        pick = draft.pick()
        if pick is None:
            return
        form = rng.choice(("max", "min", "skew")) if kind == "any" else kind
        domain = over or rng.choice(OVERS)
        if pick.replicas < (3 if form == "skew" else 2):
            draft.set(draft.world.change(pick.key, replicas=rng.choice((3, 3, 4))))
            pick = draft.world.deployment(pick.key)
        per: dict[str, int] = {}
        for node, count in draft.best.placed[pick.key].items():
            name = rules.domain(node, domain)
            per[name] = per.get(name, 0) + count
        top = max(per.values(), default=1)
        match form:
            case "max":
                entry = Spread(domain, max_per_domain=max(1, top - 1))
            case "min":
                entry = Spread(domain, min_domains=len(per) + 1)
            case _:
                entry = Spread(domain, max_skew=1)
        draft.set(draft.world.change(pick.key, spread=(*pick.spread, entry)))

    return twist


def peer_labels(draft: Draft, other: Deployment) -> tuple[tuple[str, str], ...]:
    label = ("peer", other.name)
    if label not in other.labels:
        draft.set(draft.world.change(other.key, labels=tuple(sorted((*other.labels, label)))))
    return (label,)


def pair(draft: Draft) -> tuple[Deployment, Deployment] | None:
    enabled = [d for d in draft.world.deployments if d.enabled]
    if len(enabled) < 2:
        return None
    mine, other = draft.rng.sample(enabled, 2)
    return mine, other


def selector_for(draft: Draft, mine: Deployment, other: Deployment, over: str) -> Peers:
    rng = draft.rng
    labels = () if rng.random() < 0.2 else peer_labels(draft, other)
    environment = rng.choice((None, None, None, None, other.environment))
    return Peers(over, labels, environment)


def shared(draft: Draft, mine: Deployment, other: Deployment) -> tuple[list[str], list[str]]:
    """Return the kinds of domain that two deployments share, and do not, in the optimum."""
    rules, placed = draft.rules, draft.best.placed
    both, apart = [], []
    for over in OVERS:
        first = {rules.domain(node, over) for node in placed[mine.key]}
        second = {rules.domain(node, over) for node in placed[other.key]}
        if first & second:
            both.append(over)
        if not first <= second:
            apart.append(over)
    return both, apart


def separate(draft: Draft) -> None:
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    both, _ = shared(draft, mine, other)
    rule = selector_for(draft, mine, other, draft.rng.choice(both or OVERS))
    mine = draft.world.deployment(mine.key)
    draft.set(draft.world.change(mine.key, separate_from=(*mine.separate_from, rule)))


def together(draft: Draft) -> None:
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    _, apart = shared(draft, mine, other)
    rule = selector_for(draft, mine, other, draft.rng.choice(apart or OVERS))
    mine = draft.world.deployment(mine.key)
    draft.set(draft.world.change(mine.key, together_with=(*mine.together_with, rule)))


def select_peers(draft: Draft) -> None:
    """A wide separation from nobody or from one, which an empty selector would make from all."""
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    both, _ = shared(draft, mine, other)
    labels = (("peer", "nobody"),)
    thirds = [d for d in draft.world.deployments if d.key not in (mine.key, other.key)]
    if thirds and draft.rng.random() < 0.6:
        labels = peer_labels(draft, draft.rng.choice(thirds))
    mine = draft.world.deployment(mine.key)
    rule = Peers(both[-1] if both else "provider", labels)
    draft.set(draft.world.change(mine.key, separate_from=(*mine.separate_from, rule)))


def other_environment(draft: Draft) -> None:
    """A peer rule that names an environment, with the peer in the other one (mostly)."""
    found = pair(draft)
    if found is None:
        return
    mine, other = found
    both, apart = shared(draft, mine, other)
    rng = draft.rng
    labels = () if rng.random() < 0.3 else peer_labels(draft, other)
    away = {"production": "development", "development": "production"}[other.environment]
    environment = rng.choice((away, away, away, other.environment))
    mine = draft.world.deployment(mine.key)
    if rng.random() < 0.6:
        rules = (*mine.separate_from, Peers(rng.choice(both or OVERS), labels, environment))
        draft.set(draft.world.change(mine.key, separate_from=rules))
    else:
        rules = (*mine.together_with, Peers(rng.choice(apart or OVERS), labels, environment))
        draft.set(draft.world.change(mine.key, together_with=rules))


def origins(draft: Draft) -> None:
    """Users far from where the optimum is, with uneven weights."""
    rng = draft.rng
    if "latency" not in draft.world.objective:
        objective = rng.choice(("latency", "latency", *OBJECTIVES[4:]))
        draft.set(replace(draft.world, objective=objective))
    countries = sorted({region.country for region in draft.world.regions})
    for deployment in draft.world.deployments:
        if rng.random() < 0.75:
            chosen = rng.sample(countries, rng.randint(min(2, len(countries)), len(countries)))
            weights = rng.sample(("0.5", "1", "2", "3", "8"), len(chosen))
            pairs = tuple(zip(chosen, (Decimal(text) for text in weights), strict=True))
            draft.set(draft.world.change(deployment.key, origins=pairs))


# --- the fleet ----------------------------------------------------------------------------


def state(name: str) -> Callable[[Draft], None]:
    def twist(draft: Draft) -> None:
        found = draft.target()
        if found is not None:
            draft.set(draft.world.change_group(found[1].name, state=name))

    return twist


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


# --- what runs today ----------------------------------------------------------------------


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
    before = replace(draft.world, groups=groups, objective="cost", reserved=())
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
        gone = f"{name}/{group.count - 1}"
        held = tuple(r for r in draft.world.reserved if r.node != gone)
        changed = draft.world.change_group(name, count=group.count - 1)
        draft.set(replace(changed, reserved=held))
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


Twist = Callable[[Draft], None]

TWISTS: tuple[tuple[str, int, int, Twist], ...] = (
    # name, stage (lower is applied earlier), weight, twist
    ("partial", 0, 9, partial_gpu),
    ("gpus", 0, 5, gpus),
    ("carbon objective", 0, 3, cheap_carbon),
    ("origins", 1, 7, origins),
    ("flavors", 2, 4, flavors),
    ("gpu memory", 2, 9, gpu_memory),
    ("cpus", 2, 5, resource("cpus")),
    ("memory", 2, 5, resource("memory")),
    ("extra", 2, 10, extra),
    ("reserve gpus", 3, 14, reserve("gpus")),
    ("reserve cpus", 3, 11, reserve("cpus")),
    ("reserve memory", 3, 9, reserve("memory")),
    ("running", 4, 3, running),
    ("other version", 4, 14, other_version),
    ("lose", 4, 4, lose),
    ("keep cordoned", 4, 18, keep_cordoned),
    ("draining", 5, 7, state("draining")),
    ("lost", 5, 6, state("lost")),
    ("cordoned", 5, 2, state("cordoned")),
    ("location region", 6, 8, location_of("region")),
    ("location country", 6, 6, location_of("country")),
    ("location continent", 6, 6, location_of("continent")),
    ("location bloc", 6, 8, location_of("bloc")),
    ("location", 6, 2, add_policy("location")),
    ("flavor", 6, 4, add_policy("flavor")),
    ("cpu flavor", 1, 42, cpu_flavor),
    ("provider", 6, 7, add_policy("provider")),
    ("price", 6, 12, add_policy("price")),
    ("carbon", 6, 6, add_policy("carbon")),
    ("widen", 6, 9, widen),
    ("narrow", 6, 4, narrow),
    ("resource types", 6, 12, resource_types),
    ("selector", 6, 11, policy_selector),
    ("observe", 6, 14, observe),
    ("max per domain", 7, 2, spread("max")),
    ("min domains", 7, 2, spread("min")),
    ("max skew", 7, 6, spread("skew")),
    *((f"spread {over}", 7, 10, spread("any", over)) for over in OVERS),
    ("zones", 7, 3, spread("any", "zone")),
    ("max per node", 7, 7, spread("max", "node")),
    ("separate", 8, 11, separate),
    ("together", 8, 8, together),
    ("other environment", 8, 22, other_environment),
    ("select peers", 8, 8, select_peers),
    ("crowd", 8, 30, crowd),
    ("disable", 9, 8, disable),
    ("priority", 9, 28, priority),
    ("min replicas", 9, 14, min_replicas),
)


def random_world(seed: int) -> World:
    """Return the world of a seed: a base world and a few twists, laid across its optimum."""
    rng = Random(seed)
    draft = Draft(rng, draw_base(rng, seed))
    wanted = rng.choices((2, 3, 4, 5, 6, 7), (5, 10, 25, 25, 20, 15))[0]
    names = rng.choices(range(len(TWISTS)), [twist[2] for twist in TWISTS], k=wanted)
    for index in sorted(set(names), key=lambda i: (TWISTS[i][1], i)):
        TWISTS[index][3](draft)
    return draft.world
