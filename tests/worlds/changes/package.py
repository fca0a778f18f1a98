"""Changes of tiny worlds as the package's own transitions."""

from __future__ import annotations

from placement.planner import Planner
from placement.preview import Preview
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import (
    Transition,
    TransitionKind,
    attach,
    between,
    deploy,
    put_policy,
    release,
    upsert,
)
from placement.workspace.workspace import Workspace
from tests.worlds.changes.change import Change
from tests.worlds.changes.generator import SOURCE, TARGET
from tests.worlds.package import catalog_of, deployment_of, policy_of, workspace_of


def transition_of(change: Change) -> Transition:
    """Return the transition that is asked for, made as a user would make it."""
    before, after = workspace_of(change.before), workspace_of(change.after)
    found = asked(change, before, after)
    if isinstance(found, Refusal):
        raise AssertionError(f"seed {change.seed} is refused before it is placed: {found}")
    if found.after.digest != after.digest:
        raise AssertionError(f"seed {change.seed} becomes another workspace")
    return found


def transacted(change: Change) -> tuple[Transition, Preview]:
    """Return what is asked, and what a new planner makes of it."""
    transition = transition_of(change)
    preview = Planner(catalog_of(change.before)).transact(
        transition,
        catalog=catalog_of(change.after),
        allow_partial=change.allow_partial,
        evict=change.evict,
    )
    return transition, preview


def asked(change: Change, before: Workspace, after: Workspace) -> Transition | Refusal:
    match change.kind:
        case "release":
            return release(before, TARGET[0], source=SOURCE[1], target=TARGET[1])
        case "deploy":
            wish = change.after.deployments[-1]
            return deploy(before, deployment_of(wish))
        case "apply":
            return upsert(before, after)
        case "policy":
            return policy_edit(change, before)
        case "capacity":
            return between(before, after, kind=TransitionKind.CAPACITY)
    raise ValueError(change.kind)


def policy_edit(change: Change, before: Workspace) -> Transition | Refusal:
    if change.before.environments == change.after.environments:
        return put_policy(before, policy_of(change.after.policies[-1]))
    environment = next(
        new.name
        for old, new in zip(change.before.environments, change.after.environments, strict=True)
        if old != new
    )
    return attach(before, change.after.policies[-1].name, environment=environment)
