"""Twists that attach policies, laid across the optimum so far."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.worlds.base import GPUS, PROVIDERS
from tests.worlds.draft import Draft
from tests.worlds.geography import BLOCS, CONTINENTS, COUNTRIES
from tests.worlds.world import (
    Deployment,
    Group,
    Policy,
)


def spelled(rng: Random, kind: str, name: str) -> str:
    """Return a name as a person might write it."""
    if kind == "country":
        name = rng.choice((name, name, name.lower(), *COUNTRIES[name][1]))
    elif kind == "continent":
        name = rng.choice((name, CONTINENTS[name].title()))
    return name


def location_entries(draft: Draft, regions: set[str], kind: str | None = None) -> tuple[Any, ...]:
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
            kinds = {(g.flavor_type, g.flavor) for g in world.groups if g.flavor != group.flavor}
            if not kinds:
                return (("gpu", rng.choice([g.name for g in GPUS if g.name != group.flavor])),)
            return tuple(sorted(some_of(rng, kinds)))
        case "provider":
            others = {r.provider for r in world.regions if r.provider != region.provider}
            return tuple(sorted(others)) or (
                rng.choice([p for p in PROVIDERS if p != region.provider]),
            )
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
