"""The base of a random world: a few nodes, and a few deployments that compete for them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.worlds.geography import COUNTRIES
from tests.worlds.world import (
    Deployment,
    Environment,
    Gpu,
    Group,
    Region,
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
