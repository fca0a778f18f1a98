"""Why some replicas of one deployment have no place: planned, and if so, the conflicts about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placement.cli.conflict_table import as_items, conflict_lines
from placement.cli.conflicts import STOPPING, Found, find
from placement.cli.signals import run_cancellable
from placement.cli.solving import solve

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.options import SolveOptions
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True)
class Missing:
    """What a plan of everything says of one deployment.

    Attributes
    ----------
    replicas : int
        How many of its replicas have no place.
    found : tuple of Found
        What keeps them from one, and what would help; empty if none is missing.
    interrupted : bool
        Whether a signal ended the search.
    """

    replicas: int
    found: tuple[Found, ...]
    interrupted: bool

    def lines(self) -> Iterator[str]:
        """Yield the lines of a screen; none if nothing is missing."""
        if self.replicas:
            have = "replica has" if self.replicas == 1 else "replicas have"
            yield f"planned with everything else, {self.replicas:,} {have} no place"
            yield from conflict_lines([(one.conflict, one.repairs) for one in self.found])

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        pairs = [(one.conflict, one.repairs) for one in self.found]
        return {"replicas": self.replicas, "conflicts": as_items(pairs)}


def missing(
    catalog: Catalog, workspace: Workspace, deployment: ModelDeployment, options: SolveOptions
) -> Missing:
    """Plan everything; of what has no place, find the conflicts about one deployment."""
    plan, interrupted = solve(catalog, workspace, options)
    replicas = sum(row.replicas for row in plan.unplaced if row.key == deployment.key)
    found: tuple[Found, ...] = ()
    if replicas and not interrupted:
        found, interrupted = run_cancellable(
            lambda cancel: find(catalog, workspace, plan, cancel, only=deployment),
            notice=STOPPING,
        )
    return Missing(replicas, found, interrupted)
