"""The price list of a plan: what proves the bound of a tier to anyone who can add and multiply.

A price says what a thousandth of a resource on a node is worth to a tier; a multiplier says what
a step of an earlier tier is. Both are integers over a power of two. Any list that is not negative
proves a bound; a good one proves a good bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from placement.frozen import picklable

GPUS = "gpus"
CPUS = "cpus"
MEMORY = "memory"
EXTRA = "extra:"
LARGEST_SCALE = 64
"""Prices are integers over two to at most this power."""


@dataclass(frozen=True, slots=True)
class CapacityPrice:
    """What the capacity of some nodes of one node group is worth.

    Attributes
    ----------
    node_group : str
    resource : str
        ``gpus``, ``cpus``, ``memory`` or ``extra:<name>``.
    price : int
        In ``2**-scale`` steps of the tier: per thousandth of the resource, or per piece.
    size : int or None
        Thousandths of a piece. A replica that uses t counts floor(t / size) pieces.
    nodes : tuple of (int, int) or None
        First and last index of ranges of nodes; None for all nodes of the group.
    """

    node_group: str
    resource: str
    price: int
    size: int | None = None
    nodes: tuple[tuple[int, int], ...] | None = None


@picklable
@dataclass(frozen=True, slots=True)
class TierPrices:
    """The prices that prove the bound of one tier.

    Attributes
    ----------
    tier : str
    scale : int
        Every number here counts ``2**-scale`` steps of the tier.
    capacity : tuple of CapacityPrice
        Several prices of one node add up.
    earlier : mapping of str to int
        By the name of an earlier tier, what one step of it is worth.
    """

    tier: str
    scale: int
    capacity: tuple[CapacityPrice, ...] = ()
    earlier: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
