"""Random chains of changes on one small fleet, each starting where the one before ended."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from placement.catalog.catalog import Catalog
from placement.planner import Planner
from placement.preview import Preview
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import (
    Transition,
    attach,
    delete,
    deploy,
    detach,
    release,
    set_enabled,
)
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.verifier.fleet import deployment, fleet, policy, workspace

CATALOG: Catalog = fleet()
POLICIES = (
    policy("us", "location", locations=[{"type": "country", "name": "US"}]),
    policy("aws", "provider", providers=["aws"]),
    policy("green", "carbon", maxCarbon=350),
)
NAMES = ("chat", "code", "draw", "tool")
STAGES = ("production", "development")
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"billing": "node"},
    {"objective": "carbon"},
    {"retry_unplaced": True},
    {"allow_partial": True},
    {"evict": True},
)
Call = tuple[Transition, dict[str, Any]]


def random_deployment(rng: Random) -> ModelDeployment:
    name = rng.choice(NAMES)
    spread = [{"over": rng.choice(("node", "region")), "maxPerDomain": rng.choice((1, 2, 3))}]
    apart = [{"selector": {"matchLabels": {"app": rng.choice(NAMES)}}, "over": "node"}]
    return deployment(
        name,
        environment=rng.choice(STAGES),
        version=rng.choice("AB"),
        labels={"app": name},
        replicas=rng.choice((1, 2, 3, 5)),
        resources={"gpus": rng.choice((0, 1, 1, 2, "0.5")), "cpus": rng.choice((1, 2))},
        rollout=rng.choice(("surge", "recreate")),
        priority=rng.choice((0, 0, 2)),
        spread=spread if rng.random() < 0.3 else (),
        separateFrom=apart if rng.random() < 0.2 else (),
    )


def random_transition(rng: Random, space: Workspace) -> Transition | Refusal:
    name, stage = rng.choice(NAMES), rng.choice(STAGES)
    rule = rng.choice(POLICIES).name
    match rng.choice(
        ("deploy", "deploy", "deploy", "release", "attach", "detach", "off", "delete")
    ):
        case "deploy":
            return deploy(space, random_deployment(rng))
        case "release":
            return release(space, name, source=stage, target=next(s for s in STAGES if s != stage))
        case "attach":
            return attach(space, rule, environment=stage, model=rng.choice((None, name)))
        case "detach":
            return detach(space, rule, environment=stage)
        case "off":
            return set_enabled(space, name, environment=stage, enabled=rng.random() < 0.5)
    return delete(space, name, environment=stage)


def chain(seed: int, planner: Planner, *, length: int) -> Iterator[tuple[Call, Preview]]:
    """Yield the calls of a chain, and how a planner that has seen all before answers them."""
    rng = Random(seed)
    space = workspace(policies=POLICIES)
    for _ in range(length):
        found = random_transition(rng, space)
        options = rng.choice(OPTIONS)
        if isinstance(found, Refusal):
            continue
        preview = planner.transact(found, **options)
        yield (found, options), preview
        if rng.random() < 0.85:
            space = preview.workspace
