"""What the name of a part of a catalog stands for: a node, a node group, a zone, a region, ...

Only places that have a node group count: the others have nothing to be drained or lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.codes import Code
from placement.catalog.geography import find_country, fold
from placement.catalog.single_nodes import node_fault
from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, InputError

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup


class Scope(StrEnum):
    """What a name stands for, from small to large."""

    NODE = "node"
    NODE_GROUP = "node group"
    ZONE = "zone"
    REGION = "region"
    PROVIDER = "provider"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a catalog: its full name, and the node groups that lie in it.

    A node lies in the one node group that it is of.
    """

    scope: Scope
    name: str
    node_groups: frozenset[str]


def find_place(catalog: Catalog, name: str, *, scope: Scope | None = None) -> Place:
    """Return the one part of a catalog that a name stands for.

    Parameters
    ----------
    catalog : Catalog
    name : str
        A node ``{node_group}/{index}``, a node group, a zone ``provider/region/zone``, a region
        (``provider/code``, or a bare code), a provider or a country (code, name or alias).
    scope : Scope, optional
        What the name stands for; needed only where it could stand for several things.

    Raises
    ------
    InputError
        If the name stands for nothing that has nodes, or for several things.
    """
    found = tuple(_places(catalog, name, scope))
    if not found:
        meant = tuple(_places(catalog, name, None))
        what = scope or "node or place"
        advice = f"it is a {meant[0].scope}" if meant else _advice(catalog, name)
        raise _error(Code.UNKNOWN_PLACE, f"unknown {what} {quote(name)}", advice)
    if len(found) > 1:
        listed = " and ".join(f"{place.scope} {quote(place.name)}" for place in found)
        advice = "write its full name, or say which scope is meant"
        raise _error(Code.AMBIGUOUS, f"{quote(name)} stands for {listed}", advice)
    return found[0]


def find_group(catalog: Catalog, name: str) -> NodeGroup:
    """Return a node group by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    group = catalog.groups_by_name.get(name)
    if group is None:
        advice = did_you_mean(name, catalog.groups_by_name)
        raise _error(Code.UNKNOWN_PLACE, f"unknown node group {quote(name)}", advice)
    return group


def _places(catalog: Catalog, name: str, scope: Scope | None) -> Iterator[Place]:
    """Yield what a name stands for, of one scope or of all."""
    for one in Scope if scope is None else (scope,):
        yield from _FIND[one](catalog, name)


def _node(catalog: Catalog, name: str) -> Iterator[Place]:
    node = catalog.find_node(name)
    if node is not None:
        yield Place(Scope.NODE, name, frozenset({node[0].name}))


def _node_group(catalog: Catalog, name: str) -> Iterator[Place]:
    if name in catalog.groups_by_name:
        yield Place(Scope.NODE_GROUP, name, frozenset({name}))


def _zones(catalog: Catalog, name: str) -> Iterator[Place]:
    return _wider(catalog, Scope.ZONE, _zone, lambda zone: fold(zone) == fold(name))


def _regions(catalog: Catalog, name: str) -> Iterator[Place]:
    regions = catalog.find_regions(name)
    return _wider(catalog, Scope.REGION, _region, regions.__contains__)


def _providers(catalog: Catalog, name: str) -> Iterator[Place]:
    provider = catalog.names.find_provider(name)
    return _wider(catalog, Scope.PROVIDER, _provider, lambda other: other == provider)


def _countries(catalog: Catalog, name: str) -> Iterator[Place]:
    country = find_country(name)
    return _wider(catalog, Scope.COUNTRY, _country, lambda other: other == country)


_FIND: Mapping[Scope, Callable[[Catalog, str], Iterator[Place]]] = MappingProxyType(
    {
        Scope.NODE: _node,
        Scope.NODE_GROUP: _node_group,
        Scope.ZONE: _zones,
        Scope.REGION: _regions,
        Scope.PROVIDER: _providers,
        Scope.COUNTRY: _countries,
    }
)


def _wider(
    catalog: Catalog,
    scope: Scope,
    key: Callable[[NodeGroup], str],
    wanted: Callable[[str], bool],
) -> Iterator[Place]:
    """Yield the wanted places of one scope with the node groups in them."""
    inside: dict[str, set[str]] = {}
    for group in catalog.node_groups:
        inside.setdefault(key(group), set()).add(group.name)
    for name in sorted(filter(wanted, inside)):
        yield Place(scope, name, frozenset(inside[name]))


def _zone(group: NodeGroup) -> str:
    return f"{group.region.key}/{group.zone}"


def _region(group: NodeGroup) -> str:
    return group.region.key


def _provider(group: NodeGroup) -> str:
    return group.region.provider


def _country(group: NodeGroup) -> str:
    return group.region.country


def _advice(catalog: Catalog, name: str) -> str | None:
    """Return which nodes there are if the name begins with a node group, else near names."""
    groups = catalog.groups_by_name
    if name.rpartition("/")[0] in groups:
        fault = node_fault(name, groups)
        return None if fault is None else fault.suggestion
    kinds = (_zone, _region, _provider, _country)
    wider = {key(group) for group in catalog.node_groups for key in kinds}
    return did_you_mean(name, {*groups, *wider})


def _error(code: Code, message: str, advice: str | None) -> InputError:
    return InputError([Diagnostic("<python>", 1, 1, code, message, advice)])
