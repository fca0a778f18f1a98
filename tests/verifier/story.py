"""One workspace with a bit of everything, and a valid plan for it."""

from __future__ import annotations

from placement.workspace.workspace import Workspace
from tests.verifier.fleet import At, deployment, fleet, plan_of, policy, running, workspace

CATALOG = fleet()
US = policy("us", "location", locations=[{"type": "country", "name": "US"}])
AWS = policy("aws", "provider", providers=["aws"])
GREEN = policy("green", "carbon", maxCarbon=350, enforcement="observe")
DEPLOYMENTS = (
    deployment(
        "chat",
        replicas=4,
        minReplicas=2,
        labels={"app": "chat"},
        spread=[{"over": "node", "maxPerDomain": 2}, {"over": "region", "minDomains": 2}],
        requestOrigins=[{"country": "IE"}, {"country": "US", "weight": 2}],
    ),
    deployment("half", replicas=3, resources={"gpus": "0.5", "gpuMemoryGiB": 8}),
    deployment("home", replicas=1, policies=("us",), labels={"app": "home"}),
    deployment("huge", replicas=2, resources={"gpus": 16}),
    deployment("off", enabled=False),
    deployment(
        "tool",
        replicas=2,
        priority=3,
        resources={"gpus": 0, "cpus": 2},
        separateFrom=[{"selector": {"matchLabels": {"app": "chat"}}, "over": "zone"}],
    ),
)


def before() -> Workspace:
    """Return what runs today: some stays, some must leave, some is not wanted any more."""
    old = workspace(
        deployment("chat", replicas=4),
        deployment("gone", replicas=1),
        deployment("half", replicas=3, resources={"gpus": "0.5"}),
        deployment("home", version="0"),
    )
    return running(
        CATALOG,
        old,
        At("chat", "east/0", 2),
        At("chat", "lost/0", 1),
        At("gone", "east/1", 1),
        At("half", "west/0", 1, 0),
        At("home", "east/1", 1),
    )


SPACE = workspace(
    *DEPLOYMENTS, policies=[US, AWS, GREEN], production=("aws", "green"), running=before().running
)
PLAN = plan_of(
    CATALOG,
    SPACE,
    At("chat", "east/0", 2),
    At("chat", "west/1", 2),
    At("half", "west/0", 1, 1),
    At("half", "west/0", 1, 2),
    At("home", "east/1", 1),
    At("tool", "cpu/0", 2),
)
