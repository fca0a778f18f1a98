"""Environments declared and taken away."""

from __future__ import annotations

from collections.abc import Iterator

from placement.catalog.text import quote
from placement.workspace.refusal import Refusal, RefusalReason
from placement.workspace.transitions.edits import check_objects, edited
from placement.workspace.transitions.lookups import missing_environment
from placement.workspace.transitions.transition import Transition, TransitionKind, between
from placement.workspace.workspace import DEVELOPMENT, PRODUCTION, Environment, Workspace


def put_environment(workspace: Workspace, environment: Environment) -> Transition | Refusal:
    """Declare an environment, or put it in place of the one of its name.

    Raises
    ------
    InputError
        If it names a policy or an environment that is not there.
    """
    check_objects(workspace, environment)
    after = edited(workspace, put=(environment,))
    arguments = {"environment": environment.name}
    return between(workspace, after, kind=TransitionKind.PUT_ENVIRONMENT, arguments=arguments)


def delete_environment(workspace: Workspace, name: str) -> Transition | Refusal:
    """Take away an environment that holds no deployment and that nothing names."""
    if refusal := missing_environment(workspace, name):
        return refusal
    if name in (PRODUCTION, DEVELOPMENT):
        message = f"environment {quote(name)} always exists"
        return Refusal(RefusalReason.PROTECTED, message)
    uses = list(_uses(workspace, name))
    if uses:
        message = f"environment {quote(name)} {', '.join(uses)}"
        return Refusal(RefusalReason.IN_USE, message)
    after = edited(workspace, drop=[("Environment", name)])
    arguments = {"environment": name}
    return between(workspace, after, kind=TransitionKind.DELETE_ENVIRONMENT, arguments=arguments)


def _uses(workspace: Workspace, name: str) -> Iterator[str]:
    """Yield what holds an environment in place."""
    for one in workspace.deployments:
        if one.environment == name:
            yield f"holds {quote(one.name)}"
        elif any(
            peer.selector.environment == name for peer in (*one.separate_from, *one.together_with)
        ):
            yield f"is selected by {quote(one.name)} in {quote(one.environment)}"
    for stage in workspace.environments.values():
        if name in stage.releases_from and stage.name != name:
            yield f"is named by `releasesFrom` of {quote(stage.name)}"
