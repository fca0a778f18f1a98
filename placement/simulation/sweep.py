"""The loss of every place of a kind in turn: what is called N-1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.text import did_you_mean, quote
from placement.simulation.codes import senseless
from placement.simulation.edits.lose import Lose, Over
from placement.simulation.scenario import Scenario
from placement.workspace.codes import Code

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

_PLACE_OF: Mapping[Over, Callable[[NodeGroup], str]] = MappingProxyType(
    {
        Over.NODE_GROUP: lambda group: group.name,
        Over.ZONE: lambda group: f"{group.region.key}/{group.zone}",
        Over.REGION: lambda group: group.region.key,
        Over.COUNTRY: lambda group: group.region.country,
        Over.PROVIDER: lambda group: group.region.provider,
    }
)


def sweep(catalog: Catalog, over: Over | str) -> tuple[Scenario, ...]:
    """Return one scenario for the loss of each place of a kind that has nodes, sorted by name.

    Parameters
    ----------
    over : Over or str
        ``region``, ``zone``, ``country``, ``provider``, ``node-group`` or ``node``.

    Raises
    ------
    InputError
        If there is no such kind of place.
    """
    if over not in set(Over):
        listed = "choose one of " + ", ".join(quote(one) for one in Over)
        advice = did_you_mean(over, Over, listed)
        raise senseless(Code.UNKNOWN_VALUE, f"a sweep cannot be over {quote(over)}", advice)
    kind = Over(over)
    return tuple(
        Scenario(f"{kind} {name}", (Lose(scope=kind, name=name),))
        for name in _places(catalog, kind)
    )


def _places(catalog: Catalog, over: Over) -> list[str]:
    groups = [group for group in catalog.node_groups if group.count]
    if over is Over.NODE:
        return [group.node(index) for group in groups for index in range(group.count)]
    place = _PLACE_OF[over]
    return sorted({place(group) for group in groups})
