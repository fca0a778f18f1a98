"""A policy is attached to an environment, or to the deployment of a model in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from placement.simulation.edits.base import WishEdit, place_of
from placement.workspace.fields import Name
from placement.workspace.transitions import attach

if TYPE_CHECKING:
    from placement.workspace.refusal import Refusal
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


class Attach(WishEdit):
    """Attaches ``policy`` to ``environment``, or to ``model`` in it."""

    type: Literal["attach"] = "attach"
    policy: Name
    environment: Name
    model: Name | None = None

    def transition(self, workspace: Workspace) -> Transition | Refusal:
        """Return the change of the environment or the deployment."""
        return attach(workspace, self.policy, environment=self.environment, model=self.model)

    def words(self) -> str:
        """Return ``attach us-only to production``."""
        return f"attach {self.policy} to {place_of(self.model, self.environment)}"
