"""A change as a placement transaction: previewed, then committed as it was shown, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.plan.document import running_digest
from placement.plan.plan import Plan
from placement.plan.rows import Basis, Certificate, Status

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.rows import Change
    from placement.workspace.refusal import Refusal
    from placement.workspace.workspace import Workspace

NO_STATS: Mapping[str, Any] = MappingProxyType({})


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

    @classmethod
    def refused(
        cls,
        before: Workspace,
        catalog: Catalog,
        refusal: Refusal,
        *,
        asked: Workspace | None = None,
        serial: int | None = None,
        stats: Mapping[str, Any] = NO_STATS,
    ) -> Preview:
        """Return the preview of a change that is not made: a plan with the refusal alone.

        Parameters
        ----------
        asked : Workspace, optional
            The workspace that the change would have led to, where there is one.
        """
        plan = Plan(
            status=Status.UNKNOWN if refusal.is_undecided else Status.INFEASIBLE,
            certificate=Certificate.NONE,
            tiers=(),
            assignments=(),
            unplaced=(),
            changes=(),
            basis=Basis(
                catalog=catalog.digest,
                workspace=(asked or before).digest,
                running=running_digest(before.running),
                serial=serial,
            ),
            refusal=refusal,
            stats=stats,
        )
        return cls(before, catalog, plan, before)

    def explained(self, refusal: Refusal) -> Preview:
        """Return the preview of the same refused change that says more about it."""
        status = Status.UNKNOWN if refusal.is_undecided else Status.INFEASIBLE
        return replace(self, plan=replace(self.plan, status=status, refusal=refusal))

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
