"""Shapes of replicas and kinds of nodes as arrays: all that node patterns are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.problem.compiler import Compiled
from placement.problem.problem import Ints, Problem, TierSpec

Mask = NDArray[np.bool_]
Content = tuple[tuple[int, int | None, int], ...]
"""What one node holds: (shape, GPU of a share, replicas), sorted."""


@dataclass(frozen=True)
class Kinds:
    """Shapes are the deployments of a problem, kinds its cells.

    Attributes
    ----------
    demand : int array, shape (shapes, resources)
        CPUs, memory and extras of one replica.
    gpus, wanted : int arrays, shape (shapes,)
    capacity : int array, shape (kinds, resources)
    slots : tuple of tuple of int
        Per kind the free thousandths of each GPU of a node.
    nodes : int array, shape (kinds,)
    most : int array, shape (kinds, shapes)
        The most replicas that one node may hold; 0 where they may not be.
    fits : int array, shape (kinds, shapes)
        How many fit one node whatever is wanted and ruled, where they may be.
    allowed : bool array, shape (kinds, shapes)
        Where a shape may be, also if it finds no room: kinds that differ in nothing else have the
        same contents to choose from.
    """

    demand: Ints
    gpus: Ints
    wanted: Ints
    capacity: Ints
    slots: tuple[tuple[int, ...], ...]
    nodes: Ints
    most: Ints
    fits: Ints
    allowed: Mask

    @property
    def shares(self) -> Mask:
        """Shapes that use a part of one GPU."""
        return (self.gpus > 0) & (self.gpus < UNIT)

    @property
    def ruled(self) -> Mask:
        """Per kind and shape, whether a rule and not capacity limits the replicas on a node."""
        return self.most < np.minimum(self.fits, self.wanted)

    def reduced(self, wanted: Ints, nodes: Ints) -> Kinds:
        """Return the same kinds with less wanted and fewer nodes."""
        return replace(self, wanted=wanted, nodes=nodes, most=np.minimum(self.most, wanted))

    def without(self, kind: int, replicas: Mapping[int, int]) -> Kinds:
        """Return what is left once one more node is in use and holds some replicas."""
        wanted, nodes = self.wanted.copy(), self.nodes.copy()
        nodes[kind] -= 1
        for shape, count in replicas.items():
            wanted[shape] -= count
        return self.reduced(wanted, nodes)


def kinds_of(compiled: Compiled, problem: Problem) -> Kinds:
    """Read the kinds off a problem over the coarsest cells."""
    deployments, cells = problem.deployments, problem.cells
    names = sorted({name for d in deployments for name in d.extra})
    demand = [[d.cpus, d.memory, *(d.extra.get(n, 0) for n in names)] for d in deployments]
    free = [dict(c.extra) for c in cells]
    capacity = [
        [c.cpus, c.memory, *(own.get(n, 0) for n in names)]
        for c, own in zip(cells, free, strict=True)
    ]
    most = np.zeros((len(cells), len(deployments)), np.int64)
    most[problem.pair_cell, problem.pair_deployment] = problem.node_rules.most
    gpus = np.array([d.gpus for d in deployments], np.int64)
    slots = tuple(c.slots for c in cells)
    arrays = np.array(demand, np.int64), np.array(capacity, np.int64)
    room = _room(*arrays, gpus, slots)
    return Kinds(
        demand=arrays[0],
        gpus=gpus,
        wanted=np.array(compiled.wanted, np.int64),
        capacity=arrays[1],
        slots=slots,
        nodes=np.array([c.size for c in cells], np.int64),
        most=most,
        fits=room * (most > 0),
        allowed=(most > 0) | (room == 0),
    )


def _room(demand: Ints, capacity: Ints, gpus: Ints, slots: tuple[tuple[int, ...], ...]) -> Ints:
    """Return per kind and shape how many replicas one node has room for."""
    fits = np.full((len(capacity), len(demand)), np.iinfo(np.int64).max)
    for resource in range(demand.shape[1]):
        asked = np.flatnonzero(demand[:, resource])
        room = np.maximum(capacity[:, resource], 0)[:, None] // demand[asked, resource]
        fits[:, asked] = np.minimum(fits[:, asked], room)
    for kind, own in enumerate(slots):
        free = np.array(own, np.int64)
        whole = np.count_nonzero(free == UNIT) * UNIT // np.maximum(gpus, 1)
        pieces = (free[:, None] // np.maximum(gpus, 1)).sum(axis=0)
        room = np.where(gpus >= UNIT, whole, pieces)
        fits[kind, gpus > 0] = np.minimum(fits[kind], room)[gpus > 0]
    return fits


@dataclass(frozen=True)
class TierCosts:
    """What a tier counts: per replica of a shape on a kind, and per node in use of a kind.

    Attributes
    ----------
    constant : int
    replica : int array, shape (kinds, shapes)
    node : int array, shape (kinds,)
    """

    constant: int
    replica: Ints
    node: Ints

    @property
    def by_shape(self) -> bool:
        """Whether the kind of the node makes no difference."""
        return not self.node.any() and bool((self.replica == self.replica[:1]).all())

    def of(self, kind: int, content: Content) -> int:
        """Return what one node adds to the tier."""
        replicas = sum(int(self.replica[kind, shape]) * count for shape, _, count in content)
        return replicas + (int(self.node[kind]) if content else 0)


def tier_costs(problem: Problem, tier: TierSpec) -> TierCosts:
    """Read the costs of a tier off a problem.

    A shape has the cost that it has elsewhere also on the kinds where it may not be, if that is
    one number, so that tiers in which only shapes count are seen to be such.
    """
    pairs = problem.pairs
    shape = (len(problem.cells), len(problem.deployments))
    values = tier.per_pair(pairs)
    replica = np.zeros(shape, np.int64)
    there = np.zeros(shape, bool)
    there[problem.pair_cell, problem.pair_deployment] = True
    replica[problem.pair_cell, problem.pair_deployment] = values
    low = np.where(there, replica, np.iinfo(np.int64).max).min(
        axis=0, initial=np.iinfo(np.int64).max
    )
    high = np.where(there, replica, np.iinfo(np.int64).min).max(
        axis=0, initial=np.iinfo(np.int64).min
    )
    same = low == high
    replica[:, same] = low[same]
    opened = {variable: cell for cell, variable in problem.node_rules.open.items()}
    node = np.zeros(len(problem.cells), np.int64)
    for variable, coefficient in zip(
        tier.variable.tolist(), tier.coefficient.tolist(), strict=True
    ):
        if variable >= pairs:
            node[opened[variable]] = coefficient
    return TierCosts(tier.constant, replica, node)
