"""A policy is detached from an environment, or from the deployment of a model in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from placement.simulation.edits.base import WishEdit, place_of
from placement.workspace.fields import Name
from placement.workspace.transitions import detach

if TYPE_CHECKING:
    from placement.workspace.refusal import Refusal
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


class Detach(WishEdit):
    """Detaches ``policy`` from ``environment``, or from ``model`` in it."""

    type: Literal["detach"] = "detach"
    policy: Name
    environment: Name
    model: Name | None = None

    def transition(self, workspace: Workspace) -> Transition | Refusal:
        """Return the change of the environment or the deployment."""
        return detach(workspace, self.policy, environment=self.environment, model=self.model)

    def words(self) -> str:
        """Return ``detach us-only from production``."""
        return f"detach {self.policy} from {place_of(self.model, self.environment)}"
