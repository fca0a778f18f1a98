"""One way only to say each thing, so that equal content is an equal catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.digest import digest_of

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup, NodeState, Reserved


def tidy(catalog: Catalog) -> Catalog:
    """Return the catalog without what says nothing, and with its digest."""
    tidied = replace(
        catalog,
        node_groups=tuple(_with_every_extra(catalog.node_groups)),
        reserved=_reserved(catalog),
        states=_states(catalog),
    )
    return replace(tidied, digest=digest_of(tidied))


def _with_every_extra(groups: Sequence[NodeGroup]) -> Iterator[NodeGroup]:
    """Yield the groups with the same further capacities, 0 where one has none of it.

    Their ``extra`` is one that its maker cannot change any more.
    """
    none = dict.fromkeys(sorted({name for group in groups for name in group.extra}), 0)
    for group in groups:
        if isinstance(group.extra, MappingProxyType) and len(group.extra) == len(none):
            yield group
        else:
            yield replace(group, extra=MappingProxyType({**none, **group.extra}))


def _reserved(catalog: Catalog) -> Mapping[str, Reserved]:
    """Return the reservations that hold anything, each with every GPU of its node."""
    found = {}
    for node, held in sorted(catalog.reserved.items()):
        slots = held.gpu_slots or (0,) * len(catalog.group_of(node).gpu_slots)
        if any(slots) or held.cpus or held.memory:
            found[node] = held if held.gpu_slots else replace(held, gpu_slots=slots)
    return MappingProxyType(found)


def _states(catalog: Catalog) -> Mapping[str, NodeState]:
    """Return the states of single nodes that their node group does not have as well."""
    return MappingProxyType(
        {
            node: state
            for node, state in sorted(catalog.states.items())
            if catalog.group_of(node).state is not state
        }
    )
