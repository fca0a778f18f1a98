"""Catalogs with one thing changed: nodes cordoned, drained or lost, capacity, prices.

Each function returns a new catalog that shares the rows that stay as they are. Its digest is
that of a catalog that is read with the same content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from placement.catalog.catalog import Catalog
from placement.catalog.codes import Code
from placement.catalog.load import MOST_NODES, MOST_PRICE
from placement.catalog.places import Scope, find_group, find_place
from placement.catalog.rows import NANO, NodeGroup, NodeState
from placement.catalog.tidying import tidy
from placement.errors import Diagnostic, InputError

V = TypeVar("V")


def with_state(
    catalog: Catalog, name: str, state: NodeState, *, scope: Scope | None = None
) -> Catalog:
    """Return the catalog with a node, or every node of a place, in a state.

    Parameters
    ----------
    catalog : Catalog
    name : str
        A node, node group, zone, region, provider or country, as ``find_place`` reads it.
    state : NodeState
        Nodes of a place lose the state of their own that they had.
    scope : Scope, optional
        What the name stands for; needed only where it could stand for several things.

    Raises
    ------
    InputError
        If the name stands for nothing that has nodes, or for several things.
    """
    place = find_place(catalog, name, scope=scope)
    if place.scope is Scope.NODE:
        return tidy(replace(catalog, states={**catalog.states, name: state}))
    changed = tuple(
        replace(group, state=state) if group.name in place.node_groups else group
        for group in catalog.node_groups
    )
    elsewhere = {
        node: own
        for node, own in catalog.states.items()
        if catalog.group_of(node).name not in place.node_groups
    }
    return tidy(replace(catalog, node_groups=changed, states=elsewhere))


def with_count(catalog: Catalog, node_group: str, count: int) -> Catalog:
    """Return the catalog with so many nodes in a node group.

    Nodes go from the highest index down, with what is reserved on them and their own states.
    New ones are in the state of the node group.

    Raises
    ------
    InputError
        If there is no such node group, or the count is negative or above 10 million.
    """
    group = find_group(catalog, node_group)
    _check("count", count, limit=MOST_NODES)
    changed = _with_group(catalog, replace(group, count=count))
    reserved, states = _of_nodes(changed, catalog.reserved), _of_nodes(changed, catalog.states)
    return tidy(replace(changed, reserved=reserved, states=states))


def with_price(catalog: Catalog, node_group: str, price: int) -> Catalog:
    """Return the catalog with another price per node of a node group.

    Parameters
    ----------
    catalog : Catalog
    node_group : str
    price : int
        Nano-USD per hour.

    Raises
    ------
    InputError
        If there is no such node group, or the price is negative or above a million USD.
    """
    group = find_group(catalog, node_group)
    _check("price", price, limit=MOST_PRICE * NANO)
    return tidy(_with_group(catalog, replace(group, price=price)))


def _with_group(catalog: Catalog, group: NodeGroup) -> Catalog:
    groups = tuple(group if other.name == group.name else other for other in catalog.node_groups)
    return replace(catalog, node_groups=groups)


def _of_nodes(catalog: Catalog, rows: Mapping[str, V]) -> Mapping[str, V]:
    """Return the rows about nodes that there are."""
    return {node: row for node, row in rows.items() if catalog.find_node(node) is not None}


def _check(what: str, value: int, *, limit: int) -> None:
    if 0 <= value <= limit:
        return
    code = Code.TOO_SMALL if value < 0 else Code.TOO_LARGE
    fault = f"{what} `{value}` is {'negative' if value < 0 else f'above {limit}'}"
    raise InputError([Diagnostic("<python>", 1, 1, code, fault)])
