"""From the rows of a document to resolved rows: every name looked up, every copy compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
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
    violations = [
        _violation(row, f"node `{row.node}` is in two rows") for row in _twice(assignments)
    ]
    by_key, nodes = workspace.by_key, _Nodes(catalog)
    for row in assignments:
        deployment, found = by_key.get((row.model, row.environment)), nodes[row.node]
        if deployment is None or found is None:
            what = "the deployment" if deployment is None else f"node `{row.node}`"
            violations.append(_violation(row, f"{what} does not exist"))
            continue
        group, index, copied = found
        placed.append(PlacedRow(deployment, group, index, row.gpu, row.replicas))
        sources.append(row)
        stated = (row.provider, row.region, row.zone, row.country, row.continent, row.flavor)
        sums = (row.version, row.gpus)
        if stated != copied or sums != (deployment.version, deployment.gpus * row.replicas):
            violations += _differences(row, deployment, group)
    view = PlanView(catalog, workspace, tuple(placed), workspace.running)
    return Resolved(view, tuple(sources), tuple(violations))


def _twice(rows: Sequence[Assignment]) -> Iterator[Assignment]:
    """Yield the rows with the key of an earlier one."""
    if len(set(map(_row_key, rows))) == len(rows):
        return
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        if _row_key(row) in seen:
            yield row
        seen.add(_row_key(row))


_row_key = attrgetter("model", "environment", "node", "gpu")


class _Nodes(dict[str, "tuple[NodeGroup, int, tuple[str, ...]] | None"]):
    """Node group, index and what rows copy of them, by the name of a node; each found once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __missing__(self, node: str) -> tuple[NodeGroup, int, tuple[str, ...]] | None:
        found = self._catalog.find_node(node)
        self[node] = None if found is None else (*found, _copied(found[0]))
        return self[node]


def _copied(group: NodeGroup) -> tuple[str, ...]:
    """Return what every row on a node of a group repeats of it."""
    region = group.region
    place = (region.provider, region.code, group.zone, region.country, region.continent)
    return (*place, group.flavor)


def _violation(row: Assignment, message: str) -> Violation:
    return Violation(RULE, f"{row.model}@{row.environment}", message)


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
