"""Sets of node groups as integers, and the names of the places and hardware in them.

Bit i is node group i of the catalog. Thousands of sets over thousands of node groups are
compared, joined and counted in no time this way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

GroupSet = int
"""A set of node groups."""


class Kind(StrEnum):
    """What node groups are told apart by."""

    PROVIDER = "provider"
    COUNTRY = "country"
    REGION = "region"
    GPU = "gpu"
    CPU = "cpu"

    def of(self, group: NodeGroup) -> str | None:
        """Return the name of this kind that a node group has; None if it has none."""
        match self:
            case Kind.PROVIDER:
                return group.region.provider
            case Kind.COUNTRY:
                return group.region.country
            case Kind.REGION:
                return group.region.key
            case Kind.GPU | Kind.CPU:
                return group.flavor if group.flavor_type == self.value else None


def members(groups: GroupSet) -> Iterator[int]:
    """Yield the numbers of the node groups in a set, in order."""
    for start, digit in enumerate(reversed(f"{groups:b}")):
        if digit == "1":
            yield start


def from_mask(mask: NDArray[np.bool_]) -> GroupSet:
    """Return the set of node groups that a mask over the node table holds."""
    import numpy as np

    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def to_mask(groups: GroupSet, size: int) -> NDArray[np.bool_]:
    """Return a set as a mask over a node table of ``size`` rows."""
    import numpy as np

    raw = np.frombuffer(groups.to_bytes((size + 7) // 8, "little"), np.uint8)
    return np.unpackbits(raw, count=size, bitorder="little").astype(np.bool_)


class Names:
    """The places and hardware of a catalog, each with its node groups."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def of(self, kind: Kind, groups: GroupSet) -> tuple[str, ...]:
        """Return the names of a kind that the node groups of a set have, sorted."""
        return tuple(name for name, inside in self.sets[kind].items() if inside & groups)

    def groups(self, groups: GroupSet) -> tuple[str, ...]:
        """Return the names of the node groups in a set, sorted."""
        return tuple(self._catalog.node_groups[number].name for number in members(groups))

    @cached_property
    def sets(self) -> Mapping[Kind, Mapping[str, GroupSet]]:
        """The node groups of every name, by kind; names are sorted."""
        found: dict[Kind, dict[str, GroupSet]] = {kind: defaultdict(int) for kind in Kind}
        for number, group in enumerate(self._catalog.node_groups):
            for kind in Kind:
                name = kind.of(group)
                if name is not None:
                    found[kind][name] |= 1 << number
        return {
            kind: MappingProxyType(dict(sorted(inside.items()))) for kind, inside in found.items()
        }
