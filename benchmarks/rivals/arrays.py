"""An instance as plain arrays: all that a rival is given, and the form of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.plan.view import domain_of
from placement.pricing import NANO_PER_MICRO, round_half_even_all
from placement.problem.eligibility import eligible_mask
from placement.workspace.workspace import Domain, ModelDeployment

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import Workspace

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Spread:
    """At most ``most`` replicas of a deployment in each domain.

    Attributes
    ----------
    deployment : int
    domain : int array of shape (groups,), or None
        The domain of each node group; None if every node is a domain.
    """

    deployment: int
    domain: Ints | None
    most: int


@dataclass(frozen=True)
class Arrays:
    """An instance; thousandths of GPUs, CPUs and GiB, micro-USD per hour.

    Attributes
    ----------
    count, room : int arrays of shape (groups,) and (3, groups)
        Nodes of each group; GPUs, CPUs and memory of one of its nodes.
    replicas, weight, need : int arrays of shape (deployments,) twice and (3, deployments)
        What is asked; what a replica counts if it has no place; what a replica takes.
    allowed, cost : arrays of shape (shapes, groups)
        Where a replica may run and what it costs there, by ``shape`` of its deployment.
    spreads : tuple of Spread
    """

    count: Ints
    room: Ints
    replicas: Ints
    weight: Ints
    need: Ints
    shape: Ints
    allowed: Bools
    cost: Ints
    spreads: tuple[Spread, ...]

    @property
    def deployments(self) -> int:
        """How many deployments there are."""
        return len(self.replicas)

    @property
    def groups(self) -> int:
        """How many node groups there are."""
        return len(self.count)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Deployment and node group of every allowed pair, by deployment."""
        deployment, group = np.nonzero(self.allowed[self.shape])
        return deployment, group

    @cached_property
    def start(self) -> Ints:
        """Number of the first node of each group, nodes counted through all groups."""
        found: Ints = np.cumsum(self.count) - self.count
        return found


@dataclass(frozen=True)
class Answer:
    """Replicas of deployments on nodes: four int arrays of one length.

    Attributes
    ----------
    seconds : float
        From the arrays to the answer.
    note : str
        Settings, or why there is no answer.
    """

    deployment: Ints
    group: Ints
    index: Ints
    replicas: Ints
    seconds: float = 0.0
    note: str = ""

    @classmethod
    def none(cls, note: str, seconds: float = 0.0) -> Answer:
        """Return the answer that places nothing."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, empty, empty, seconds, note)


class Rival(Protocol):
    """A solver that is given arrays, a limit in seconds and a seed."""

    def __call__(self, arrays: Arrays, limit: float, seed: int) -> Answer:
        """Return its best answer."""
        ...


def arrays_of(catalog: Catalog, workspace: Workspace) -> Arrays:
    """Return the arrays of an instance on which nothing runs.

    Raises
    ------
    ValueError
        If a deployment has rules that the arrays cannot say.
    """
    groups, deployments = catalog.node_groups, workspace.deployments
    for deployment in deployments:
        _check(deployment)
    need = np.array([[d.gpus, d.cpus, d.memory] for d in deployments], np.int64).T
    room = np.array([[g.gpu_count * UNIT, g.cpus, g.memory] for g in groups], np.int64).T
    shapes: dict[tuple[object, ...], int] = {}
    first: list[int] = []
    shape = np.zeros(len(deployments), np.int64)
    for i, d in enumerate(deployments):
        key = (d.environment, d.policies, d.flavors, d.gpus, d.cpus, d.memory)
        shape[i] = shapes.setdefault(key, len(shapes))
        if len(first) < len(shapes):
            first.append(i)
    allowed = _allowed(catalog, workspace, first) & np.all(
        need[:, first, None] <= room[:, None, :], axis=0
    )
    return Arrays(
        count=np.array([g.count for g in groups], np.int64),
        room=room,
        replicas=np.array([d.replicas for d in deployments], np.int64),
        weight=np.array([d.weight for d in deployments], np.int64),
        need=need,
        shape=shape,
        allowed=allowed,
        cost=_cost(np.array([g.price for g in groups], np.int64), need[:, first], room),
        spreads=tuple(
            _spread(i, entry.over, entry.max_per_domain or 0, groups)
            for i, d in enumerate(deployments)
            for entry in d.spread
        ),
    )


def _check(deployment: ModelDeployment) -> None:
    simple = not (
        deployment.is_share
        or deployment.separate_from
        or deployment.together_with
        or deployment.min_replicas > 1
        or deployment.priority
        or deployment.labels
        or deployment.gpu_memory
    )
    if not simple or any(s.min_domains or s.max_skew for s in deployment.spread):
        raise ValueError(f"the arrays cannot say all rules of `{deployment.name}`")


def _allowed(catalog: Catalog, workspace: Workspace, chosen: list[int]) -> Bools:
    """Return where policies, flavors and kinds of hardware allow some deployments."""
    groups = catalog.node_groups
    masks: dict[str, Bools] = {}
    known: dict[tuple[object, ...], Bools] = {}
    flavor = np.array([g.flavor for g in groups])
    has_gpus = np.array([g.flavor_type == "gpu" for g in groups])
    found = np.zeros((len(chosen), len(groups)), np.bool_)
    for row, i in enumerate(chosen):
        one = workspace.deployments[i]
        key = (one.environment, one.policies)
        if key not in known:
            known[key] = eligible_mask(workspace, one, catalog.table, masks)
        found[row] = known[key] & (has_gpus == bool(one.gpus))
        if one.flavors:
            found[row] &= np.isin(flavor, [entry.name for entry in one.flavors])
    return found


def _cost(price: Ints, need: Ints, room: Ints) -> Ints:
    """Return what a replica costs: its part of the price of a node, by GPUs or else by CPUs."""
    by = np.where(need[0] > 0, 0, 1)
    part = need[by, np.arange(need.shape[1])]
    capacity = np.maximum(room[by] * NANO_PER_MICRO, 1)
    return round_half_even_all(price[None, :] * part[:, None], capacity)


def _spread(i: int, over: Domain, most: int, groups: tuple[NodeGroup, ...]) -> Spread:
    if over is Domain.NODE:
        return Spread(i, None, most)
    names = [domain_of(group, 0, over) for group in groups]
    return Spread(i, np.unique(names, return_inverse=True)[1].astype(np.int64), most)
