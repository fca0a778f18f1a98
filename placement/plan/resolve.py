"""From the rows of a document to resolved rows: every name looked up, every copy compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.constraints.base import Violation, subject, thousandths
from placement.plan.view import PlacedRow, PlanView

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.plan.rows import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

RULE = "assignments"


@dataclass(frozen=True)
class Resolved:
    """What became of the rows of a plan.

    Attributes
    ----------
    view : PlanView
        With every row whose deployment and node exist.
    sources : tuple of Assignment
        The rows behind ``view.rows``, one for one.
    violations : tuple of Violation
        Names that mean nothing, copies that differ, keys given twice.
    """

    view: PlanView
    sources: tuple[Assignment, ...]
    violations: tuple[Violation, ...]


def resolve_rows(
    workspace: Workspace, catalog: Catalog, assignments: tuple[Assignment, ...]
) -> Resolved:
    """Look up the deployment and the node of every row and compare what the row copies."""
    placed: list[PlacedRow] = []
    sources: list[Assignment] = []
    violations: list[Violation] = []
    seen: set[tuple[str, str, str, int | None]] = set()
    for row in assignments:
        name = f"{row.model}@{row.environment}"
        key = (*row.key, row.node, row.gpu)
        if key in seen:
            violations.append(Violation(RULE, name, f"node `{row.node}` is in two rows"))
        seen.add(key)
        deployment, found = workspace.by_key.get(row.key), catalog.find_node(row.node)
        if deployment is None or found is None:
            what = "the deployment" if deployment is None else f"node `{row.node}`"
            violations.append(Violation(RULE, name, f"{what} does not exist"))
            continue
        group, index = found
        placed.append(PlacedRow(deployment, group, index, row.gpu, row.replicas))
        sources.append(row)
        violations += _differences(row, deployment, group)
    view = PlanView(catalog, workspace, tuple(placed), workspace.running)
    return Resolved(view, tuple(sources), tuple(violations))


def _differences(
    row: Assignment, deployment: ModelDeployment, group: NodeGroup
) -> Iterator[Violation]:
    region = group.region
    copies = (
        ("version", row.version, deployment.version),
        ("provider", row.provider, region.provider),
        ("region", row.region, region.code),
        ("zone", row.zone, group.zone),
        ("country", row.country, region.country),
        ("continent", row.continent, region.continent),
        ("flavor", row.flavor, group.flavor),
    )
    for field, stated, true in copies:
        if stated != true:
            message = f"{field} on node `{row.node}` is stated as `{stated}`, it is `{true}`"
            yield Violation(RULE, subject(deployment), message)
    gpus = deployment.gpus * row.replicas
    if row.gpus != gpus:
        message = (
            f"gpus on node `{row.node}` are stated as {thousandths(row.gpus)}, "
            f"{row.replicas} replicas use {thousandths(gpus)}"
        )
        yield Violation(RULE, subject(deployment), message)
