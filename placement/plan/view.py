"""A plan with its names resolved: what every rule is checked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeGroup
from placement.plan.rows import Assignment
from placement.workspace.workspace import Domain, ModelDeployment, Workspace


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """One assignment with its deployment, node group and node index looked up."""

    deployment: ModelDeployment
    group: NodeGroup
    index: int
    gpu: int | None
    replicas: int

    @property
    def node(self) -> str:
        """Node name."""
        return self.group.node(self.index)

    def domain(self, over: Domain) -> str:
        """Return the domain of one kind that this row's node lies in."""
        return domain_of(self.group, self.index, over)


def domain_of(group: NodeGroup, index: int, over: Domain) -> str:
    """Return the name of the domain of kind ``over`` that holds node ``index`` of ``group``."""
    region = group.region
    match over:
        case Domain.NODE:
            return group.node(index)
        case Domain.ZONE:
            return f"{region.key}/{group.zone}"
        case Domain.REGION:
            return region.key
        case Domain.COUNTRY:
            return region.country
        case Domain.CONTINENT:
            return region.continent
        case Domain.PROVIDER:
            return region.provider


@dataclass(frozen=True)
class PlanView:
    """Catalog, workspace and the resolved rows of a plan.

    ``running`` are today's rows as recorded; their node or deployment may be gone.
    """

    catalog: Catalog
    workspace: Workspace
    rows: tuple[PlacedRow, ...]
    running: tuple[Assignment, ...] = ()

    @cached_property
    def rows_of(self) -> Mapping[tuple[str, str], tuple[PlacedRow, ...]]:
        """Rows by (model, environment); deployments without rows are absent."""
        found: dict[tuple[str, str], list[PlacedRow]] = defaultdict(list)
        for row in self.rows:
            found[row.deployment.key].append(row)
        return {key: tuple(rows) for key, rows in found.items()}

    def placed(self, deployment: ModelDeployment) -> int:
        """Return how many replicas of a deployment are placed."""
        return sum(row.replicas for row in self.rows_of.get(deployment.key, ()))
