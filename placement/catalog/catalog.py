"""One immutable catalog: look-ups by name, the node table, the containment graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from placement.catalog.checks import check_names, check_references
from placement.catalog.geography import blocs_of, distance_km, reference_point
from placement.catalog.names import CatalogNames
from placement.catalog.rows import Gpu, NodeGroup, NodeState, Region, Reserved
from placement.catalog.table import NodeTable, make_table
from placement.catalog.tidying import tidy
from placement.frozen import picklable
from placement.pricing import round_half_even

if TYPE_CHECKING:
    import networkx as nx

    from placement.catalog.places import Scope

K = TypeVar("K", str, tuple[str, str])
V = TypeVar("V")

FIT_BASE_US = 22_700
FIT_US_PER_KM = 15.23
"""Linear fit of 5,584 measured inter-region round trips (r2 0.77)."""

_NO_STATES: Mapping[int, NodeState] = MappingProxyType({})


@picklable
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
    states : mapping of str to NodeState
        By node name; only nodes in another state than their node group.
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
    states: Mapping[str, NodeState] = field(default_factory=lambda: MappingProxyType({}))
    latency: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""
    name: str = field(default="catalog", compare=False)

    @cached_property
    def groups_by_name(self) -> Mapping[str, NodeGroup]:
        """Node groups by name."""
        return MappingProxyType({group.name: group for group in self.node_groups})

    @cached_property
    def names(self) -> CatalogNames:
        """The names of this catalog: what ``load_names`` reads of the same folder."""
        flavors = {"gpu": set[str](), "cpu": set[str]()}
        for group in self.node_groups:
            flavors[group.flavor_type].add(group.flavor)
        return CatalogNames(
            MappingProxyType({key: region.country for key, region in self.regions.items()}),
            tuple((gpu.name, gpu.aliases, gpu.family) for gpu in self.gpus.values()),
            frozenset(group.region.key for group in self.node_groups),
            frozenset(flavors["gpu"]),
            frozenset(flavors["cpu"]),
            name=self.name,
        )

    def group_of(self, node: str) -> NodeGroup:
        """Return the node group that a node name begins with; KeyError if there is none."""
        return self.groups_by_name[node.rpartition("/")[0]]

    def find_node(self, node: str) -> tuple[NodeGroup, int] | None:
        """Return the node group and index of a node name, or None if there is no such node.

        A node of a group with ``count`` n has an index from 0 to n - 1, written without
        leading zeros.
        """
        group = self.groups_by_name.get(node.rpartition("/")[0])
        index = None if group is None else group.index_of(node)
        return None if group is None or index is None else (group, index)

    def state_of(self, group: NodeGroup, index: int) -> NodeState:
        """Return the state of one node: its own, else that of its node group."""
        return self.own_states(group).get(index, group.state)

    def own_states(self, group: NodeGroup) -> Mapping[int, NodeState]:
        """Return the states by index of the nodes that are in another one than their group."""
        return self._own_states.get(group.name, _NO_STATES)

    def states_in(self, group: NodeGroup) -> frozenset[NodeState]:
        """Return the states in which at least one node of a group is."""
        own = self.own_states(group)
        rest = (group.state,) if len(own) < group.count else ()
        return frozenset((*own.values(), *rest))

    def holding(self, group: NodeGroup) -> int:
        """Return how many nodes of a group may hold running replicas."""
        own = self.own_states(group)
        rest = group.count - len(own) if group.state.holds else 0
        return rest + sum(state.holds for state in own.values())

    def accepting(self, group: NodeGroup) -> int:
        """Return how many nodes of a group may take new replicas."""
        own = self.own_states(group)
        rest = group.count - len(own) if group.state.accepts else 0
        return rest + sum(state.accepts for state in own.values())

    @cached_property
    def _own_states(self) -> Mapping[str, Mapping[int, NodeState]]:
        found: defaultdict[str, dict[int, NodeState]] = defaultdict(dict)
        for node, state in self.states.items():
            group, _, index = node.rpartition("/")
            found[group][int(index)] = state
        return found

    def find_gpus(self, name: str) -> tuple[str, ...]:
        """Return the canonical names of the GPUs of this catalog that ``name`` means.

        A name or alias means one GPU; a family name (``A100``) every member; an unknown
        name gives an empty tuple. Case does not matter.
        """
        return self.names.find_gpus(name)

    def find_regions(self, name: str) -> tuple[str, ...]:
        """Return the region keys that ``name`` means: one for ``provider/code`` or for a
        bare code that is unambiguous, several for an ambiguous bare code, none if unknown.
        """
        return self.names.find_regions(name)

    def round_trip(self, country: str, region_key: str) -> int:
        """Return the round trip in microseconds from users in a country to a region.

        The mean over measured pairs (a region of the latency table in that country, the
        region), either direction; without one, the distance fit
        ``22.7 ms + 0.01523 ms/km`` from the country's reference point.

        Raises
        ------
        KeyError
            If there is no such country code or region key.
        """
        measured = self._measured.get((country, region_key))
        if measured:
            return round_half_even(sum(measured), len(measured))
        return self.fitted_round_trip(reference_point(country), region_key)

    def fitted_round_trip(self, point: tuple[float, float], region_key: str) -> int:
        """Return the round trip in microseconds from a (latitude, longitude), by distance alone.

        Raises
        ------
        KeyError
            If there is no such region key.
        """
        region = self.regions[region_key]
        distance = distance_km(point, (region.latitude, region.longitude))
        return round(FIT_BASE_US + FIT_US_PER_KM * distance)

    @cached_property
    def _measured(self) -> Mapping[tuple[str, str], Sequence[int]]:
        """Measured round trips by (country, region key), both directions as they are."""
        found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for (start, end), rtt in self.latency.items():
            found[self.regions[start].country, end].append(rtt)
            if start != end:
                found[self.regions[end].country, start].append(rtt)
        return found

    def with_state(self, name: str, state: NodeState, *, scope: Scope | None = None) -> Catalog:
        """Return the catalog with a node or every node of a place in a state.

        See ``placement.catalog.edits``, also for the errors.
        """
        from placement.catalog.edits import with_state

        return with_state(self, name, state, scope=scope)

    def with_count(self, node_group: str, count: int) -> Catalog:
        """Return the catalog with so many nodes in a node group."""
        from placement.catalog.edits import with_count

        return with_count(self, node_group, count)

    def with_price(self, node_group: str, price: int) -> Catalog:
        """Return the catalog with another price per node of a node group, in nano-USD/h."""
        from placement.catalog.edits import with_price

        return with_price(self, node_group, price)

    def to_files(self) -> dict[str, str]:
        """Return the text of every file of the catalog by file name.

        ``load_catalog_texts`` reads the same catalog from them, with the same digest; so does
        ``load_catalog`` from a folder of such files.

        Raises
        ------
        InputError
            If the catalog was made in code and has what its files cannot say.
        """
        from placement.catalog.dump import to_files

        return to_files(self)

    @cached_property
    def containment(self) -> nx.DiGraph[tuple[str, str]]:
        """Containment DAG: bloc / continent -> country -> region -> zone -> node group.

        A node is a pair (kind, name), because the continent ``NA`` is not the country ``NA``:
        kind is ``bloc``, ``continent``, ``country``, ``region`` (named ``provider/code``),
        ``zone`` (``provider/code/zone``) or ``group``. Only places with a region are in it.
        """
        import networkx as nx

        graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
        for key, region in self.regions.items():
            country = ("country", region.country)
            graph.add_edge(("continent", region.continent), country)
            graph.add_edges_from((("bloc", bloc), country) for bloc in blocs_of(region.country))
            graph.add_edge(country, ("region", key))
        for group in self.node_groups:
            zone = ("zone", f"{group.region.key}/{group.zone}")
            graph.add_edge(("region", group.region.key), zone)
            graph.add_edge(zone, ("group", group.name))
        nx.freeze(graph)
        return graph

    @cached_property
    def table(self) -> NodeTable:
        """Node groups as columns."""
        return make_table(self.node_groups, self.gpus)


def make_catalog(
    regions: Iterable[Region],
    gpus: Iterable[Gpu],
    node_groups: Iterable[NodeGroup],
    *,
    reserved: Mapping[str, Reserved] | None = None,
    states: Mapping[str, NodeState] | None = None,
    latency: Mapping[tuple[str, str], int] | None = None,
    name: str = "catalog",
) -> Catalog:
    """Return a frozen catalog of rows in any order.

    Raises
    ------
    InputError
        If two rows have one name, or a row refers to something that is not there.
    """
    places, cards, groups = tuple(regions), tuple(gpus), tuple(node_groups)
    catalog = Catalog(
        regions=_frozen({region.key: region for region in places}),
        gpus=_frozen({gpu.name: gpu for gpu in cards}),
        node_groups=tuple(sorted(groups, key=lambda group: group.name)),
        reserved=_frozen(reserved or {}),
        states=_frozen(states or {}),
        latency=_frozen(latency or {}),
        name=name,
    )
    check_names([region.key for region in places], "region")
    check_names([gpu.name for gpu in cards], "GPU")
    check_names([group.name for group in catalog.node_groups], "node group")
    check_references(catalog)
    return tidy(catalog)


def _frozen(rows: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(sorted(rows.items())))
