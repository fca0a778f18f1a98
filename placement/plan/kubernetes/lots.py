"""The rows of a plan by what their replicas have in common."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from placement.catalog.importers.kubernetes.accelerators import VENDORS
from placement.catalog.rows import UNIT
from placement.catalog.text import quote
from placement.plan.kubernetes.checks import title

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.importers.kubernetes.seats import Seat
    from placement.catalog.rows import NodeGroup
    from placement.plan.plan import Plan
    from placement.plan.rows import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace


_RESOURCES = {vendor: resource for resource, vendor in reversed(tuple(VENDORS.items()))}
_GPUS = "nvidia.com/gpu"
"""Resource of GPUs whose maker is not known."""


@dataclass(frozen=True, order=True)
class Key:
    """What replicas of one Deployment have in common."""

    model: str
    environment: str
    group: str
    resource: str
    units: int
    taints: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """Replicas of one part, as many on each host; without hosts, anywhere in the node group."""

    key: Key
    nodes: tuple[str, ...]
    hosts: tuple[str, ...]
    replicas: int
    several: bool

    @property
    def words(self) -> tuple[str, ...]:
        """What its name is made of."""
        each = (f"x{self.replicas // len(self.hosts)}",) if self.several else ()
        return (self.key.model, self.key.environment, self.key.group, *each)

    @property
    def identity(self) -> str:
        """What no other part has."""
        return repr((self.key, self.words))


@dataclass
class Lot:
    """The rows of one key."""

    nodes: list[str] = field(default_factory=list)
    hosts: Counter[str] = field(default_factory=Counter)
    replicas: int = 0
    on_host: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Assignment, seat: Seat | None) -> None:
        """Add a row."""
        self.nodes.append(row.node)
        self.replicas += row.replicas
        if seat is not None:
            self.hosts[seat.hostname] += row.replicas
            self.on_host[seat.hostname].append(row.node)

    def pieces(self, key: Key) -> Iterator[Piece]:
        """Yield the hosts that have as many replicas together."""
        if not self.hosts:
            yield Piece(key, tuple(sorted(set(self.nodes))), (), self.replicas, several=False)
            return
        by_number: defaultdict[int, list[str]] = defaultdict(list)
        for host, number in sorted(self.hosts.items()):
            by_number[number].append(host)
        for number, hosts in sorted(by_number.items()):
            nodes = sorted({node for host in hosts for node in self.on_host[host]})
            replicas = number * len(hosts)
            yield Piece(key, tuple(nodes), tuple(hosts), replicas, several=len(by_number) > 1)


def lots_of(
    plan: Plan,
    workspace: Workspace,
    catalog: Catalog,
    seats: Mapping[str, Seat] | None,
    faults: list[str],
) -> Mapping[Key, Lot]:
    """Return the rows by what their replicas have in common; those that cannot be are faults."""
    lots: defaultdict[Key, Lot] = defaultdict(Lot)
    for row in plan.assignments:
        group, deployment = catalog.group_of(row.node), workspace.by_key[row.key]
        seat = seats[row.node] if seats is not None else None
        units = _units(deployment, group, seat)
        if units is None:
            share = f"{deployment.gpus / UNIT:g} of a GPU of node {quote(row.node)}"
            faults.append(f"{title(row)}: Kubernetes cannot give {share}")
            continue
        resource, taints = _resource(catalog, group, seat), seat.taints if seat else ()
        lots[Key(*row.key, group.name, resource, units, taints)].add(row, seat)
    return lots


def _units(deployment: ModelDeployment, group: NodeGroup, seat: Seat | None) -> int | None:
    """Return how many GPUs, slices or shares of time a replica asks for; None if it cannot."""
    if not deployment.gpus:
        return 0
    if group.gpu_fraction is not None:
        return seat.units if seat is not None else 1
    wanted = Fraction(deployment.gpus, UNIT) * (seat.units if seat is not None else 1)
    return int(wanted) if wanted.denominator == 1 else None


def _resource(catalog: Catalog, group: NodeGroup, seat: Seat | None) -> str:
    if seat is not None:
        return seat.resource
    if group.flavor_type != "gpu":
        return ""
    return _RESOURCES.get(catalog.gpus[group.flavor].vendor.casefold(), _GPUS)
