"""What a report is about: a plan, what it answers, and what the verifier says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.plan.wording import title
from placement.verifier import verify

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.verifier import Report
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class Subject:
    """A judged plan with everything that a page says of it.

    Attributes
    ----------
    plan : Plan
    catalog : Catalog
    workspace : Workspace
        What the plan answers, with what runs today.
    verdict : Report
        What the verifier found.
    commands : tuple of str
        How the plan is made, and judged, again.
    """

    plan: Plan
    catalog: Catalog
    workspace: Workspace
    verdict: Report
    commands: tuple[str, ...] = ()

    @cached_property
    def title(self) -> str:
        """What was asked, in one line."""
        record = self.plan.transition
        return title(record.kind, record.arguments) if record else "plan"

    @cached_property
    def wanted(self) -> int:
        """Replicas that are asked for."""
        return sum(one.replicas for one in self.workspace.deployments if one.enabled)

    @cached_property
    def placed(self) -> int:
        """Replicas that have a node."""
        return sum(row.replicas for row in self.plan.assignments)

    @cached_property
    def gpus(self) -> int:
        """GPUs in use, in thousandths."""
        return sum(row.gpus for row in self.plan.assignments)

    @cached_property
    def cost(self) -> int:
        """Micro-USD per hour."""
        return sum(row.cost for row in self.plan.assignments)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Keys of the regions in which something is placed."""
        return tuple(sorted({region_of(row) for row in self.plan.assignments}))

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """The environments with something placed, the largest weight first."""
        used: defaultdict[str, int] = defaultdict(int)
        for row in self.plan.assignments:
            used[row.environment] += row.gpus or row.replicas * UNIT
        return tuple(sorted(used, key=lambda name: (-used[name], name)))


def subject_of(
    plan: Plan,
    catalog: Catalog,
    workspace: Workspace,
    *,
    before: Workspace | None = None,
    commands: Sequence[str] = (),
) -> Subject:
    """Return a plan judged against what it answers; ``before`` is where its change starts."""
    verdict = verify(catalog, workspace, plan, before=before)
    return Subject(plan, catalog, workspace, verdict, tuple(commands))


def region_of(row: Assignment) -> str:
    """Return the key of the region that a row names."""
    return f"{row.provider}/{row.region}"
