"""``placement conflicts``: what cannot hold together, and the cheapest changes that would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.cli import inputs, output, storing
from placement.cli.conflict_table import as_items, as_lines
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import (
    CatalogFolder,
    Current,
    Output,
    Paths,
    StoreOption,
    TimeLimit,
)
from placement.cli.signals import run_cancellable
from placement.cli.solving import solve
from placement.options import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from threading import Event

    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.refusal import Conflict, Repair
    from placement.workspace.workspace import ModelDeployment, Workspace

STOPPING = "stopping; what is known so far follows (once more: stop at once)"
COLUMNS = ("conflict", "kind", "message", "proved", "minimal", "members", "repairs")


@dataclass(frozen=True)
class Found:
    """A conflict with the repairs that were tried for it."""

    conflict: Conflict
    repairs: tuple[Repair, ...]


@guarded
def conflicts(
    paths: Paths = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
    form: Output = None,
    time_limit: TimeLimit = None,
) -> ExitCode:
    """Show what keeps deployments from having all their replicas placed, and what would help.

    Each conflict is a minimal set of things that are proved not to hold together; no two share
    one. Each repair was applied and planned before it is shown, the cheapest first. Without PATH
    it looks at the example that ships; with --store at what the store holds.
    """
    fleet, workspace = _asked(paths, catalog, current, store)
    options = SolveOptions(time_limit=time_limit)
    plan, interrupted = solve(fleet, workspace, options)
    found: tuple[Found, ...] = ()
    if plan.unplaced and not interrupted:
        found, interrupted = run_cancellable(
            lambda cancel: find(fleet, workspace, plan, cancel), notice=STOPPING
        )
    output.emit(_render(found, plan, output.choose_format(form)))
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.NOT_PLACED if plan.unplaced else ExitCode.DONE


def find(
    catalog: Catalog,
    workspace: Workspace,
    plan: Plan,
    cancel: Event,
    *,
    only: ModelDeployment | None = None,
) -> tuple[Found, ...]:
    """Return all independent conflicts of a plan, or of one deployment, each with its repairs."""
    from placement.planner import Planner

    planner = Planner(catalog)
    if only is None:
        conflicts = planner.conflicts(workspace, plan=plan, cancel=cancel)
    else:
        conflicts = planner.conflicts(
            workspace, only.name, environment=only.environment, plan=plan, cancel=cancel
        )
    return tuple(
        Found(one, planner.repairs(workspace, one, plan=plan, cancel=cancel)) for one in conflicts
    )


def _asked(
    paths: list[Path] | None, catalog: Path | None, current: Path | None, store: str | None
) -> tuple[Catalog, Workspace]:
    place = storing.unless_current(store, current)
    if place is not None:
        with storing.opened_if_there(place) as opened:
            head = storing.head_of(opened)
        after = inputs.read_asked(paths, head).after
        return inputs.catalog_of_head(head, catalog), after
    return inputs.asked_of_files(paths, catalog, current)


def _render(found: Sequence[Found], plan: Plan, form: Format) -> str:
    pairs = [(one.conflict, one.repairs) for one in found]
    items = as_items(pairs)
    match form:
        case Format.TABLE:
            return "".join(f"{line}\n" for line in as_lines(pairs, plan))
        case Format.JSON:
            return output.as_json({"kind": "List", "items": items})
        case Format.YAML:
            return output.as_yaml({"kind": "List", "items": items})
        case Format.CSV:
            return output.as_csv(COLUMNS, [_row(n, item) for n, item in enumerate(items, 1)])


def _row(number: int, item: dict[str, object]) -> dict[str, object]:
    members: list[str] = item["members"]  # type: ignore[assignment]
    repairs: list[dict[str, str]] = item["repairs"]  # type: ignore[assignment]
    told = "; ".join(repair["message"] for repair in repairs)
    return {**item, "conflict": number, "members": ", ".join(members), "repairs": told}
