"""The exact optimum of a tiny world, by enumeration of replica counts per node.

For each deployment every vector of counts over nodes that its own rules admit is listed; a depth-first search
combines the vectors, checks nodes (GPU slots packed exactly, remembered per node and load),
separation and colocation, and cuts branches that cannot beat the best lexicographic value.
Tiers are packed into one integer, most significant first, so that comparing and adding tiers
is comparing and adding integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.worlds.rules import Rules, pack, peers, skew_domains, spread_holds
from tests.worlds.world import Key, Row, World

BITS = 48
LAST_BITS = 96
COUNT_BITS = 4

Vector = dict[int, int]
"""Replicas per node index."""


@dataclass(frozen=True)
class Optimum:
    """Tier names and values, replicas per node, and rows with GPU slots."""

    tiers: tuple[tuple[str, int], ...]
    placed: dict[Key, dict[str, int]]
    rows: tuple[Row, ...]

    def total(self, kind: str) -> int:
        """Return the sum of a tier over its priority classes."""
        return sum(value for name, value in self.tiers if name.split(":")[0] == kind)

    @property
    def last(self) -> int:
        return self.tiers[-1][1]

    @property
    def summary(self) -> tuple[int, int, int, int]:
        """Displaced, unplaced, moves and the last tier, priority classes added up."""
        return (
            self.total("displaced"),
            self.total("unplaced"),
            dict(self.tiers)["moves"],
            self.last,
        )


@dataclass(frozen=True)
class Choice:
    """One vector of counts for one deployment, with what it adds to the packed value."""

    value: int
    counts: tuple[tuple[int, int], ...]
    domains: dict[str, frozenset[str]]


class Search:
    """Depth-first search over one choice per deployment."""

    def __init__(self, world: World, *, unlimited: bool = False, pooled: bool = False) -> None:
        self.world = world
        self.rules = Rules(world)
        self.unlimited = unlimited
        self.pooled = pooled
        rules = self.rules
        self.nodes = [
            node
            for group in world.groups
            for node in (rules.node(group, name) for name in group.nodes())
            if node.state in ("ready", "cordoned")
        ]
        self.deployments = [d for d in world.deployments if d.enabled]
        self.classes = sorted({d.priority for d in self.deployments}, reverse=True) or [0]
        self.fit: list[dict[int, bool]] = [{0: True} for _ in self.nodes]
        self.overs = {
            rule.over for d in self.deployments for rule in d.separate_from + d.together_with
        }

    # --- tiers in one integer -------------------------------------------------------------

    def shift(self, position: int) -> int:
        """Return the shift of a tier: displaced classes, unplaced classes, moves, last."""
        tiers = 2 * len(self.classes) + 2
        return 0 if position == tiers - 1 else LAST_BITS + BITS * (tiers - 2 - position)

    def pool(self, displaced: int, unplaced: int, moves: int, last: int) -> int:
        """Return tiers without priority classes, ahead of all others; 0 if not asked for."""
        if not self.pooled:
            return 0
        value = last + (moves << LAST_BITS)
        value += (unplaced << LAST_BITS + BITS) + (displaced << LAST_BITS + 2 * BITS)
        return value << LAST_BITS + BITS * (2 * len(self.classes) + 1)

    def unpack(self, value: int) -> tuple[tuple[str, int], ...]:
        size = len(self.classes)
        many = size > 1
        tiers = []
        for position in range(2 * size + 1):
            amount = value >> self.shift(position) & (1 << BITS) - 1
            if position == 2 * size:
                tiers.append(("moves", amount))
                continue
            kind = "displaced" if position < size else "unplaced"
            name = f"{kind}:{self.classes[position % size]}" if many else kind
            if amount or kind == "unplaced":
                tiers.append((name, amount))
        return (*tiers, (self.world.objective, value % (1 << LAST_BITS)))

    # --- choices of one deployment --------------------------------------------------------

    def node_fits(self, index: int, load: int) -> bool:
        """Whether a node carries a load: counts of all deployments, packed in one integer."""
        memo = self.fit[index]
        known = memo.get(load)
        if known is None:
            known = memo[load] = self.slots(index, load) is not None
        return known

    def slots(self, index: int, load: int) -> list[tuple[int, int]] | None:
        """Return (deployment, slot) of every share under a load, or None if it does not fit."""
        node = self.nodes[index]
        if self.unlimited:
            return []
        cpus = memory = wanted = 0
        extra: dict[str, int] = {}
        shares: list[tuple[int, int]] = []
        for position, deployment in enumerate(self.deployments):
            count = (load >> (COUNT_BITS * position)) % (1 << COUNT_BITS)
            if not count:
                continue
            cpus += count * deployment.cpus
            memory += count * deployment.memory
            for name, amount in deployment.extra:
                extra[name] = extra.get(name, 0) + count * amount
            if deployment.demand >= 1000:
                wanted += count * (deployment.demand // 1000)
            elif deployment.demand:
                shares += [(deployment.demand, position)] * count
        if cpus > node.cpus or memory > node.memory:
            return None
        if any(amount > node.extra.get(name, 0) for name, amount in extra.items()):
            return None
        shares.sort(reverse=True)
        chosen = pack([size for size, _ in shares], node.free_slots, node.whole_slots, wanted)
        if chosen is None:
            return None
        return [(position, slot) for (_, position), slot in zip(shares, chosen, strict=True)]

    def vectors(self, position: int, limits: list[tuple[int, int]], most: int) -> Iterator[Vector]:
        """Yield counts per node index within the limits, at most ``most`` in total."""

        def extend(start: int, left: int, counts: Vector) -> Iterator[Vector]:
            if start == len(limits):
                yield dict(counts)
                return
            node, limit = limits[start]
            yield from extend(start + 1, left, counts)
            for count in range(1, min(limit, left) + 1):
                if not self.node_fits(node, count << (COUNT_BITS * position)):
                    break
                counts[node] = count
                yield from extend(start + 1, left - count, counts)
            counts.pop(node, None)

        return extend(0, most, {})

    def choices(self, position: int) -> list[Choice]:
        """Return every vector that the deployment's own rules admit, best first."""
        deployment, rules = self.deployments[position], self.rules
        old = rules.movable(deployment)
        limits = []
        unit: dict[int, int] = {}
        verdict = {g.name: rules.eligible(deployment, g) for g in self.world.groups}
        for index, node in enumerate(self.nodes):
            if not verdict[node.group.name]:
                continue
            ready = node.state == "ready"
            limit = deployment.replicas if ready else old.get(node.name, 0)
            if limit:
                limits.append((index, limit))
                unit[index] = rules.additive(deployment, node.group)
        skewed = {
            entry.over: skew_domains(rules, deployment, entry.over)
            for entry in deployment.spread
            if entry.max_skew is not None
        }
        kept_goal = min(sum(old.values()), deployment.replicas)
        size, rank = len(self.classes), self.classes.index(deployment.priority)
        shifts = self.shift(rank), self.shift(size + rank), self.shift(2 * size)
        weight, running = deployment.weight, sum(old.values())
        names = [node.name for node in self.nodes]
        found = []
        for vector in self.vectors(position, limits, deployment.replicas):
            placed = sum(vector.values())
            if 0 < placed < deployment.min_replicas:
                continue
            counts = {names[index]: count for index, count in vector.items()}
            if placed and not all(
                spread_holds(rules, entry, deployment, counts, skewed.get(entry.over, set()))
                for entry in deployment.spread
            ):
                continue
            kept = sum(min(count, old.get(node, 0)) for node, count in counts.items()) if old else 0
            displaced = max(0, kept_goal - placed) * weight
            unplaced = (deployment.replicas - placed) * weight
            moves = (min(running, placed) - kept) * weight
            last = sum([count * unit[index] for index, count in vector.items()])
            value = (
                (displaced << shifts[0])
                + (unplaced << shifts[1])
                + (moves << shifts[2])
                + last
                + self.pool(displaced, unplaced, moves, last)
            )
            domains = {
                over: frozenset(rules.domain(node, over) for node in counts) for over in self.overs
            }
            found.append(Choice(value, tuple(vector.items()), domains))
        found.sort(key=lambda choice: (choice.value, choice.counts))
        return found

    # --- all deployments together ---------------------------------------------------------

    def rules_between(self) -> list[list[tuple[str, int, list[int], str]]]:
        """Return, per depth, the separation and colocation rules that are decided there."""
        place = {d.key: index for index, d in enumerate(self.deployments)}
        due: list[list[tuple[str, int, list[int], str]]] = [[] for _ in self.deployments]
        for index, deployment in enumerate(self.deployments):
            for rule in deployment.separate_from:
                for other in peers(self.world, deployment, rule):
                    second = place[other.key]
                    due[max(index, second)].append(("separate", index, [second], rule.over))
            for rule in deployment.together_with:
                others = [place[other.key] for other in peers(self.world, deployment, rule)]
                due[max([index, *others])].append(("together", index, others, rule.over))
        return due

    def solve(self) -> Optimum:
        descent = Descent(self)
        descent.run()
        if descent.best is None:
            raise AssertionError("placing nothing is always possible")
        return self.decode(descent.best, descent.answer)

    def decode(self, value: int, answer: list[Choice]) -> Optimum:
        loads = [0] * len(self.nodes)
        placed: dict[Key, dict[str, int]] = {}
        for position, (deployment, choice) in enumerate(zip(self.deployments, answer, strict=True)):
            placed[deployment.key] = {self.nodes[n].name: count for n, count in choice.counts}
            for node, count in choice.counts:
                loads[node] += count << (COUNT_BITS * position)
        slots: dict[tuple[int, int], list[int]] = {}
        for index, load in enumerate(loads):
            for position, slot in self.slots(index, load) or []:
                slots.setdefault((index, position), []).append(slot)
        rows = []
        for position, (deployment, choice) in enumerate(zip(self.deployments, answer, strict=True)):
            for node, count in choice.counts:
                on = slots.get((node, position))
                parts = {None: count} if on is None else {s: on.count(s) for s in sorted(set(on))}
                rows += [
                    Row(
                        deployment.name,
                        deployment.environment,
                        deployment.version,
                        self.nodes[node].name,
                        replicas,
                        replicas * deployment.demand,
                        slot,
                    )
                    for slot, replicas in parts.items()
                ]
        return Optimum(self.unpack(value), placed, tuple(rows))


class Descent:
    """The state of the depth-first search: one choice per deployment so far.

    What is picked leaves fewer choices to the deployments still to come: those that fit beside it
    and keep the rules between two. They are sets of bits, lowest bit best, so the least that they
    can add is known at any time.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        size = len(search.deployments)
        self.choices = [search.choices(position) for position in range(size)]
        self.due = search.rules_between()
        prices = [search.rules.opening(node.group) for node in search.nodes]
        self.opening = [price + search.pool(0, 0, 0, price) for price in prices]
        self.billed = any(self.opening)
        self.loads = [0] * len(search.nodes)
        self.picked: list[Choice] = []
        self.best: int | None = None
        self.answer: list[Choice] = []
        self.holding = [self.by_count(choices) for choices in self.choices]
        self.inside = [self.by_domains(choices) for choices in self.choices]
        self.roomy: dict[tuple[int, int, int], int] = {}

    def run(self) -> None:
        self.descend(0, 0, [(1 << len(choices)) - 1 for choices in self.choices])

    def descend(self, position: int, value: int, possible: list[int]) -> None:
        """Try every choice for the next deployment that may still lead to a better value."""
        if position == len(self.choices):
            self.best, self.answer = value, list(self.picked)
            return
        choices = self.choices[position]
        rest = sum(
            later[first(bits)].value
            for later, bits in zip(
                self.choices[position + 1 :], possible[position + 1 :], strict=True
            )
        )
        for index in ones(possible[position]):
            choice = choices[index]
            now = value + choice.value
            if self.beaten(now + rest):
                return  # choices are sorted, so all that follow are beaten too
            now += self.opened(choice)
            if self.beaten(now + rest):
                continue
            self.picked.append(choice)
            if not self.broken(position):
                self.load(position, choice, 1)
                left = self.narrowed(position, possible)
                if all(left):
                    self.descend(position + 1, now, left)
                self.load(position, choice, -1)
            self.picked.pop()

    # --- what is left to the deployments still to come ------------------------------------

    def by_count(self, choices: list[Choice]) -> list[dict[int, int]]:
        """Return per node, and replicas on it, the choices that have so many."""
        found: list[dict[int, int]] = [{} for _ in self.search.nodes]
        for index, choice in enumerate(choices):
            counts = dict(choice.counts)
            for node, sets in enumerate(found):
                count = counts.get(node, 0)
                sets[count] = sets.get(count, 0) | 1 << index
        return found

    def by_domains(self, choices: list[Choice]) -> dict[str, dict[frozenset[str], int]]:
        """Return per kind of domain, and domains used, the choices that use just these."""
        found: dict[str, dict[frozenset[str], int]] = {over: {} for over in self.search.overs}
        for index, choice in enumerate(choices):
            for over, domains in choice.domains.items():
                found[over][domains] = found[over].get(domains, 0) | 1 << index
        return found

    def narrowed(self, position: int, possible: list[int]) -> list[int]:
        """Return what is left of each later deployment's choices beside the one picked last."""
        left = list(possible)
        for node, _ in self.picked[-1].counts:
            for later in range(position + 1, len(left)):
                left[later] &= self.room(later, node, self.loads[node])
        for later in range(position + 1, len(left)):
            for kind, one, others, over in self.due[later]:
                if {one, *others} == {position, later}:
                    left[later] &= self.keeping(kind, one == position, later, over)
        return left

    def room(self, position: int, node: int, load: int) -> int:
        """Return the choices of a deployment that a node carries besides its load."""
        known = self.roomy.get((position, node, load))
        if known is None:
            known = 0
            for count, choices in self.holding[position][node].items():
                if self.search.node_fits(node, load + (count << COUNT_BITS * position)):
                    known |= choices
            self.roomy[position, node, load] = known
        return known

    def keeping(self, kind: str, mine_first: bool, later: int, over: str) -> int:
        """Return the choices of a later deployment that keep a rule with the one picked last."""
        mine = self.picked[-1].domains[over]
        found = 0
        for theirs, choices in self.inside[later][over].items():
            pair = (mine, theirs) if mine_first else (theirs, mine)
            if holds(kind, *pair):
                found |= choices
        return found

    # --- the choice picked last -----------------------------------------------------------

    def beaten(self, value: int) -> bool:
        return self.best is not None and value >= self.best

    def opened(self, choice: Choice) -> int:
        """Return what the nodes cost that nothing used before."""
        if not self.billed:
            return 0
        return sum(self.opening[node] for node, _ in choice.counts if not self.loads[node])

    def load(self, position: int, choice: Choice, sign: int) -> None:
        for node, count in choice.counts:
            self.loads[node] += sign * count << COUNT_BITS * position

    def broken(self, position: int) -> bool:
        """Whether a separation or colocation rule that is decided by now is broken."""
        for kind, one, others, over in self.due[position]:
            theirs = frozenset[str]().union(*(self.picked[o].domains[over] for o in others))
            if not holds(kind, self.picked[one].domains[over], theirs):
                return True
        return False


def holds(kind: str, mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return mine.isdisjoint(theirs) if kind == "separate" else mine <= theirs


def first(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def ones(bits: int) -> Iterator[int]:
    while bits:
        yield first(bits)
        bits &= bits - 1


def optimum(world: World, *, unlimited: bool = False, pooled: bool = False) -> Optimum:
    """Return the optimum of a world.

    ``unlimited`` leaves out the capacity of nodes. ``pooled`` returns the best plan among those
    that would be optimal if all priorities were equal.
    """
    return Search(world, unlimited=unlimited, pooled=pooled).solve()
