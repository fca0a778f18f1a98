"""A change as a placement transaction: previewed, then committed as it was shown, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.plan.rows import Change
    from placement.workspace.refusal import Refusal
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class Preview:
    """What a change would do; nothing has happened yet.

    Attributes
    ----------
    before : Workspace
        The workspace the change was asked of, with what runs.
    catalog : Catalog
        The catalog that holds after the change.
    plan : Plan
        Of the whole state after the change; ``infeasible`` or ``unknown`` if it is refused.
    workspace : Workspace
        After the change, with the plan running; ``before`` if it is refused.
    """

    before: Workspace
    catalog: Catalog
    plan: Plan
    workspace: Workspace

    @property
    def refusal(self) -> Refusal | None:
        """Why nothing would change, or None."""
        return self.plan.refusal

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is placed, kept, moved and removed; empty if the change is refused."""
        return self.plan.changes

    @property
    def digest(self) -> str:
        """Digest of the plan: committing this preview writes exactly this plan."""
        return self.plan.digest
