"""Deployments and environments by the names that a person wrote, with advice for wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, InputError
from placement.workspace.codes import Code
from placement.workspace.findings import PYTHON

if TYPE_CHECKING:
    from placement.workspace.workspace import Environment, ModelDeployment, Workspace


def find_deployment(workspace: Workspace, model: str, environment: str) -> ModelDeployment:
    """Return the deployment of a model in an environment.

    Raises
    ------
    InputError
        If there is no such environment, or the model is not deployed there.
    """
    found = workspace.by_key.get((model, environment))
    if found is not None:
        return found
    find_environment(workspace, environment)
    message = f"model {quote(model)} is not deployed in {quote(environment)}"
    raise _wrong(Code.UNKNOWN_MODEL, message, _advice(workspace, model, environment))


def find_environment(workspace: Workspace, name: str) -> Environment:
    """Return an environment by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    found = workspace.environments.get(name)
    if found is None:
        message = f"environment {quote(name)} does not exist"
        advice = did_you_mean(name, workspace.environments)
        raise _wrong(Code.UNKNOWN_ENVIRONMENT, message, advice)
    return found


def _advice(workspace: Workspace, model: str, environment: str) -> str | None:
    stages = sorted(stage for name, stage in workspace.by_key if name == model)
    if stages:
        return f"it is deployed in {', '.join(map(quote, stages))}"
    models = {name for name, stage in workspace.by_key if stage == environment}
    return did_you_mean(model, models or {name for name, _ in workspace.by_key})


def _wrong(code: Code, message: str, advice: str | None) -> InputError:
    return InputError([Diagnostic(PYTHON, 1, 1, code, message, advice)])
