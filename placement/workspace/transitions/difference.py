"""Which policies bind a released deployment at the target and not at the source, or the reverse."""

from __future__ import annotations

from dataclasses import dataclass

from placement.workspace.effective import resolve
from placement.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PolicyDifference:
    """Policies that bind a deployment only at the target, or only at the source, of a release."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


def policy_difference(
    workspace: Workspace, model: str, *, source: str, target: str
) -> PolicyDifference:
    """Compare the policies that bind a model in two environments, on both levels.

    Observed policies, policies that do not restrict placement and policies whose target does
    not include the deployment are left out.

    Parameters
    ----------
    workspace : Workspace
        After the release: both environments hold the model.

    Raises
    ------
    KeyError
        If one of them does not.
    """
    here = _binding(workspace, model, source)
    there = _binding(workspace, model, target)
    return PolicyDifference(tuple(sorted(there - here)), tuple(sorted(here - there)))


def _binding(workspace: Workspace, model: str, environment: str) -> set[str]:
    effective = resolve(workspace, workspace.by_key[model, environment])
    return {item.policy.name for item in effective.attachments if item.binds}
