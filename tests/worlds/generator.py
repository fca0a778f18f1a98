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
from functools import lru_cache
from random import Random

from tests.worlds.base import OVERS, draw_base
from tests.worlds.deployment_twists import (
    crowd,
    disable,
    extra,
    flavors,
    gpu_memory,
    gpus,
    min_replicas,
    origins,
    other_environment,
    priority,
    resource,
    select_peers,
    separate,
    spread,
    together,
)
from tests.worlds.draft import Draft
from tests.worlds.fleet_twists import (
    cheap_carbon,
    keep_cordoned,
    lose,
    other_version,
    partial_gpu,
    reserve,
    running,
    single_node,
    state,
)
from tests.worlds.oracle import Optimum
from tests.worlds.policy_twists import (
    add_policy,
    cpu_flavor,
    location_of,
    narrow,
    observe,
    policy_selector,
    resource_types,
    widen,
)
from tests.worlds.world import World

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
    ("single node", 4, 12, single_node),
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
    return _known(seed).world


def solved_world(seed: int) -> tuple[World, Optimum]:
    """Return the world of a seed and its optimum."""
    draft = _known(seed)
    return draft.world, draft.best


@lru_cache(maxsize=4096)
def _known(seed: int) -> Draft:
    """Return a draft that tests share: many look at the same seeds, and worlds are frozen."""
    return draw(seed)


def draw(seed: int) -> Draft:
    """Draw the world of a seed anew."""
    rng = Random(seed)
    draft = Draft(rng, draw_base(rng, seed))
    wanted = rng.choices((2, 3, 4, 5, 6, 7), (5, 10, 25, 25, 20, 15))[0]
    names = rng.choices(range(len(TWISTS)), [twist[2] for twist in TWISTS], k=wanted)
    for index in sorted(set(names), key=lambda i: (TWISTS[i][1], i)):
        TWISTS[index][3](draft)
    return draft
