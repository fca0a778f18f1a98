"""From a snapshot to arrays: eligibility, running replicas and cells once, then any problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placement.constraints.registry import CONSTRAINTS
from placement.problem.builder import ProblemBuilder
from placement.problem.cells import Cell, make_cells
from placement.problem.eligibility import eligibility_key, eligible_mask
from placement.problem.problem import Problem, TierSpec
from placement.problem.running import movable, residents_by_node
from placement.problem.tiers import (
    displaced_tiers,
    last_tier,
    moves_tier,
    rebalancing_tier,
    shortfalls,
    strict_tier,
    unplaced_tiers,
)

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.objectives.mix import Mix
    from placement.workspace.shapes import Shape
    from placement.workspace.workspace import ModelDeployment, Workspace

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Compiled:
    """A snapshot in array form, from which problems over any cells are built.

    Attributes
    ----------
    deployments : tuple of ModelDeployment
        The enabled ones, in the order of the workspace.
    eligible : tuple of bool arrays
        Per deployment the mask of eligible node groups.
    cells : tuple of Cell
        The coarsest cells.
    movable : tuple of int
        Movable running replicas per deployment.
    priorities : tuple of int
        The priority classes of the whole snapshot, high to low.
    wanted : tuple of int
        The most replicas of each deployment that may be placed.
    strict : frozenset of int
        Deployments that come before all others: they must be placed whole.
    rebalance : tuple of (int, int) or None
        Steps of the last tier that a moved GPU must save, and thousandths of GPUs that may move,
        if moves and the last tier are one.
    """

    catalog: Catalog
    objective: Mix
    bill_nodes: bool
    deployments: tuple[ModelDeployment, ...]
    eligible: tuple[Mask, ...]
    cells: tuple[Cell, ...]
    movable: tuple[int, ...]
    priorities: tuple[int, ...]
    wanted: tuple[int, ...]
    strict: frozenset[int] = frozenset()
    rebalance: tuple[int, int] | None = None

    @property
    def pairs(self) -> int:
        """Number of (deployment, cell) pairs, whatever is free."""
        groups = np.array([cell.group for cell in self.cells], np.int64)
        return sum(int(mask[groups].sum()) for mask in self.eligible)

    def build(
        self,
        cells: Sequence[Cell],
        *,
        allowed: Mask | None = None,
        also: Callable[[ProblemBuilder], None] = lambda builder: None,
    ) -> tuple[Problem, ProblemBuilder]:
        """Return the problem over some cells, and the builder with what it numbered.

        Parameters
        ----------
        cells : sequence of Cell
            ``self.cells``, or a refinement of it.
        allowed : bool array, shape (deployments, cells), optional
            Restricts the pairs.
        also : callable
            Adds rows of its own when all constraints have added theirs.
        """
        builder = ProblemBuilder(
            catalog=self.catalog,
            deployments=self.deployments,
            cells=cells,
            eligible=self.eligible,
            bill_nodes=self.bill_nodes,
            allowed=allowed,
            wanted=self.wanted,
        )
        for constraint in CONSTRAINTS:
            constraint.compile(builder)
        also(builder)
        shortfall = shortfalls(builder, self.movable)
        tiers = [
            *displaced_tiers(builder, shortfall, self.priorities),
            *([strict_tier(builder, sorted(self.strict))] if self.strict else []),
            *unplaced_tiers(builder, self.priorities),
            *self._last_tiers(builder, shortfall),
        ]
        return builder.build(tiers), builder

    def _last_tiers(self, builder: ProblemBuilder, shortfall: Mapping[int, int]) -> list[TierSpec]:
        moves = moves_tier(builder, self.movable, shortfall)
        last = last_tier(builder, self.objective)
        if self.rebalance is None:
            return [moves, last]
        return [rebalancing_tier(builder, moves, last, *self.rebalance)]


def compile_snapshot(
    workspace: Workspace,
    catalog: Catalog,
    *,
    objective: Mix,
    bill_nodes: bool,
    masks: dict[str, Mask],
) -> Compiled:
    """Compile a snapshot.

    Parameters
    ----------
    masks : dict
        Policy masks by meaning, reused between calls on one catalog.
    """
    deployments = tuple(d for d in workspace.deployments if d.enabled)
    eligible = eligible_masks(workspace, catalog, deployments, masks)
    residents = residents_by_node(workspace, catalog, deployments, eligible)
    alike = list({id(mask): mask for mask in eligible}.values())
    groups = np.flatnonzero(np.logical_or.reduce(alike)) if alike else np.zeros(0, np.int64)
    return Compiled(
        catalog=catalog,
        objective=objective,
        bill_nodes=bill_nodes,
        deployments=deployments,
        eligible=eligible,
        cells=make_cells(catalog, groups.tolist(), residents),
        movable=tuple(movable(residents, len(deployments))),
        priorities=tuple(sorted({d.priority for d in deployments}, reverse=True)) or (0,),
        wanted=tuple(d.replicas for d in deployments),
    )


def eligible_masks(
    workspace: Workspace,
    catalog: Catalog,
    deployments: Sequence[ModelDeployment],
    masks: dict[str, Mask],
) -> tuple[Mask, ...]:
    """Return the masks of eligible node groups; alike deployments share one array."""
    by_shape: dict[Shape, Mask] = {}
    by_key: dict[object, Mask] = {}
    found = []
    for deployment in deployments:
        mask = by_shape.get(deployment.shape)
        if mask is None:
            key = eligibility_key(workspace, deployment)
            if key not in by_key:
                by_key[key] = _admitted(workspace, catalog, deployment, masks)
            mask = by_shape[deployment.shape] = by_key[key]
        found.append(mask)
    return tuple(found)


def _admitted(
    workspace: Workspace,
    catalog: Catalog,
    deployment: ModelDeployment,
    masks: dict[str, Mask],
) -> Mask:
    """Return the mask of node groups that policies and constraints admit."""
    mask = eligible_mask(workspace, deployment, catalog.table, masks)
    for constraint in CONSTRAINTS:
        own = constraint.eligible(deployment, catalog.table, catalog)
        mask = mask if own is None else mask & own
    return mask
