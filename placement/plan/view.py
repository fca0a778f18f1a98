"""A plan with its names resolved: what every rule is checked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeGroup
from placement.constraints.eligibility import Eligibility
from placement.plan.rows import Assignment
from placement.plan.running import RunningState, running_state
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

    @property
    def order(self) -> tuple[str, str, str, int, int]:
        """The order of rows everywhere: model, environment, node group, node index, gpu."""
        gpu = -1 if self.gpu is None else self.gpu
        return (*self.deployment.key, self.group.name, self.index, gpu)

    def domain(self, over: Domain) -> str:
        """Return the domain of one kind that this row's node lies in."""
        return domain_of(self.group, self.index, over)


@dataclass(frozen=True, slots=True)
class Pair:
    """All rows of one deployment on one node group: what a single-replica rule looks at."""

    deployment: ModelDeployment
    group: NodeGroup
    rows: tuple[PlacedRow, ...]

    @property
    def replicas(self) -> int:
        """Replicas of the deployment on the node group."""
        return sum(row.replicas for row in self.rows)


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
        return MappingProxyType({key: tuple(rows) for key, rows in found.items()})

    @cached_property
    def rows_on(self) -> Mapping[str, tuple[PlacedRow, ...]]:
        """Rows by node name, each in the order of rows; nodes without rows are absent."""
        found: dict[str, list[PlacedRow]] = defaultdict(list)
        for row in self.rows:
            found[row.node].append(row)
        return MappingProxyType(
            {node: tuple(sorted(rows, key=_order)) for node, rows in found.items()}
        )

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Rows by (deployment, node group), so that each pair is judged once."""
        found: dict[tuple[str, str, str], list[PlacedRow]] = defaultdict(list)
        for row in self.rows:
            found[(*row.deployment.key, row.group.name)].append(row)
        return tuple(
            Pair(rows[0].deployment, rows[0].group, tuple(rows))
            for _, rows in sorted(found.items())
        )

    @cached_property
    def eligibility(self) -> Eligibility:
        """Who may use which node group; remembers what it judged."""
        return Eligibility(self.workspace, self.catalog)

    @cached_property
    def state(self) -> RunningState:
        """Today's rows sorted into movable, forced and removed."""
        return running_state(
            self.workspace, self.catalog, running=self.running, eligibility=self.eligibility
        )

    def placed(self, deployment: ModelDeployment) -> int:
        """Return how many replicas of a deployment are placed."""
        return sum(row.replicas for row in self.rows_of.get(deployment.key, ()))


def _order(row: PlacedRow) -> tuple[str, str, str, int, int]:
    return row.order
