"""Names that are asked for and are not there, as refusals with the nearest names."""

from __future__ import annotations

from collections.abc import Iterable

from placement.catalog.text import did_you_mean, quote
from placement.workspace.refusal import Refusal, RefusalReason, advise
from placement.workspace.workspace import Workspace


def missing_environment(workspace: Workspace, *names: str) -> Refusal | None:
    """Return why one of these environments is refused, or None if all exist."""
    return _missing(RefusalReason.UNKNOWN_ENVIRONMENT, "environment", names, workspace.environments)


def missing_policy(workspace: Workspace, *names: str) -> Refusal | None:
    """Return why one of these policies is refused, or None if all exist."""
    return _missing(RefusalReason.UNKNOWN_POLICY, "policy", names, workspace.policies)


def missing_model(workspace: Workspace, model: str) -> Refusal | None:
    """Return why a model that no environment holds is refused, or None."""
    if any(name == model for name, _ in workspace.by_key):
        return None
    models = {name for name, _ in workspace.by_key}
    return _missing(RefusalReason.UNKNOWN_MODEL, "model", (model,), models)


def missing_deployment(workspace: Workspace, model: str, environment: str) -> Refusal | None:
    """Return why a (model, environment) without a deployment is refused, or None."""
    if (model, environment) in workspace.by_key:
        return None
    return (
        missing_environment(workspace, environment)
        or missing_model(workspace, model)
        or Refusal(RefusalReason.ABSENT, absence(workspace, model, environment))
    )


def absence(workspace: Workspace, model: str, environment: str) -> str:
    """Say that a model is not deployed in an environment, and where it is."""
    where = [quote(stage) for name, stage in workspace.by_key if name == model]
    found = f"; it is in {', '.join(where)}" if where else ""
    return f"{quote(model)} is not deployed in {quote(environment)}{found}"


def _missing(
    reason: RefusalReason, what: str, names: Iterable[str], known: Iterable[str]
) -> Refusal | None:
    name = next((name for name in names if name not in known), None)
    if name is None:
        return None
    advice = did_you_mean(name, known)
    return Refusal(
        reason, f"unknown {what} {quote(name)}", repairs=advise(advice) if advice else ()
    )
