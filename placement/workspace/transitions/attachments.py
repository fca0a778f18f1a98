"""Policies declared, attached, detached and taken away."""

from __future__ import annotations

from collections.abc import Iterator

from placement.catalog.text import quote
from placement.policies.base import Enforcement, Policy
from placement.workspace.refusal import Refusal, RefusalReason, advise
from placement.workspace.transitions.edits import check_objects, edited, remade
from placement.workspace.transitions.lookups import (
    missing_deployment,
    missing_environment,
    missing_policy,
)
from placement.workspace.transitions.transition import Transition, TransitionKind, between
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

Holder = Environment | ModelDeployment
"""What a policy is attached to."""


def attach(
    workspace: Workspace, policy: str, *, environment: str, model: str | None = None
) -> Transition | Refusal:
    """Attach a policy to an environment, or to the deployment of a model in it."""
    if refusal := _missing(workspace, policy, environment, model):
        return refusal
    holder = _holder(workspace, environment, model)
    more = () if policy in holder.policies else (policy,)
    one = remade(holder, policies=(*holder.policies, *more))
    return _attached(workspace, one, policy, TransitionKind.ATTACH)


def detach(
    workspace: Workspace, policy: str, *, environment: str, model: str | None = None
) -> Transition | Refusal:
    """Detach a policy from an environment, or from the deployment of a model in it."""
    if refusal := _missing(workspace, policy, environment, model):
        return refusal
    holder = _holder(workspace, environment, model)
    if policy not in holder.policies:
        message = f"policy {quote(policy)} is not attached to {_title(holder)}"
        return Refusal(RefusalReason.ABSENT, message)
    return _attached(workspace, _without(holder, policy), policy, TransitionKind.DETACH)


def put_policy(workspace: Workspace, policy: Policy) -> Transition | Refusal:
    """Declare a policy, or put it in place of the one of its name, wherever that is attached.

    Raises
    ------
    InputError
        If the policy names a place that is not known.
    """
    check_objects(workspace, policy)
    after = edited(workspace, put=(policy,))
    arguments = {"policy": policy.name}
    return between(workspace, after, kind=TransitionKind.PUT_POLICY, arguments=arguments)


def delete_policy(workspace: Workspace, name: str, *, detach: bool = False) -> Transition | Refusal:
    """Take a policy away.

    Parameters
    ----------
    detach : bool
        Whether to detach it first from all that has it; otherwise a policy in use is refused.
    """
    if refusal := missing_policy(workspace, name):
        return refusal
    holders = tuple(_holders(workspace, name))
    if holders and not detach:
        where = ", ".join(_title(holder) for holder in holders)
        message = f"policy {quote(name)} is attached to {where}"
        return Refusal(RefusalReason.IN_USE, message, repairs=advise("detach it first"))
    freed = tuple(_without(holder, name) for holder in holders)
    return between(
        workspace,
        edited(workspace, put=freed, drop=[("Policy", name)]),
        kind=TransitionKind.DELETE_POLICY,
        arguments={"policy": name},
        warnings=[line for holder in freed for line in _opened(workspace, holder, name)],
    )


def _missing(
    workspace: Workspace, policy: str, environment: str, model: str | None
) -> Refusal | None:
    if refusal := missing_policy(workspace, policy):
        return refusal
    if model is None:
        return missing_environment(workspace, environment)
    return missing_deployment(workspace, model, environment)


def _holder(workspace: Workspace, environment: str, model: str | None) -> Holder:
    if model is None:
        return workspace.environments[environment]
    return workspace.by_key[model, environment]


def _holders(workspace: Workspace, policy: str) -> Iterator[Holder]:
    holders: tuple[Holder, ...] = (*workspace.environments.values(), *workspace.deployments)
    return (holder for holder in holders if policy in holder.policies)


def _title(holder: Holder) -> str:
    if isinstance(holder, Environment):
        return f"environment {quote(holder.name)}"
    return f"{quote(holder.name)} in {quote(holder.environment)}"


def _without(holder: Holder, policy: str) -> Holder:
    return remade(holder, policies=tuple(name for name in holder.policies if name != policy))


def _attached(
    workspace: Workspace, holder: Holder, policy: str, kind: TransitionKind
) -> Transition:
    """Return the change to an environment or a deployment whose list of policies differs."""
    where = {"environment": holder.name}
    if isinstance(holder, ModelDeployment):
        where = {"environment": holder.environment, "model": holder.name}
    after = edited(workspace, put=(holder,))
    warn = _widened if kind is TransitionKind.ATTACH else _opened
    return between(
        workspace,
        after,
        kind=kind,
        arguments={"policy": policy, **where},
        warnings=() if after is workspace else warn(workspace, holder, policy),
    )


def _widened(workspace: Workspace, holder: Holder, policy: str) -> Iterator[str]:
    """Warn that a further policy of a type widens what is allowed, where it binds."""
    others = _alike(workspace, holder, policy)
    if others:
        kind = workspace.policies[policy].type
        listed = ", ".join(quote(name) for name in others)
        where = _title(holder)
        yield f"policy {quote(policy)} widens what {listed} of type `{kind}` allows in {where}"


def _opened(workspace: Workspace, holder: Holder, policy: str) -> Iterator[str]:
    """Warn that nothing restricts an aspect any more on this level."""
    one = workspace.policies[policy]
    if _binds(one) and not _alike(workspace, holder, policy):
        yield f"{_title(holder)} has no policy of type `{one.type}` any more"


def _alike(workspace: Workspace, holder: Holder, policy: str) -> list[str]:
    """Return the other binding policies of the same type on a level."""
    one = workspace.policies[policy]
    others = (workspace.policies[name] for name in sorted({*holder.policies} - {policy}))
    return [p.name for p in others if p.type == one.type and _binds(p)] if _binds(one) else []


def _binds(policy: Policy) -> bool:
    return policy.places and policy.enforcement is Enforcement.HARD
