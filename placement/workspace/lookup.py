"""A deployment by the names that a person wrote, with advice where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, InputError
from placement.workspace.codes import Code
from placement.workspace.findings import PYTHON

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment, Workspace


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
    if environment not in workspace.environments:
        message = f"environment {quote(environment)} does not exist"
        raise _wrong(
            Code.UNKNOWN_ENVIRONMENT, message, did_you_mean(environment, workspace.environments)
        )
    message = f"model {quote(model)} is not deployed in {quote(environment)}"
    raise _wrong(Code.UNKNOWN_MODEL, message, _advice(workspace, model, environment))


def _advice(workspace: Workspace, model: str, environment: str) -> str | None:
    stages = sorted(stage for name, stage in workspace.by_key if name == model)
    if stages:
        return f"it is deployed in {', '.join(map(quote, stages))}"
    models = {name for name, stage in workspace.by_key if stage == environment}
    return did_you_mean(model, models or {name for name, _ in workspace.by_key})


def _wrong(code: Code, message: str, advice: str | None) -> InputError:
    return InputError([Diagnostic(PYTHON, 1, 1, code, message, advice)])
