"""The fewest moves of one change of a tiny world, by enumeration, and whether it is refused.

For each deployment every vector of counts over nodes is listed that its own rules and the change
admit; a depth-first search combines the vectors and cuts what cannot beat the best value. A
complete placement counts only if some order of waves reaches it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.worlds.changes.change import Change
from tests.worlds.changes.loads import Item, size_of
from tests.worlds.changes.order import Placing, held_items, is_orderable, nodes_of
from tests.worlds.rules import Node, pack, peers, skew_domains, spread_holds
from tests.worlds.world import Deployment, Key

BITS = 24

Tiers = tuple[tuple[str, int], ...]
Counts = tuple[tuple[str, int], ...]
"""Replicas per node, nodes without any left out."""


@dataclass(frozen=True)
class Outcome:
    """What a change comes to.

    ``reason`` is None if it is made, with ``tiers`` (without the last) of the whole state, and
    ``placed`` one placement that has them. ``unordered`` are the tiers if no order were needed,
    None if there is no placement at all. ``moved`` counts replicas.
    """

    reason: str | None
    tiers: Tiers | None
    unordered: Tiers | None
    moved: int
    placed: Placing

    @property
    def fits(self) -> bool:
        return self.reason is None

    @property
    def placed_replicas(self) -> int:
        return sum(sum(counts.values()) for counts in self.placed.values())

    @property
    def order_costs(self) -> bool:
        """Whether the change is made, but would be cheaper if no order were needed."""
        return self.fits and self.tiers != self.unordered

    @property
    def order_refuses(self) -> bool:
        return self.reason == "no-order"


@dataclass(frozen=True)
class Choice:
    """Replicas per node of one deployment, with what they add to the packed value."""

    value: int
    moved: int
    counts: Counts
    domains: dict[str, frozenset[str]]


class Search:
    """Depth-first search over one choice per deployment."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.rules = change.rules
        self.nodes = nodes_of(change)
        enabled = [d for d in change.after.deployments if d.enabled]
        self.classes = sorted({d.priority for d in enabled}, reverse=True) or [0]
        self.overs = {r.over for d in enabled for r in (*d.separate_from, *d.together_with)}
        self.base = {name: free_of(node, held) for name, node, held in self.with_held()}
        self.fit: dict[tuple[str, tuple[tuple[Key, int], ...]], bool] = {}
        self.sizes = {d.key: size_of(d) for d in enabled}
        lists = {d.key: sorted(self.choices(d), key=lambda c: (c.value, c.counts)) for d in enabled}
        self.deployments = sorted(enabled, key=lambda d: (len(lists[d.key]), d.key))
        self.lists = [lists[d.key] for d in self.deployments]
        self.due = self.rules_between()

    def with_held(self) -> Iterator[tuple[str, Node, list[Item]]]:
        held = held_items(self.change)
        for name, node in self.nodes.items():
            yield name, node, held[name]

    # --- choices of one deployment --------------------------------------------------------

    def shift(self, position: int) -> int:
        """Return the shift of a tier: displaced classes, unplaced classes, moves."""
        return BITS * (2 * len(self.classes) - position)

    def choices(self, d: Deployment) -> Iterator[Choice]:
        rules, change = self.rules, self.change
        old = rules.movable(d)
        limits = []
        for name, node in self.nodes.items():
            ready = rules.state(node.group, name) == "ready"
            most = change.wanted(d.key) if ready else old.get(name, 0)
            if most and rules.eligible(d, node.group):
                limits.append((name, most))
        skewed = {
            entry.over: skew_domains(rules, d, entry.over)
            for entry in d.spread
            if entry.max_skew is not None
        }
        rank, size = self.classes.index(d.priority), len(self.classes)
        for counts in self.vectors(d.key, limits, change.wanted(d.key)):
            on = dict(counts)
            placed = sum(on.values())
            if placed < change.least(d.key) or 0 < placed < d.min_replicas:
                continue
            if placed and not all(
                spread_holds(rules, entry, d, on, skewed.get(entry.over, set()))
                for entry in d.spread
            ):
                continue
            total = sum(old.values())
            moved = min(total, placed) - sum(min(n, on.get(node, 0)) for node, n in old.items())
            displaced = max(0, min(total, d.replicas) - placed)
            value = d.weight * (
                (displaced << self.shift(rank))
                + (d.replicas - placed << self.shift(size + rank))
                + moved
            )
            domains = {over: frozenset(rules.domain(n, over) for n in on) for over in self.overs}
            yield Choice(value, moved, counts, domains)

    def vectors(self, key: Key, limits: list[tuple[str, int]], most: int) -> Iterator[Counts]:
        if not limits:
            yield ()
            return
        (node, limit), rest = limits[0], limits[1:]
        for count in range(min(limit, most) + 1):
            if count and not self.node_fits(node, ((key, count),)):
                return
            here = ((node, count),) if count else ()
            for others in self.vectors(key, rest, most - count):
                yield (*here, *others)

    def node_fits(self, name: str, load: tuple[tuple[Key, int], ...]) -> bool:
        """Whether a node carries replicas beside the old ones that are held on it."""
        known = self.fit.get((name, load))
        if known is None:
            known = self.fit[name, load] = self.judge(name, load)
        return known

    def judge(self, name: str, load: tuple[tuple[Key, int], ...]) -> bool:
        free = self.base[name]
        cpus = memory = whole = 0
        extra: dict[str, int] = defaultdict(int)
        shares: list[int] = []
        for key, count in load:
            size = self.sizes[key]
            cpus += size.cpus * count
            memory += size.memory * count
            for resource, amount in size.extra:
                extra[resource] += amount * count
            if size.is_share:
                shares += [size.demand] * count
            else:
                whole += size.demand // 1000 * count
        if cpus > free.cpus or memory > free.memory:
            return False
        if any(amount > free.extra.get(resource, 0) for resource, amount in extra.items()):
            return False
        shares.sort(reverse=True)
        return pack(shares, free.slots, free.whole, whole + free.whole_held) is not None

    # --- all deployments together ---------------------------------------------------------

    def rules_between(self) -> list[list[tuple[str, int, list[int], str]]]:
        """Return, per depth, the separation and colocation rules that are decided there."""
        place = {d.key: index for index, d in enumerate(self.deployments)}
        due: list[list[tuple[str, int, list[int], str]]] = [[] for _ in self.deployments]
        for index, d in enumerate(self.deployments):
            for rule in d.separate_from:
                for other in peers(self.change.after, d, rule):
                    second = place[other.key]
                    due[max(index, second)].append(("separate", index, [second], rule.over))
            for rule in d.together_with:
                others = [place[o.key] for o in peers(self.change.after, d, rule)]
                due[max([index, *others])].append(("together", index, others, rule.over))
        return due

    def best(self, *, ordered: bool) -> tuple[int, list[Choice]] | None:
        """Return the best value and a placement that has it, or None if there is none."""
        if not all(self.lists):
            return None
        descent = Descent(self, ordered=ordered)
        descent.descend(0, 0)
        return None if descent.best is None else (descent.best, descent.answer)

    def placing(self, picked: list[Choice]) -> Placing:
        return {
            d.key: dict(choice.counts) for d, choice in zip(self.deployments, picked, strict=True)
        }

    def tiers(self, value: int) -> Tiers:
        size, found = len(self.classes), []
        for position in range(2 * size):
            amount = value >> self.shift(position) & (1 << BITS) - 1
            kind = "displaced" if position < size else "unplaced"
            name = f"{kind}:{self.classes[position % size]}" if size > 1 else kind
            if amount or kind == "unplaced":
                found.append((name, amount))
        return (*found, ("moves", value & (1 << BITS) - 1))


@dataclass(frozen=True)
class Free:
    """What a node has beside what is reserved and held."""

    cpus: int
    memory: int
    extra: dict[str, int]
    slots: tuple[int, ...]
    whole: tuple[bool, ...]
    whole_held: int


def free_of(node: Node, held: list[Item]) -> Free:
    cpus, memory, extra = node.cpus, node.memory, dict(node.extra)
    slots, whole, taken = list(node.free_slots), list(node.whole_slots), 0
    for item in held:
        size, count = item.size, item.count
        cpus -= size.cpus * count
        memory -= size.memory * count
        for name, amount in size.extra:
            extra[name] = extra.get(name, 0) - amount * count
        if item.slot is None:
            taken += size.demand // 1000 * count
        else:
            slots[item.slot] -= size.demand * count
            whole[item.slot] = False
    return Free(cpus, memory, extra, tuple(slots), tuple(whole), taken)


class Descent:
    """The state of the depth-first search: one choice per deployment so far."""

    def __init__(self, search: Search, *, ordered: bool) -> None:
        self.search = search
        self.ordered = ordered
        size = len(search.deployments)
        self.least = [0] * (size + 1)
        for position in reversed(range(size)):
            self.least[position] = self.least[position + 1] + search.lists[position][0].value
        self.loads: dict[str, tuple[tuple[Key, int], ...]] = dict.fromkeys(search.nodes, ())
        self.picked: list[Choice] = []
        self.best: int | None = None
        self.answer: list[Choice] = []

    def descend(self, position: int, value: int) -> None:
        if position == len(self.search.lists):
            if not self.ordered or is_orderable(
                self.search.change, self.search.placing(self.picked)
            ):
                self.best, self.answer = value, list(self.picked)
            return
        key = self.search.deployments[position].key
        for choice in self.search.lists[position]:
            now = value + choice.value
            if self.best is not None and now + self.least[position + 1] >= self.best:
                return  # choices are sorted, so all that follow are beaten too
            if not all(
                self.search.node_fits(node, (*self.loads[node], (key, count)))
                for node, count in choice.counts
            ):
                continue
            self.picked.append(choice)
            if not self.broken(position):
                before = {node: self.loads[node] for node, _ in choice.counts}
                for node, count in choice.counts:
                    self.loads[node] = (*self.loads[node], (key, count))
                self.descend(position + 1, now)
                self.loads.update(before)
            self.picked.pop()

    def broken(self, position: int) -> bool:
        """Whether a separation or colocation rule that is decided by now is broken."""
        for kind, first, others, over in self.search.due[position]:
            mine = self.picked[first].domains[over]
            theirs = frozenset().union(*(self.picked[o].domains[over] for o in others))
            if mine & theirs if kind == "separate" else not mine <= theirs:
                return True
        return False


def fewest_moves(change: Change) -> Outcome:
    """Return what a change comes to: refused and why, or the tiers of the best placement."""
    homeless = without_node_group(change)
    search = Search(change)
    free = search.best(ordered=False)
    unordered = None if free is None else search.tiers(free[0])
    if homeless:
        return Outcome("policy", None, unordered, 0, {})
    if free is None:
        return Outcome("strands" if change.kind == "policy" else "capacity", None, None, 0, {})
    found = search.best(ordered=True)
    if found is None:
        return Outcome("no-order", None, unordered, 0, {})
    value, picked = found
    moved = sum(choice.moved for choice in picked)
    return Outcome(None, search.tiers(value), unordered, moved, search.placing(picked))


def without_node_group(change: Change) -> bool:
    """Whether a changed deployment has no eligible node group at all."""
    rules = change.rules
    return any(
        d.replicas and not any(rules.eligible(d, group) for group in change.after.groups)
        for d in change.after.deployments
        if d.key in change.changed
    )
