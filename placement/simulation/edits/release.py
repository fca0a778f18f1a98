"""A model is released from one environment over another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.simulation.edits.base import WishEdit
from placement.workspace.fields import Flag, Name
from placement.workspace.transitions import Keep, release

if TYPE_CHECKING:
    from placement.workspace.refusal import Refusal
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


class Release(WishEdit):
    """Copies ``model`` from ``from`` over ``to``; the rest as for a real release."""

    type: Literal["release"] = "release"
    model: Name
    source: Name = Field(alias="from")
    target: Name = Field(alias="to")
    keep: tuple[Keep, ...] = ()
    copy_policies: Flag = False

    def transition(self, workspace: Workspace) -> Transition | Refusal:
        """Return the release, or why it is refused."""
        return release(
            workspace,
            self.model,
            source=self.source,
            target=self.target,
            keep=self.keep,
            copy_policies=self.copy_policies,
        )

    def words(self) -> str:
        """Return ``release chat from development to production``."""
        return f"release {self.model} from {self.source} to {self.target}"
