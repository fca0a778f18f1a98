"""A deployment asks for another number of replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from placement.simulation.edits.base import WishEdit, place_of
from placement.workspace.fields import Count, Name
from placement.workspace.transitions import deploy
from placement.workspace.transitions.edits import remade
from placement.workspace.transitions.lookups import missing_deployment
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.workspace.refusal import Refusal
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


class Scale(WishEdit):
    """Asks for ``replicas`` replicas of ``model`` in ``environment``.

    ``minReplicas`` falls with them: a smaller deployment is not one that must not run.
    """

    type: Literal["scale"] = "scale"
    model: Name
    environment: Name = PRODUCTION
    replicas: Count

    def transition(self, workspace: Workspace) -> Transition | Refusal:
        """Return the change of the deployment."""
        if refusal := missing_deployment(workspace, self.model, self.environment):
            return refusal
        one = workspace.by_key[self.model, self.environment]
        least = min(one.min_replicas, self.replicas)
        return deploy(workspace, remade(one, replicas=self.replicas, min_replicas=least))

    def words(self) -> str:
        """Return ``scale chat@production to 8 replicas``."""
        return f"scale {place_of(self.model, self.environment)} to {self.replicas} replicas"
