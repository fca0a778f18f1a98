"""Whether some members of a conflict can hold together in a tiny world, by trying every placement.

Written from docs/conflicts.md and docs/semantics.md alone, on the plain rows of ``tests.worlds``:
nothing of the package is imported, and members are read from their texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.worlds.rules import Node, Rules, pack, skew_domains
from tests.worlds.world import Deployment, Group, Key, Peers, Row, World

Placed = dict[Key, Counter[int]]
"""Replicas by number of the node."""

LIMITS = ("maxPerDomain", "minDomains", "maxSkew")


def text_of(key: Key) -> str:
    return f"{key[0]}@{key[1]}"


@dataclass(frozen=True)
class Place:
    """One node: ``most`` bounds the replicas of a deployment on it (None: no bound)."""

    node: Node
    most: Callable[[Deployment], int | None]
    is_further: bool


class Brute:
    """A tiny world of which only some members hold.

    Parameters
    ----------
    kept : set of str or None
        Texts of the members that hold; None keeps all.
    needs : dict
        Replicas that each deployment needs if its demand is kept.
    held : sequence of (Row, Deployment)
        Old replicas, with the deployment that they were started from, that keep their room.
    """

    def __init__(
        self,
        world: World,
        kept: set[str] | None,
        needs: dict[Key, int],
        held: Sequence[tuple[Row, Deployment]] = (),
    ) -> None:
        self.world = world
        self.held = [
            (row, old)
            for row, old in held
            if kept is None or f"old replicas of {text_of(row.key)}" in kept
        ]
        self.rules = Rules(world)
        self.kept = kept
        self.needs = needs
        self.enabled = [d for d in world.deployments if d.enabled]
        self.musts = [
            d
            for d in self.enabled
            if needs.get(d.key) and self.keeps(f"deployment {text_of(d.key)}")
        ]
        self.helpers = self._helpers()
        self.places = list(self._places())
        self.domain_of: dict[tuple[int, str], str] = {}
        self.fits: list[dict[tuple[int, ...], bool]] = [{} for _ in self.places]

    def keeps(self, text: str) -> bool:
        return self.kept is None or text in self.kept

    # ------------------------------------------------------------------ nodes

    def _places(self) -> Iterator[Place]:
        users = [*self.musts, *self.helpers]
        alike: set[tuple[object, ...]] = set()
        for group in self.world.groups:
            given_up = not self.keeps(f"node group {group.name}")
            may = tuple(self.eligible(d, group) for d in users)
            if given_up and not self._looks_at_nodes():
                # One further node carries everything, and groups that nothing tells apart are one.
                if any(may) and (group.region, group.zone, may) not in alike:
                    alike.add((group.region, group.zone, may))
                    yield self._further(group, 0)
                continue
            for name in group.nodes():
                node = self._less_held(self.rules.node(group, name))
                if node.state in ("ready", "cordoned"):
                    yield Place(node, self._most_on(node), is_further=False)
            if given_up:
                most = sum(self.goal(d) for d, allowed in zip(users, may, strict=True) if allowed)
                yield from (self._further(group, i) for i in range(most))

    def _less_held(self, node: Node) -> Node:
        """Return a node less what old replicas hold; which whole GPUs they have is free."""
        slots, taken = list(node.free_slots), 0
        whole = [free == 1000 for free in slots]  # a part of a GPU is never a whole one
        cpus, memory, extra = node.cpus, node.memory, Counter(node.extra)
        for row, old in self.held:
            if row.node == node.name:
                cpus -= old.cpus * row.replicas
                memory -= old.memory * row.replicas
                extra.subtract({name: amount * row.replicas for name, amount in old.extra})
                if row.gpu is None:
                    taken += old.demand // 1000 * row.replicas
                else:
                    slots[row.gpu] -= old.demand * row.replicas
                    whole[row.gpu] = False
        for slot in [i for i, free in enumerate(whole) if free][:taken]:
            slots[slot], whole[slot] = 0, False
        return replace(
            node,
            free_slots=tuple(slots),
            whole_slots=tuple(whole),
            cpus=cpus,
            memory=memory,
            extra=dict(extra),
        )

    def _looks_at_nodes(self) -> bool:
        """Whether a rule that is kept tells single nodes apart."""
        return any(
            entry.over == "node"
            for d in (*self.musts, *self.helpers)
            for entry in (*d.spread, *d.separate_from, *d.together_with)
            if any(
                self._limit(d, rule, "node") for rule in (*LIMITS, "separateFrom", "togetherWith")
            )
        )

    def _further(self, group: Group, i: int) -> Place:
        return Place(self._empty(group, group.count + i), lambda d: None, is_further=True)

    def _most_on(self, node: Node) -> Callable[[Deployment], int | None]:
        if node.state == "ready":
            return lambda d: None
        running: Counter[Key] = Counter()
        for row in self.world.running:
            d = next((d for d in self.enabled if d.key == row.key), None)
            if d is not None and row.node == node.name:
                alike = row.version == d.version and row.gpus == row.replicas * d.demand
                running[row.key] += row.replicas if alike else 0
        return lambda d: running[d.key]

    def _empty(self, group: Group, index: int) -> Node:
        slots = group.slots
        return Node(
            f"{group.name}/{index}",
            group,
            "ready",
            slots,
            tuple(True for _ in slots),
            group.cpus,
            group.memory,
            dict(group.extra),
        )

    def goal(self, d: Deployment) -> int:
        return self.needs[d.key] if d in self.musts else d.replicas

    def domain(self, place: int, over: str) -> str:
        key = (place, over)
        if key not in self.domain_of:
            self.domain_of[key] = self.rules.domain(self.places[place].node.name, over)
        return self.domain_of[key]

    # ------------------------------------------------------------------ rules

    def eligible(self, d: Deployment, group: Group) -> bool:
        return (
            self._by_policies(d, group)
            and self._by_wishes(d, group)
            and (not self.keeps(f"hardware of {text_of(d.key)}") or self._by_hardware(d, group))
        )

    def _by_policies(self, d: Deployment, group: Group) -> bool:
        rules = self.rules
        stage = rules.environments.get(d.environment)
        levels = (
            (d.environment, stage.policies if stage else ()),
            (text_of(d.key), d.policies),
        )
        for owner, names in levels:
            found = [rules.policies[name] for name in sorted(set(names))]
            hard = [p for p in found if not p.observe and rules.targets(p, d)]
            for kind in {p.type for p in hard}:
                alike = [p for p in hard if p.type == kind]
                text = f"policy {' or '.join(f'`{p.name}`' for p in alike)} of {owner}"
                if self.keeps(text) and not any(rules.allows(p, group) for p in alike):
                    return False
        return True

    def _by_wishes(self, d: Deployment, group: Group) -> bool:
        rules, name = self.rules, text_of(d.key)
        listed = any(rules.is_flavor(group, kind, text) for kind, text in d.flavors)
        if d.flavors and not listed and self.keeps(f"flavors of {name}"):
            return False
        if d.demand and d.gpu_memory and self.keeps(f"gpu memory of {name}"):
            there = rules.gpus[group.flavor].memory if group.flavor_type == "gpu" else 0
            return d.gpu_memory * 1000 <= there * min(1000, d.demand)
        return True

    def _by_hardware(self, d: Deployment, group: Group) -> bool:
        listed = any(
            kind == "gpu" and self.rules.is_flavor(group, kind, text) for kind, text in d.flavors
        )
        if d.demand:
            if group.flavor_type != "gpu":
                return False
            if d.demand < 1000 and d.demand > group.slots[0]:
                return False
            whole = group.fraction is None and d.demand <= 1000 * group.gpu_count
            if d.demand >= 1000 and not whole:
                return False
        elif group.flavor_type != "cpu" and not listed:
            return False
        room = dict(group.extra)
        return (
            d.cpus <= group.cpus
            and d.memory <= group.memory
            and all(amount <= room.get(name, 0) for name, amount in d.extra)
        )

    def _limit(self, d: Deployment, rule: str, over: str) -> bool:
        return self.keeps(f"`{rule}` over {over} of {text_of(d.key)}")

    def spread_holds(self, d: Deployment, counts: Counter[int]) -> bool:
        for entry in d.spread:
            per: Counter[str] = Counter()
            for place, count in counts.items():
                per[self.domain(place, entry.over)] += count
            if entry.max_per_domain is not None and self._limit(d, "maxPerDomain", entry.over):
                too_many = max(per.values()) > entry.max_per_domain
            else:
                too_many = False
            if entry.min_domains is not None and self._limit(d, "minDomains", entry.over):
                too_few = len(per) < min(entry.min_domains, d.replicas)
            else:
                too_few = False
            if too_many or too_few:
                return False
            if entry.max_skew is not None and self._limit(d, "maxSkew", entry.over):
                known = skew_domains(self.rules, d, entry.over)
                least = min((per[domain] for domain in known), default=0)
                if max(per.values()) - least > entry.max_skew:
                    return False
        return True

    def peers(self, d: Deployment, rule: Peers) -> list[Deployment]:
        return [
            other
            for other in self.enabled
            if other.key != d.key
            and rule.environment in (None, other.environment)
            and set(rule.labels) <= set(other.labels)
        ]

    def _helpers(self) -> list[Deployment]:
        """Return the deployments that need nothing, but that others want beside them."""
        found: list[Deployment] = []
        left = list(self.musts)
        while left:
            d = left.pop()
            for rule in d.together_with:
                if self._limit(d, "togetherWith", rule.over):
                    new = [o for o in self.peers(d, rule) if o not in (*found, *self.musts)]
                    found += new
                    left += new
        return found

    def between_holds(self, placed: Placed) -> bool:
        for d in (*self.musts, *self.helpers):
            mine = placed[d.key]
            for rule in d.separate_from:
                if self._limit(d, "separateFrom", rule.over):
                    here = {self.domain(place, rule.over) for place in mine}
                    for other in self.peers(d, rule):
                        theirs = placed.get(other.key, {})
                        if here & {self.domain(place, rule.over) for place in theirs}:
                            return False
            for rule in d.together_with:
                if self._limit(d, "togetherWith", rule.over):
                    near = {
                        self.domain(place, rule.over)
                        for other in self.peers(d, rule)
                        for place in placed.get(other.key, {})
                    }
                    if not {self.domain(place, rule.over) for place in mine} <= near:
                        return False
        return True

    # ----------------------------------------------------------------- search

    def possible(self) -> bool:
        """Whether there is a placement under which everything that is kept holds."""
        order = sorted(self.musts, key=lambda d: -d.weight) + self.helpers
        self.order = order
        usable = [
            [i for i, place in enumerate(self.places) if self.eligible(d, place.node.group)]
            for d in order
        ]
        placed: Placed = {d.key: Counter() for d in order}
        load: list[list[int]] = [[0] * len(order) for _ in self.places]
        return self._place(order, usable, placed, load, 0)

    def _place(
        self,
        order: list[Deployment],
        usable: list[list[int]],
        placed: Placed,
        load: list[list[int]],
        position: int,
    ) -> bool:
        if position == len(order):
            return self.between_holds(placed)
        d = order[position]
        counts = placed[d.key]
        goals = [self.goal(d)] if d in self.musts else range(self.goal(d) + 1)

        def rest(left: int, start: int) -> bool:
            if left == 0:
                if counts and not self.spread_holds(d, counts):
                    return False
                if not self._apart_so_far(order[: position + 1], placed):
                    return False
                return self._place(order, usable, placed, load, position + 1)
            fresh: set[str] = set()
            for at in range(start, len(usable[position])):
                number = usable[position][at]
                place = self.places[number]
                if place.is_further and not any(load[number]):
                    # Further nodes that are still empty are alike: one of each group will do.
                    if place.node.group.name in fresh:
                        continue
                    fresh.add(place.node.group.name)
                most = place.most(d)
                if most is not None and counts[number] >= most:
                    continue
                load[number][position] += 1
                counts[number] += 1
                if self._fits(number, tuple(load[number])) and rest(left - 1, at):
                    return True
                load[number][position] -= 1
                counts[number] -= 1
                if not counts[number]:
                    del counts[number]
            return False

        return any(rest(goal, 0) for goal in goals)

    def _apart_so_far(self, known: list[Deployment], placed: Placed) -> bool:
        keys = {d.key for d in known}
        for d in known:
            for rule in d.separate_from:
                if not self._limit(d, "separateFrom", rule.over):
                    continue
                here = {self.domain(place, rule.over) for place in placed[d.key]}
                for other in self.peers(d, rule):
                    if other.key in keys:
                        theirs = {self.domain(p, rule.over) for p in placed[other.key]}
                        if here & theirs:
                            return False
        return True

    def _fits(self, number: int, load: tuple[int, ...]) -> bool:
        known = self.fits[number].get(load)
        if known is None:
            known = self.fits[number][load] = self._carries(self.places[number], load)
        return known

    def _carries(self, place: Place, load: tuple[int, ...]) -> bool:
        if place.is_further:
            return True
        node = place.node
        cpus = memory = whole = 0
        extra: Counter[str] = Counter()
        shares: list[int] = []
        for d, count in zip(self.order, load, strict=True):
            cpus += d.cpus * count
            memory += d.memory * count
            for name, amount in d.extra:
                extra[name] += amount * count
            if d.demand >= 1000:
                whole += d.demand // 1000 * count
            elif d.demand:
                shares += [d.demand] * count
        if cpus > node.cpus or memory > node.memory:
            return False
        if any(amount > node.extra.get(name, 0) for name, amount in extra.items()):
            return False
        shares.sort(reverse=True)
        return pack(shares, node.free_slots, node.whole_slots, whole) is not None


def possible(
    world: World,
    kept: set[str] | None,
    needs: dict[Key, int],
    held: Sequence[tuple[Row, Deployment]] = (),
) -> bool:
    """Whether everything that is kept can hold in a world."""
    return Brute(world, kept, needs, held).possible()


def needs_of(world: World) -> dict[Key, int]:
    """Return what every enabled deployment asks for."""
    return {d.key: d.replicas for d in world.deployments if d.enabled}


def named(members: tuple[str, ...], kind: str) -> list[str]:
    """Return the owners of the members of a kind, such as ``node group``."""
    return [m.removeprefix(f"{kind} ") for m in members if re.match(rf"{kind} ", m)]
