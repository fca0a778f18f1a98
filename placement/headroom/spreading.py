"""How many replicas fit together where rules limit their number per domain.

Nodes, zones, regions, countries and continents lie in one another, so that the most is a sum of
minima. Providers lie across countries: with limits on both sides of a region it is a greatest flow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.rows import Region
    from placement.headroom.lots import Lot
    from placement.workspace.workspace import Spread

Limits = Mapping[Domain, int]
"""Per kind of domain, how many replicas each may hold."""

Zone = tuple["Region", str]

ABOVE_REGIONS = frozenset({Domain.COUNTRY, Domain.CONTINENT})

_ENDS = (("source", ""), ("sink", ""))
"""Of a flow."""


@dataclass(frozen=True)
class Ground:
    """Where replicas may come, and where some are.

    Attributes
    ----------
    fits : sequence of (Lot, int)
        How many more replicas one node of each takes.
    own : mapping of Domain to Counter
        Replicas of the deployment by domain.
    usable : mapping of Domain to Counter
        By kind, the domains with a node that may hold a replica. Alike nodes are one entry with
        their number; all others count 1.
    """

    fits: Sequence[tuple[Lot, int]]
    own: Mapping[Domain, Counter[str]]
    usable: Mapping[Domain, Counter[str]]

    def by_zone(self, limits: Limits) -> Mapping[Zone, int]:
        """Return how many more replicas the nodes of each zone take."""
        if Domain.NODE not in limits:
            return self._whole_zones
        zones: Counter[Zone] = Counter()
        for lot, fit in self.fits:
            per_node = _least(fit, self.room(Domain.NODE, lot.domain(Domain.NODE), limits))
            zones[lot.group.region, lot.group.zone] += lot.nodes * per_node
        return zones

    @cached_property
    def _whole_zones(self) -> Mapping[Zone, int]:
        zones: Counter[Zone] = Counter()
        for lot, fit in self.fits:
            zones[lot.group.region, lot.group.zone] += lot.nodes * fit
        return zones

    def room(self, over: Domain, name: str, limits: Limits) -> int | None:
        """Return how many more replicas a domain may get; None without a limit."""
        return max(0, limits[over] - self.own[over][name]) if over in limits else None


@dataclass(frozen=True, slots=True)
class Most:
    """How many replicas fit together; if it is not exact, perhaps even fewer do."""

    replicas: int
    exact: bool = True


def most(ground: Ground, entries: Iterable[Spread]) -> Most:
    """Return how many more replicas fit together under entries of ``spread``.

    ``minDomains`` counts in full, however few replicas are asked for.
    """
    spread = tuple(entries)
    limits: Limits | None = _limits(spread)
    skews = [(entry.over, entry.max_skew) for entry in spread if entry.max_skew]
    for over, skew in skews:
        limits = None if limits is None else _levelled(ground, limits, over, skew)
    wanted = [(entry.over, entry.min_domains) for entry in spread if entry.min_domains]
    if limits is None or any(_reached(ground, limits, over) < n for over, n in wanted):
        return Most(0)
    rules = len(skews) + len(wanted)
    return Most(total(ground, limits), exact=rules <= 1 and not (rules and _crosses(limits)))


def total(ground: Ground, limits: Limits) -> int:
    """Return how many more replicas fit together under limits per domain."""
    regions: Counter[Region] = Counter()
    for (region, zone), fit in ground.by_zone(limits).items():
        regions[region] += _least(fit, ground.room(Domain.ZONE, f"{region.key}/{zone}", limits))
    for region, fit in regions.items():
        regions[region] = _least(fit, ground.room(Domain.REGION, region.key, limits))
    if _crosses(limits):
        return _flow(ground, regions, limits)
    if Domain.PROVIDER in limits:
        return sum(_gathered(ground, _by(regions, Domain.PROVIDER), Domain.PROVIDER, limits))
    countries: Counter[str] = Counter()
    for region, fit in regions.items():
        countries[region.country] += fit
    continents: Counter[str] = Counter()
    continent_of = {region.country: region.continent for region in regions}
    for name, fit in countries.items():
        continents[continent_of[name]] += _least(fit, ground.room(Domain.COUNTRY, name, limits))
    return sum(_gathered(ground, continents, Domain.CONTINENT, limits))


def _limits(spread: Iterable[Spread]) -> Limits:
    found: Limits = {}
    for entry in spread:
        if entry.max_per_domain is not None:
            found = _tighter(found, entry.over, entry.max_per_domain)
    return found


def _crosses(limits: Limits) -> bool:
    return Domain.PROVIDER in limits and not ABOVE_REGIONS.isdisjoint(limits)


def _levelled(ground: Ground, limits: Limits, over: Domain, skew: int) -> Limits | None:
    """Return limits with one that keeps counts close; None if they cannot be.

    The most fits where the emptiest domain holds as many as it can.
    """
    domains = ground.usable[over] | Counter(dict.fromkeys(ground.own[over], 1))
    if not domains:
        return limits
    low = max(0, max(ground.own[over].values(), default=0) - skew)
    high = (total(ground, limits) + ground.own[over].total()) // domains.total()
    if high < low or not _fills(ground, limits, over, domains, low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if _fills(ground, limits, over, domains, middle):
            low = middle
        else:
            high = middle - 1
    return _tighter(limits, over, low + skew)


def _fills(ground: Ground, limits: Limits, over: Domain, domains: Counter[str], level: int) -> bool:
    """Whether all domains of a kind can hold so many replicas at once."""
    own = ground.own[over]
    wanted = sum(count * max(0, level - own[name]) for name, count in domains.items())
    return total(ground, _tighter(limits, over, level)) == wanted


def _reached(ground: Ground, limits: Limits, over: Domain) -> int:
    """Return how many domains of a kind can hold a replica at once."""
    return len(ground.own[over]) + total(ground, _tighter(limits, over, 1))


def _tighter(limits: Limits, over: Domain, limit: int) -> Limits:
    return {**limits, over: min(limit, limits.get(over, limit))}


def _by(regions: Mapping[Region, int], over: Domain) -> Counter[str]:
    found: Counter[str] = Counter()
    for region, fit in regions.items():
        found[getattr(region, over.value)] += fit
    return found


def _gathered(
    ground: Ground, fits: Mapping[str, int], over: Domain, limits: Limits
) -> Iterable[int]:
    return (_least(fit, ground.room(over, name, limits)) for name, fit in fits.items())


def _flow(ground: Ground, regions: Mapping[Region, int], limits: Limits) -> int:
    """Return the greatest flow from providers through regions to countries and continents."""
    import networkx as nx

    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    graph.add_nodes_from(_ENDS)
    for region, fit in regions.items():
        steps = [
            (_ENDS[0], ("provider", region.provider), (Domain.PROVIDER, region.provider)),
            (("provider", region.provider), ("region", region.key), None),
            (("region", region.key), ("country", region.country), None),
            (
                ("country", region.country),
                ("continent", region.continent),
                (Domain.COUNTRY, region.country),
            ),
            (("continent", region.continent), _ENDS[1], (Domain.CONTINENT, region.continent)),
        ]
        for start, end, limited in steps:
            room = fit if limited is None else ground.room(*limited, limits)
            # An edge without capacity takes any amount.
            graph.add_edge(start, end, **({} if room is None else {"capacity": room}))
    return int(nx.maximum_flow_value(graph, *_ENDS))


def _least(fit: int, room: int | None) -> int:
    return fit if room is None else min(fit, room)
