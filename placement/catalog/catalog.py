"""One immutable catalog: look-ups by name, the node table, the containment graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.rows import Gpu, NodeGroup, Region, Reserved

if TYPE_CHECKING:
    import networkx as nx

    from placement.catalog.table import NodeTable


@dataclass(frozen=True)
class Catalog:
    """Everything that exists, frozen.

    Attributes
    ----------
    regions : mapping of str to Region
        By key ``provider/code``, sorted.
    gpus : mapping of str to Gpu
        By canonical name, sorted.
    node_groups : tuple of NodeGroup
        Sorted by name.
    reserved : mapping of str to Reserved
        By node name ``{node_group}/{index}``; only nodes with a reservation.
    latency : mapping of (str, str) to int
        Measured round trips between region keys in microseconds.
    digest : str
        ``sha256:...`` over the canonical content; equal content, equal digest.
    name : str
        Folder name, for messages.
    """

    regions: Mapping[str, Region]
    gpus: Mapping[str, Gpu]
    node_groups: tuple[NodeGroup, ...]
    reserved: Mapping[str, Reserved] = field(default_factory=lambda: MappingProxyType({}))
    latency: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""
    name: str = "catalog"

    @cached_property
    def groups_by_name(self) -> Mapping[str, NodeGroup]:
        """Node groups by name."""
        return MappingProxyType({group.name: group for group in self.node_groups})

    def find_node(self, node: str) -> tuple[NodeGroup, int] | None:
        """Return the node group and index of a node name, or None if there is no such node.

        A node of a group with ``count`` n has an index from 0 to n - 1, written without
        leading zeros.
        """
        raise NotImplementedError

    def find_gpus(self, name: str) -> tuple[str, ...]:
        """Return the canonical names of the GPUs of this catalog that ``name`` means.

        A name or alias means one GPU; a family name (``A100``) every member; an unknown
        name gives an empty tuple. Case does not matter.
        """
        raise NotImplementedError

    def find_regions(self, name: str) -> tuple[str, ...]:
        """Return the region keys that ``name`` means: one for ``provider/code`` or for a
        bare code that is unambiguous, several for an ambiguous bare code, none if unknown.
        """
        raise NotImplementedError

    def round_trip(self, country: str, region_key: str) -> int:
        """Return the round trip in microseconds from users in a country to a region.

        The mean over measured pairs (a region of the latency table in that country, the
        region), either direction; without one, the distance fit
        ``22.7 ms + 0.01523 ms/km`` from the country's reference point.
        """
        raise NotImplementedError

    @cached_property
    def containment(self) -> nx.DiGraph:
        """Containment DAG: bloc / continent -> country -> region -> zone -> node group."""
        raise NotImplementedError

    @cached_property
    def table(self) -> NodeTable:
        """Node groups as columns."""
        raise NotImplementedError
