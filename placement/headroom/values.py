"""Room for more replicas of one deployment, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LimitKind(StrEnum):
    """What can be in the way of more replicas, in the order in which equal ones are told."""

    POLICY = "policy"
    FLAVORS = "flavors"
    GPU_MEMORY = "gpuMemory"
    STATE = "state"
    SPREAD = "spread"
    SEPARATION = "separation"
    COLOCATION = "colocation"
    GPUS = "gpus"
    CPUS = "cpus"
    MEMORY = "memory"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class RoomHere:
    """What one region and kind of hardware has room for.

    Attributes
    ----------
    provider, region, country, flavor : str
    nodes : int
        Nodes with room for at least one replica.
    replicas : int
        Rules on several replicas (``spread``) are not asked beyond the single node.
    cost_per_replica : int
        At the cheapest node with room, in micro-USD per hour, by share.
    """

    provider: str
    region: str
    country: str
    flavor: str
    nodes: int
    replicas: int
    cost_per_replica: int


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing in the way of more replicas.

    Attributes
    ----------
    kind : LimitKind
    name : str
        The policies, the kind of domain of a spread entry, or the extra resource; else empty.
    nodes : int
        Nodes that have more room, or room at all, without it.
    gain : int
        How many more replicas would fit without it and with all else as it is.
    """

    kind: LimitKind
    name: str
    nodes: int
    gain: int


@dataclass(frozen=True, slots=True)
class Headroom:
    """How many more replicas of a deployment fit, nothing else moving.

    Attributes
    ----------
    model, environment : str
    replicas : int
        How many fit together. Every node takes at most 100,000 of a deployment that asks for
        nothing.
    exact : bool
        False where several rules on numbers per domain interfere: then no more than that fit,
        and perhaps fewer.
    with_moves : int
        No more than that fit however what runs is moved; perhaps fewer.
    node_groups, nodes : int
        How many node groups may be used, and their nodes that take new replicas.
    places : tuple of RoomHere
        Most room first.
    limits : tuple of Limit
        What is in the way of more, each by itself; the greatest gain first.
    """

    model: str
    environment: str
    replicas: int
    exact: bool
    with_moves: int
    node_groups: int
    nodes: int
    places: tuple[RoomHere, ...]
    limits: tuple[Limit, ...]

    @property
    def bottleneck(self) -> Limit | None:
        """What is most in the way; None if no single thing is."""
        return self.limits[0] if self.limits else None
