"""Model deployments put in place, switched on and off, taken away, and brought back."""

from __future__ import annotations

from placement.workspace.refusal import Refusal
from placement.workspace.transitions.edits import check_objects, edited, remade
from placement.workspace.transitions.lookups import (
    missing_deployment,
    missing_environment,
    missing_policy,
)
from placement.workspace.transitions.transition import Transition, TransitionKind, between
from placement.workspace.workspace import ModelDeployment, Workspace


def deploy(workspace: Workspace, deployment: ModelDeployment) -> Transition | Refusal:
    """Put a deployment in place of whatever its (model, environment) holds.

    Raises
    ------
    InputError
        If the deployment names a policy or an environment that is not there.
    """
    check_objects(workspace, deployment)
    arguments = {
        "model": deployment.name,
        "environment": deployment.environment,
        "version": deployment.version,
    }
    after = edited(workspace, put=(deployment,))
    return between(workspace, after, kind=TransitionKind.DEPLOY, arguments=arguments)


def set_enabled(
    workspace: Workspace, model: str, *, environment: str, enabled: bool
) -> Transition | Refusal:
    """Switch a deployment on or off; its record stays."""
    if refusal := missing_deployment(workspace, model, environment):
        return refusal
    one = remade(workspace.by_key[model, environment], enabled=enabled)
    kind = TransitionKind.ENABLE if enabled else TransitionKind.DISABLE
    arguments = {"model": model, "environment": environment}
    return between(workspace, edited(workspace, put=(one,)), kind=kind, arguments=arguments)


def delete(workspace: Workspace, model: str, *, environment: str) -> Transition | Refusal:
    """Take a deployment away, record and all."""
    if refusal := missing_deployment(workspace, model, environment):
        return refusal
    after = edited(workspace, drop=[("ModelDeployment", model, environment)])
    arguments = {"model": model, "environment": environment}
    return between(workspace, after, kind=TransitionKind.DELETE, arguments=arguments)


def restore(
    workspace: Workspace, model: str, *, environment: str, deployment: ModelDeployment | None
) -> Transition | Refusal:
    """Bring back a recorded deployment, or take away one that did not exist then.

    Parameters
    ----------
    deployment : ModelDeployment or None
        What (model, environment) held before the change that is rolled back; None: nothing.

    Raises
    ------
    ValueError
        If the deployment is of another model or environment.
    """
    arguments = {"model": model, "environment": environment}
    if deployment is None:
        if refusal := missing_deployment(workspace, model, environment):
            return refusal
        after = edited(workspace, drop=[("ModelDeployment", model, environment)])
        return between(workspace, after, kind=TransitionKind.ROLLBACK, arguments=arguments)
    if deployment.key != (model, environment):
        raise ValueError(f"{deployment.key} is not {(model, environment)}")
    if refusal := _dangling(workspace, deployment):
        return refusal
    after = edited(workspace, put=(deployment,))
    arguments["version"] = deployment.version
    return between(workspace, after, kind=TransitionKind.ROLLBACK, arguments=arguments)


def _dangling(workspace: Workspace, deployment: ModelDeployment) -> Refusal | None:
    """Return why a recorded deployment cannot be: what it names may be gone since."""
    peers = (*deployment.separate_from, *deployment.together_with)
    stages = [peer.selector.environment for peer in peers if peer.selector.environment]
    return missing_environment(workspace, deployment.environment, *stages) or missing_policy(
        workspace, *deployment.policies
    )
