"""What keeps a plan from being exported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.catalog.text import quote

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.importers.kubernetes.seats import Seat
    from placement.plan.plan import Plan
    from placement.plan.rows import Assignment
    from placement.workspace.workspace import Workspace


def mismatches(
    plan: Plan, workspace: Workspace, catalog: Catalog, seats: Mapping[str, Seat] | None
) -> Iterator[str]:
    """Yield what says that the plan is not the answer to what it is exported with."""
    if plan.stated_digest not in (None, plan.digest):
        yield "the plan was edited after it was made"
    if plan.basis.catalog != catalog.digest:
        yield f"the plan is not for catalog {quote(catalog.name)}"
        return
    yield from (fault for row in plan.assignments if (fault := _row_fault(row, workspace)))
    if seats is not None:
        unseated = (row.node for row in plan.assignments if row.node not in seats)
        yield from (f"node {quote(node)} is no node of the cluster" for node in unseated)


def _row_fault(row: Assignment, workspace: Workspace) -> str | None:
    deployment = workspace.by_key.get(row.key)
    if deployment is None:
        return f"{title(row)} is not among the deployments"
    if (deployment.version, deployment.gpus * row.replicas) != (row.version, row.gpus):
        return f"{title(row)} is another version, or asks for other GPUs, than in the plan"
    return None


def title(row: Assignment) -> str:
    """Return the deployment of a row for people."""
    return quote(f"{row.model}@{row.environment}")


def shared_slices(plan: Plan, catalog: Catalog) -> Iterator[str]:
    """Yield the parts of GPUs that several replicas share, which pods cannot."""
    users: Counter[str] = Counter()
    for row in plan.assignments:
        if row.gpus and catalog.group_of(row.node).gpu_fraction is not None:
            users[row.node] += row.replicas
    for node, number in sorted(users.items()):
        if number > 1:
            yield f"{number} replicas share the part of a GPU that {quote(node)} is"


def uncounted(plan: Plan, workspace: Workspace) -> Iterator[str]:
    """Yield further resources that Kubernetes has no way to count."""
    for model, environment in sorted({row.key for row in plan.assignments}):
        for name, amount in sorted(workspace.by_key[model, environment].extra.items()):
            if "/" not in name or amount % UNIT:
                how = f"{amount / UNIT:g} of {quote(name)}"
                rule = "further resources have a domain, and are whole"
                yield f"{quote(f'{model}@{environment}')}: Kubernetes cannot give {how}: {rule}"
