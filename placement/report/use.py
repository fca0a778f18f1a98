"""Where GPUs are in use, how much of what is there, and at what cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.report.ranking import Ranking, ranked, summed
from placement.report.subject import Subject, region_of

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

MOST_REGIONS = 24
MOST_GPUS = 12
MOST_PAID = 18
MOST_SPOTS = 400


@dataclass(frozen=True, slots=True)
class Spot:
    """What one environment has in one region.

    ``gpus`` in thousandths, ``cost`` in micro-USD per hour; ``weight`` as in the tiers: the GPUs,
    and one for each replica without any.
    """

    environment: str
    region: str
    latitude: float
    longitude: float
    replicas: int
    gpus: int
    cost: int
    weight: int


def spots(subject: Subject) -> tuple[Spot, ...]:
    """Return what each environment has in each region that the catalog knows, largest first.

    At most ``MOST_SPOTS``: the smallest of more would not be seen.
    """
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in subject.plan.assignments:
        sums = found[row.environment, region_of(row)]
        sums[0] += row.replicas
        sums[1] += row.gpus
        sums[2] += row.cost
        sums[3] += row.gpus or row.replicas * UNIT
    places = subject.catalog.regions
    known = [
        Spot(environment, key, places[key].latitude, places[key].longitude, *sums)
        for (environment, key), sums in found.items()
        if key in places
    ]
    known.sort(key=lambda spot: (-spot.weight, spot.environment, spot.region))
    return tuple(known[:MOST_SPOTS])


@dataclass(frozen=True, slots=True)
class Square:
    """Use and capacity of one GPU model in one region, in thousandths of a GPU."""

    region: str
    gpu: str
    used: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Use against capacity by region and GPU; what is not shown is summed up."""

    regions: Ranking
    gpus: Ranking
    squares: tuple[Square, ...]


def grid(subject: Subject) -> Grid:
    """Return use and capacity of the regions and GPUs in use.

    Capacity is what nodes have that may hold replicas, without what is reserved for others.
    GPUs that nothing uses anywhere, and regions without use, are left out.
    """
    used: dict[tuple[str, str], int] = defaultdict(int)
    for row in subject.plan.assignments:
        if row.gpus:
            used[region_of(row), row.flavor] += row.gpus
    regions = ranked(summed((key[0], size) for key, size in used.items()), MOST_REGIONS, "regions")
    gpus = ranked(summed((key[1], size) for key, size in used.items()), MOST_GPUS, "GPUs")
    places, models = {key[0] for key in used}, {key[1] for key in used}
    there = {
        key: size
        for key, size in capacity(subject.catalog).items()
        if key[0] in places and key[1] in models
    }
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for at, sizes in enumerate((used, there)):
        for (region, gpu), size in sizes.items():
            sums[regions.label(region), gpus.label(gpu)][at] += size
    return Grid(regions, gpus, tuple(Square(*key, *both) for key, both in sorted(sums.items())))


def capacity(catalog: Catalog) -> Mapping[tuple[str, str], int]:
    """Return the thousandths of a GPU that may hold replicas, by region and GPU."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for group in catalog.node_groups:
        if group.flavor_type == "gpu":
            key = (group.region.key, group.flavor)
            found[key] += sum(group.gpu_slots) * catalog.holding(group)
    for node, reserved in catalog.reserved.items():
        place = catalog.find_node(node)
        if place is not None and _holds(catalog, *place):
            found[place[0].region.key, place[0].flavor] -= sum(reserved.gpu_slots)
    return {key: size for key, size in found.items() if size > 0}


def _holds(catalog: Catalog, group: NodeGroup, index: int) -> bool:
    return group.flavor_type == "gpu" and catalog.state_of(group, index).holds


@dataclass(frozen=True, slots=True)
class Bar:
    """What one flavor costs in one region, in micro-USD per hour."""

    region: str
    flavor: str
    cost: int


@dataclass(frozen=True, slots=True)
class Bill:
    """Cost by region and flavor; what is not shown is summed up."""

    regions: Ranking
    flavors: Ranking
    bars: tuple[Bar, ...]


def bill(subject: Subject, flavors: int) -> Bill:
    """Return what is paid by region and by at most ``flavors`` flavors."""
    rows = subject.plan.assignments
    regions = ranked(summed((region_of(row), row.cost) for row in rows), MOST_PAID, "regions")
    kinds = ranked(summed((row.flavor, row.cost) for row in rows), flavors, "kinds")
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        sums[regions.label(region_of(row)), kinds.label(row.flavor)] += row.cost
    return Bill(regions, kinds, tuple(Bar(*key, cost) for key, cost in sorted(sums.items())))
