"""Machines alike as node groups, and what of each node is reserved, cordoned or lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from placement.catalog.importers.kubernetes.parts import GIB, Machine, Part
from placement.catalog.importers.kubernetes.seats import Seat
from placement.catalog.importers.naming import numbered, stem_of
from placement.catalog.rows import UNIT, NodeGroup, NodeState, Reserved


@dataclass(frozen=True)
class Grouped:
    """The nodes of a catalog."""

    groups: tuple[NodeGroup, ...]
    reserved: Mapping[str, Reserved]
    states: Mapping[str, NodeState]
    seats: tuple[Seat, ...]


@dataclass(frozen=True)
class _Member:
    """One part of a machine, and what others hold of it."""

    machine: Machine
    part: Part
    price: int
    gpus: int
    cpus: int
    memory: int


def group(
    machines: Iterable[Machine],
    prices: Mapping[str, int],
    held: Mapping[str, Mapping[str, Fraction]],
) -> Grouped:
    """Return node groups of parts that are alike, the oldest machine first.

    Parameters
    ----------
    machines : iterable of Machine
    prices : mapping of str to int
        Of each machine by the name of its node, in nano-USD per hour.
    held : mapping of str to (mapping of str to Fraction)
        What pods hold, by the name of the node.
    """
    members: defaultdict[tuple[Any, ...], list[_Member]] = defaultdict(list)
    for machine in sorted(machines, key=lambda one: (one.node.created, one.node.name)):
        name = machine.node.name
        for member in _members(machine, prices[name], held.get(name, {})):
            members[_alike(member)].append(member)
    groups, reserved, states, seats = [], {}, {}, []
    for name, key in numbered((_stem(members[key][0]), key) for key in sorted(members)):
        made = _group(name, members[key])
        groups.append(made)
        for index, member in enumerate(members[key]):
            node = made.node(index)
            seats.append(_seat(node, member))
            states[node] = member.machine.node.state
            amounts = {"gpus": member.gpus, "cpus": member.cpus, "memory": member.memory}
            if any(amounts.values()):
                reserved[node] = Reserved.of(made, **amounts)
    return Grouped(tuple(groups), reserved, states, tuple(seats))


def _alike(member: _Member) -> tuple[Any, ...]:
    """Return what members of a node group have in common, in an order for their names."""
    machine, part = member.machine, member.part
    place = (machine.region.key, machine.zone, machine.instance_type)
    size = (part.gpu_count, part.fraction or Fraction(0), part.cpus, part.memory, member.price)
    asked = (part.devices.resource, part.devices.units) if part.devices else ("", 0)
    return (*place, part.flavor, *size, *asked, tuple(sorted(part.extra.items())))


def _group(name: str, members: Sequence[_Member]) -> NodeGroup:
    machine, part, price = members[0].machine, members[0].part, members[0].price
    return NodeGroup(
        name, machine.region, machine.zone, machine.instance_type, "gpu" if part.gpu else "cpu",
        part.flavor, part.gpu_count, part.cpus, part.memory, price, len(members), part.fraction,
        extra=MappingProxyType(dict(part.extra)),
    )  # fmt: skip


def _stem(member: _Member) -> str:
    machine, devices = member.machine, member.part.devices
    kind = machine.instance_type or member.part.flavor
    profile = devices.profile if devices else ""
    shared = "shared" if devices and devices.units > 1 else ""
    return stem_of(machine.region, machine.zone, kind, profile, shared)


def _seat(node: str, member: _Member) -> Seat:
    devices, machine = member.part.devices, member.machine.node
    return Seat(
        node=node,
        name=machine.name,
        hostname=machine.hostname,
        resource=devices.resource if devices else "",
        units=devices.units if devices else 0,
        taints=tuple(map(str, machine.lasting())),
    )


# ------------------------------------------------------------------------ held


def _members(machine: Machine, price: int, held: Mapping[str, Fraction]) -> Iterator[_Member]:
    """Yield the parts, with what is held: of the last ones first, and no more than they have."""
    cpus, memory = (
        _up(held.get("cpu", Fraction(0))),
        _up(held.get("memory", Fraction(0)) / GIB),
    )
    gpus = {
        part.devices.resource: held.get(part.devices.resource, Fraction(0)) / part.devices.units
        for part in machine.parts
        if part.devices
    }
    found = []
    for part in reversed(machine.parts):
        taken = _gpus(part, gpus)
        members_cpus, members_memory = min(part.cpus, cpus), min(part.memory, memory)
        cpus, memory = cpus - members_cpus, memory - members_memory
        share = int(price * part.share)
        found.append(_Member(machine, part, share, taken, members_cpus, members_memory))
    yield from reversed(found)


def _gpus(part: Part, held: dict[str, Fraction]) -> int:
    """Return the thousandths of GPUs that are held of a part; a slice is held whole."""
    if part.devices is None:
        return 0
    taken = min(held[part.devices.resource], Fraction(part.gpu_count))
    held[part.devices.resource] -= taken
    if part.fraction is not None:
        return int(part.fraction * UNIT) if taken else 0
    return _up(taken)


def _up(amount: Fraction) -> int:
    return -(-amount * UNIT // 1)
