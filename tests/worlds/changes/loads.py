"""What replicas use of a node, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tests.worlds.rules import Node
from tests.worlds.world import Deployment


class Size(NamedTuple):
    """What one replica uses; ``demand`` is GPUs."""

    demand: int
    cpus: int
    memory: int
    extra: tuple[tuple[str, int], ...] = ()

    @property
    def is_share(self) -> bool:
        return 0 < self.demand < 1000


@dataclass(frozen=True)
class Item:
    """Some equal replicas on a node; ``slot`` is the GPU of a share."""

    size: Size
    slot: int | None
    count: int


def size_of(deployment: Deployment) -> Size:
    return Size(deployment.demand, deployment.cpus, deployment.memory, deployment.extra)


def fits(node: Node, items: Iterable[Item]) -> bool:
    """Whether a node carries replicas: sums, each GPU in shares, GPUs left whole."""
    cpus = memory = whole = 0
    slots = [0] * len(node.free_slots)
    extra: dict[str, int] = {}
    for item in items:
        size, count = item.size, item.count
        cpus += size.cpus * count
        memory += size.memory * count
        for name, amount in size.extra:
            extra[name] = extra.get(name, 0) + amount * count
        if item.slot is not None:
            slots[item.slot] += size.demand * count
        else:
            whole += size.demand * count
    if cpus > node.cpus or memory > node.memory:
        return False
    if any(amount > node.extra.get(name, 0) for name, amount in extra.items()):
        return False
    if any(used > free for used, free in zip(slots, node.free_slots, strict=True)):
        return False
    untouched = sum(w and not used for w, used in zip(node.whole_slots, slots, strict=True))
    return whole <= 1000 * untouched
