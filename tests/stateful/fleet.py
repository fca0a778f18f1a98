"""A fleet of a few nodes that comes and goes, and what people ask of it."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from placement.planner import Planner
from placement.policies.base import Policy
from placement.workspace.workspace import ModelDeployment
from tests.worlds import world
from tests.worlds.package import catalog_of, deployment_of, policy_of

ENVIRONMENTS = ("development", "production", "staging")
MODELS = ("a", "b", "c")
POLICIES = ("place", "flavor")
REGIONS = (
    world.Region("aws", "us-0", "US", "NA", 100_000),
    world.Region("gcp", "de-1", "DE", "EU", 300_000),
)
GPUS = (world.Gpu("T4", 16_000, 70), world.Gpu("L4", 24_000, 72))
GROUPS = (("g0", 0, "T4", 2), ("g1", 1, "T4", 2), ("g2", 0, "L4", 1))
"""Name, region, flavor and nodes; each node has two GPUs."""
READY = ("ready", "ready", "ready")


CHEAPEST = tuple(
    policy_of(policy)
    for policy in (
        world.Policy(POLICIES[0], "location", (("country", "US"),)),
        world.Policy(POLICIES[1], "flavor", (("gpu", "T4"),)),
    )
)
"""Together they leave the node group where everybody goes who may choose."""


@cache
def planner_of(states: tuple[str, ...] = READY, spare: int = 0) -> Planner:
    """Return the planner of the fleet with its groups in some states, and more nodes in one."""
    groups = tuple(
        world.Group(
            name,
            REGIONS[region].key,
            "a",
            "gpu",
            flavor,
            2,
            16_000,
            64_000,
            (index + 1) * 10**9,
            count + (spare if index == 0 else 0),
            state=state,
        )
        for index, ((name, region, flavor, count), state) in enumerate(
            zip(GROUPS, states, strict=True)
        )
    )
    return Planner(catalog_of(world.World(REGIONS, GPUS, groups, ())))


def planners() -> st.SearchStrategy[Planner]:
    state = st.sampled_from(("ready", "ready", "ready", "ready", "cordoned", "draining", "lost"))
    return st.builds(planner_of, st.tuples(state, state, state), st.integers(-1, 1))


def deployments(*environments: str) -> st.SearchStrategy[ModelDeployment]:
    spread = st.sampled_from(((), (), (), (world.Spread("node", max_per_domain=1),)))
    flavors = st.sampled_from(((), (), (), (("gpu", "T4"),), (("gpu", "L4"),)))
    return st.builds(
        world.Deployment,
        st.sampled_from(MODELS),
        st.sampled_from(environments or ENVIRONMENTS[:2]),
        version=st.sampled_from(("v1", "v2", "v3")),
        flavors=flavors,
        replicas=st.integers(1, 3),
        min_replicas=st.sampled_from((0, 0, 0, 1)),
        gpus=st.sampled_from((1000, 1000, 1000, 2000, 500)),
        priority=st.sampled_from((0, 0, 5)),
        rollout=st.sampled_from(("surge", "surge", "recreate")),
        spread=spread,
    ).map(deployment_of)


def crowds() -> st.SearchStrategy[list[ModelDeployment]]:
    """Return different models in development."""
    ones = deployments("development")
    return st.lists(ones, min_size=2, max_size=3, unique_by=lambda one: one.name)


def policies() -> st.SearchStrategy[Policy]:
    """Return edits of two policies, one of each kind."""
    place, flavor = POLICIES
    return st.sampled_from(
        (
            world.Policy(place, "location", (("country", "US"),)),
            world.Policy(place, "location", (("country", "DE"),)),
            world.Policy(place, "location", (("country", "US"), ("country", "DE"))),
            world.Policy(flavor, "flavor", (("gpu", "T4"),)),
            world.Policy(flavor, "flavor", (("gpu", "L4"),)),
            world.Policy(flavor, "flavor", (("gpu", "T4"), ("gpu", "L4"))),
        )
    ).map(policy_of)
