"""A small workspace with three stages, and rows that run in it."""

from __future__ import annotations

from typing import Any

from placement.policies.flavor import FlavorOption, FlavorPolicy
from placement.policies.location import LocationEntry, LocationPolicy
from placement.policies.max_token import MaxTokenPolicy, MaxTokens
from placement.workspace.assignment import Assignment
from placement.workspace.making import make_workspace
from placement.workspace.refusal import Refusal, RefusalReason
from placement.workspace.transitions import Transition
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

DEV, STAGE, PROD = "development", "staging", "production"


def country(name: str, code: str, **fields: Any) -> LocationPolicy:
    return LocationPolicy(
        name=name, locations=(LocationEntry(type="country", name=code),), **fields
    )


POLICIES = (
    country("us", "US"),
    country("germany", "DE"),
    country("seen", "FR", enforcement="observe"),
    country("fraud-only", "IE", selector={"matchLabels": {"team": "fraud"}}),
    FlavorPolicy(name="t4", flavors=(FlavorOption(type="gpu", name="T4"),)),
    MaxTokenPolicy(name="cap", max_tokens=MaxTokens(granularity="day", total=5)),
)


def chat(environment: str = PROD, version: str = "A", **fields: Any) -> ModelDeployment:
    return ModelDeployment(
        **{"name": "chat", "environment": environment, "version": version, **fields}
    )


def row(deployment: ModelDeployment, node: str = "g/0", replicas: int = 1) -> Assignment:
    return Assignment(
        *(deployment.name, deployment.environment, deployment.version, node),
        *("aws", "us-east-1", "a", "US", "NA", "T4"),
        replicas,
        deployment.gpus * replicas,
        100 * replicas,
    )


def workspace(
    *deployments: ModelDeployment, stages: tuple[Environment, ...] = (), runs: bool = True
) -> Workspace:
    """Return a workspace with all policies, the three stages, and one row per enabled deployment."""
    named = {stage.name: stage for stage in stages}
    named.setdefault(STAGE, Environment(name=STAGE))
    rows = [row(one) for one in deployments if one.enabled and runs]
    return make_workspace(POLICIES, named.values(), deployments, rows)


def made(found: Transition | Refusal) -> Transition:
    assert isinstance(found, Transition), found
    return found


def refused(found: Transition | Refusal) -> tuple[RefusalReason, str]:
    assert isinstance(found, Refusal), found
    return found.reason, found.message


def callable_versions(after: Workspace) -> dict[str, str]:
    return {one.environment: one.version for one in after.deployments if one.enabled}
