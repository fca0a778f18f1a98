"""A plan with its names resolved: what every rule is checked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.catalog import Catalog
from placement.catalog.rows import NodeGroup
from placement.constraints.eligibility import Eligibility
from placement.frozen import quickly_made
from placement.plan.rows import Assignment
from placement.plan.running import RunningState, running_state
from placement.workspace.workspace import Domain, ModelDeployment, Workspace

if TYPE_CHECKING:
    from placement.workspace.shapes import Shape

Key = tuple[str, str]
"""(model, environment)."""


@quickly_made
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


@dataclass(frozen=True, slots=True)
class Lot:
    """All rows of the deployments of one shape on one node group.

    What depends on neither the deployment's name nor the single node is judged once for all.
    ``deployment`` is any of them.
    """

    deployment: ModelDeployment
    group: NodeGroup
    rows: tuple[PlacedRow, ...]

    @property
    def replicas(self) -> int:
        """Replicas of all these deployments on the node group."""
        return sum(row.replicas for row in self.rows)

    @property
    def pairs(self) -> Iterator[Pair]:
        """The rows of each deployment by themselves."""
        found: dict[Key, list[PlacedRow]] = {}
        for row in self.rows:
            found.setdefault(row.deployment.key, []).append(row)
        for rows in found.values():
            yield Pair(rows[0].deployment, self.group, tuple(rows))


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
    def rows_of(self) -> Mapping[Key, tuple[PlacedRow, ...]]:
        """Rows by (model, environment), sorted; deployments without rows are absent."""
        found: dict[Key, list[PlacedRow]] = defaultdict(list)
        for row in self.rows:
            found[row.deployment.key].append(row)
        return MappingProxyType({key: tuple(found[key]) for key in sorted(found)})

    @cached_property
    def rows_on(self) -> Mapping[str, tuple[PlacedRow, ...]]:
        """Rows by node name, in the order of nodes; nodes without rows are absent."""
        found: dict[tuple[str, int], list[PlacedRow]] = defaultdict(list)
        for row in self.rows:
            found[row.group.name, row.index].append(row)
        return MappingProxyType({rows[0].node: tuple(rows) for _, rows in sorted(found.items())})

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Rows by (deployment, node group), so that each pair is judged once."""
        found = (pair for lot in self.lots for pair in lot.pairs)
        return tuple(sorted(found, key=lambda pair: (pair.deployment.key, pair.group.name)))

    @cached_property
    def lots(self) -> tuple[Lot, ...]:
        """Rows by (shape of the deployment, node group)."""
        found: dict[tuple[Shape, str], list[PlacedRow]] = defaultdict(list)
        for row in self.rows:
            found[row.deployment.shape, row.group.name].append(row)
        return tuple(Lot(rows[0].deployment, rows[0].group, tuple(rows)) for rows in found.values())

    def declaring(self, field: str) -> Iterator[tuple[Key, tuple[PlacedRow, ...]]]:
        """Yield the placed deployments, with their rows, that have something in a field."""
        shapes = {lot.deployment.shape for lot in self.lots if getattr(lot.deployment, field)}
        if shapes:
            for key, rows in self.rows_of.items():
                if rows[0].deployment.shape in shapes:
                    yield key, rows

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
        return self._placed.get(deployment.key, 0)

    @cached_property
    def _placed(self) -> Mapping[Key, int]:
        found: dict[Key, int] = {}
        for row in self.rows:
            key = row.deployment.key
            found[key] = found.get(key, 0) + row.replicas
        return found

    @cached_property
    def lacking(self) -> tuple[tuple[ModelDeployment, int], ...]:
        """The enabled deployments that have not exactly their replicas, and how many they lack.

        In the order of the workspace; a negative number is what they have too many.
        """
        placed = self._placed
        counted = (
            (one, one.replicas - placed.get(one.key, 0))
            for one in self.workspace.deployments
            if one.enabled
        )
        return tuple(item for item in counted if item[1])
