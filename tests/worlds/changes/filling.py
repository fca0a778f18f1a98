"""Running rows that keep every rule, drawn one replica after the other."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from random import Random

from tests.worlds.changes.loads import Item, fits, size_of
from tests.worlds.rules import Node, Rules, peers, skew_domains, spread_holds
from tests.worlds.world import Deployment, Key, Row, World

Seat = tuple[str, int | None]


class Filling:
    """A world under way, with one seat for each replica that runs."""

    def __init__(self, rng: Random, world: World, deployments: list[Deployment]) -> None:
        keys = {d.key for d in deployments}
        kept = [d for d in world.deployments if d.key not in keys]
        self.rng = rng
        self.world = replace(world, deployments=(*kept, *deployments))
        self.rules = Rules(self.world)
        self.nodes = {n: self.rules.node(g, n) for g in world.groups for n in g.nodes()}
        self.seats: dict[Key, list[Seat]] = defaultdict(list)
        for row in world.running:
            if row.key not in keys:
                self.seats[row.key] += [(row.node, row.gpu)] * row.replicas

    @property
    def count(self) -> int:
        return sum(len(seats) for seats in self.seats.values())

    @property
    def free(self) -> int:
        """GPUs that nothing uses, in thousandths."""
        used = sum(
            len(seats) * self.world.deployment(key).demand for key, seats in self.seats.items()
        )
        return sum(sum(node.free_slots) for node in self.nodes.values()) - used

    def place(self, d: Deployment, *, firmly: bool) -> bool:
        """Put one replica on a random node that carries it; on the first one if ``firmly``."""
        options = [seat for node in self.nodes.values() for seat in self.options(d, node)]
        if not options:
            return False
        self.seats[d.key].append(options[0] if firmly else self.rng.choice(options))
        return True

    def options(self, d: Deployment, node: Node) -> list[Seat]:
        if not self.rules.eligible(d, node.group):
            return []
        slots: list[int | None] = [None]
        if 0 < d.demand < 1000:
            slots = list(range(len(node.free_slots)))
        items = [
            Item(size_of(self.world.deployment(key)), slot, count)
            for key, seats in self.seats.items()
            for (name, slot), count in Counter(seats).items()
            if name == node.name
        ]
        return [
            (node.name, slot)
            for slot in slots
            if fits(node, [*items, Item(size_of(d), slot, 1)]) and self.allows(d, node.name)
        ]

    def allows(self, d: Deployment, name: str) -> bool:
        """Whether one more replica on a node keeps the limits per domain and between peers."""
        counts = Counter(node for node, _ in self.seats[d.key])
        counts[name] += 1
        tops = [replace(s, min_domains=None, max_skew=None) for s in d.spread if s.max_per_domain]
        if not all(spread_holds(self.rules, entry, d, counts, set()) for entry in tops):
            return False
        pairs = [(d, o, r) for r in d.separate_from for o in peers(self.world, d, r)]
        pairs += [
            (d, o, r)
            for o in self.world.deployments
            for r in o.separate_from
            if d in peers(self.world, o, r)
        ]
        return not any(
            self.rules.domain(name, rule.over) == self.rules.domain(node, rule.over)
            for _, other, rule in pairs
            for node, _ in self.seats[other.key]
        )

    def keeps_all(self, d: Deployment) -> bool:
        """Whether what runs of a deployment keeps its minimum and its whole spread."""
        counts = Counter(node for node, _ in self.seats[d.key])
        if counts.total() < d.min_replicas:
            return False
        return all(
            spread_holds(self.rules, s, d, counts, skew_domains(self.rules, d, s.over))
            for s in d.spread
        )

    def finish(self) -> World:
        """Return the world with its rows; what breaks a rule does not run."""
        for d in self.world.deployments:
            if self.seats[d.key] and not self.keeps_all(d):
                del self.seats[d.key]
        rows = [
            Row(*key, self.world.deployment(key).version, node, n, n * size, slot)
            for key, seats in sorted(self.seats.items())
            for (node, slot), n in sorted(Counter(seats).items(), key=str)
            for size in [self.world.deployment(key).demand]
        ]
        return replace(self.world, running=tuple(rows))


def fill(
    rng: Random,
    world: World,
    deployments: list[Deployment],
    *,
    free: int,
    most: int,
    firmly: bool = False,
) -> World:
    """Return a world in which deployments run while more than ``free`` GPUs are free.

    At most ``most`` replicas run in all. Replicas that find no node are left unplaced.
    """
    filling = Filling(rng, world, deployments)
    waiting = [d for d in deployments for _ in range(d.replicas)]
    if not firmly:
        rng.shuffle(waiting)
    for d in waiting:
        if filling.count < most and (not d.demand or filling.free - d.demand >= free):
            filling.place(d, firmly=firmly)
    return filling.finish()
