"""A stored plan with what it answers: from files, or from what the store holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from placement.cli import inputs, storing
from placement.errors import InputError, StaleError

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.store.values import Snapshot
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class Answered:
    """A plan, the catalog and the workspace it is judged against, and where its change starts.

    ``before`` is None if nothing says what the store holds.
    """

    plan: Plan
    catalog: Catalog
    workspace: Workspace
    before: Workspace | None


def read_answered(
    file: Path,
    paths: list[Path] | None,
    *,
    catalog: Path | None,
    current: Path | None,
    store: str | None,
) -> Answered:
    """Return a stored plan with the manifests, or with the state of a store."""
    plan = inputs.read_plan(file)
    place = storing.unless_current(store, current)
    if place is None:
        fleet = inputs.catalog_of_files(paths, catalog)
        before, after = None, inputs.read_workspace(inputs.manifest_paths(paths))
    else:
        head = storing.read_head(place)
        fleet = inputs.catalog_of_head(head, catalog)
        before, after = _both(plan, paths, head)
    inputs.check(after, fleet.names)
    if current is not None:
        after = after.with_running(inputs.read_running(current))
    return Answered(plan, fleet, after, before)


def _both(plan: Plan, paths: list[Path] | None, head: Snapshot) -> tuple[Workspace, Workspace]:
    """Return the workspace that a plan starts from and the one that it answers."""
    if paths or plan.transition is None:
        transition = inputs.read_asked(paths, head)
        return transition.before, transition.after
    from placement.store.objects import derive

    record = plan.transition
    try:
        after = derive(head.workspace, record)
    except (InputError, KeyError):
        message = f"the plan does not start from what serial {head.serial} holds"
        raise StaleError(message, expected=plan.basis.serial, newest=head.serial) from None
    return head.workspace, replace(after, replaced=frozenset(record.replaced))
