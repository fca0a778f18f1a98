"""The exact optimum of a tiny world, by enumeration of replica counts per node.

Written from docs/semantics.md alone; nothing of the package is imported. For each deployment
every vector of counts over nodes that its own rules admit is listed; a depth-first search
combines the vectors, checks nodes (GPU slots packed exactly, remembered per node and load),
separation and colocation, and cuts branches that cannot beat the best lexicographic value.
Tiers are packed into one integer, most significant first, so that comparing and adding tiers
is comparing and adding integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from tests.worlds.world import Deployment, Group, Key, Peers, Policy, Region, Row, Spread, World

BITS = 48
LAST_BITS = 96
COUNT_BITS = 4

COUNTRIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "US": ("NA", ("usa", "united states")),
    "CA": ("NA", ("canada",)),
    "DE": ("EU", ("germany",)),
    "FR": ("EU", ("france",)),
    "GB": ("EU", ("united kingdom",)),
    "NO": ("EU", ("norway",)),
    "JP": ("AS", ("japan",)),
    "SG": ("AS", ("singapore",)),
    "BR": ("SA", ("brazil",)),
    "AU": ("OC", ("australia",)),
}
"""Country code: continent code, further names."""

CONTINENTS = {
    "NA": "north america",
    "SA": "south america",
    "EU": "europe",
    "AF": "africa",
    "AS": "asia",
    "OC": "oceania",
}

BLOCS = {"EU": frozenset({"DE", "FR"}), "EEA": frozenset({"DE", "FR", "NO"})}
"""Members among the countries above."""


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
class Node:
    name: str
    group: Group
    free_slots: tuple[int, ...]
    whole_slots: tuple[bool, ...]
    cpus: int
    memory: int
    extra: dict[str, int]


@dataclass(frozen=True)
class Choice:
    """One vector of counts for one deployment, with what it adds to the packed value."""

    value: int
    counts: tuple[tuple[int, int], ...]
    domains: dict[str, frozenset[str]]


def half_even(value: Fraction) -> int:
    """Round to the nearest integer, ties to even (what ``round`` does on fractions)."""
    return round(value)


def allows_location(spec: tuple[tuple[str, str], ...], region: Region) -> bool:
    """Whether a region has one of the listed places around it."""
    _, aliases = COUNTRIES[region.country]
    for kind, text in spec:
        word = text.lower()
        match kind:
            case "region":
                hit = word in (region.key.lower(), region.code.lower())
            case "country":
                hit = word == region.country.lower() or word in aliases
            case "continent":
                hit = word in (region.continent.lower(), CONTINENTS[region.continent])
            case "bloc":
                hit = region.country in BLOCS[text.upper()]
            case _:
                raise ValueError(kind)
        if hit:
            return True
    return False


class Rules:
    """A world with its look-ups: who may go where, and what one replica costs there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.regions = {region.key: region for region in world.regions}
        self.gpus = {gpu.name: gpu for gpu in world.gpus}
        self.groups = {group.name: group for group in world.groups}
        self.policies = {policy.name: policy for policy in world.policies}
        self.environments = {env.name: env for env in world.environments}
        self.reserved = {row.node: row for row in world.reserved}
        self.round_trips = {(a, b): value for a, b, value in world.latency}
        self._eligible: dict[tuple[Key, str], bool] = {}

    # --- which node groups a deployment may use -------------------------------------------

    def gpu_names(self, text: str) -> set[str]:
        word = text.lower()
        return {
            gpu.name
            for gpu in self.world.gpus
            if word == gpu.name.lower()
            or word in (alias.lower() for alias in gpu.aliases)
            or (gpu.family is not None and word == gpu.family.lower())
        }

    def is_flavor(self, group: Group, kind: str, text: str) -> bool:
        if kind != group.flavor_type:
            return False
        if kind == "cpu":
            return text.lower() == group.flavor.lower()
        return group.flavor in self.gpu_names(text)

    def allows(self, policy: Policy, group: Group) -> bool:
        region = self.regions[group.region]
        match policy.type:
            case "location":
                return allows_location(policy.spec, region)
            case "flavor":
                return any(self.is_flavor(group, kind, text) for kind, text in policy.spec)
            case "provider":
                return region.provider in policy.spec
            case "price":
                limit = Fraction(policy.spec[0]) * 10**9
                return group.flavor_type == "cpu" or Fraction(group.price, group.gpu_count) <= limit
            case "carbon":
                return region.carbon is not None and region.carbon <= policy.spec[0] * 1000
            case _:
                raise ValueError(policy.type)

    def targets(self, policy: Policy, deployment: Deployment) -> bool:
        labels = dict(deployment.labels)
        return (not policy.resource_types or "model" in policy.resource_types) and all(
            labels.get(key) == value for key, value in policy.selector
        )

    def by_policies(self, deployment: Deployment, group: Group) -> bool:
        environment = self.environments.get(deployment.environment)
        for names in (environment.policies if environment else (), deployment.policies):
            level = [
                policy
                for policy in (self.policies[name] for name in names)
                if not policy.observe and self.targets(policy, deployment)
            ]
            for kind in {policy.type for policy in level}:
                if not any(self.allows(p, group) for p in level if p.type == kind):
                    return False
        return True

    def by_hardware(self, deployment: Deployment, group: Group) -> bool:
        flavors = deployment.flavors
        matches = any(self.is_flavor(group, kind, text) for kind, text in flavors)
        if flavors and not matches:
            return False
        gpus = deployment.demand
        if gpus:
            if group.flavor_type != "gpu":
                return False
            if gpus < 1000:
                if gpus > group.slots[0]:
                    return False
            elif group.fraction is not None or gpus > 1000 * group.gpu_count:
                return False
            memory = self.gpus[group.flavor].memory
            if deployment.gpu_memory * 1000 > memory * min(1000, gpus):
                return False
        elif group.flavor_type != "cpu" and not any(kind == "gpu" for kind, _ in flavors):
            return False
        room = dict(group.extra)
        return (
            deployment.cpus <= group.cpus
            and deployment.memory <= group.memory
            and all(amount <= room.get(name, 0) for name, amount in deployment.extra)
        )

    def eligible(self, deployment: Deployment, group: Group) -> bool:
        """Whether every policy, the flavors and the hardware admit a node group."""
        known = self._eligible.get((deployment.key, group.name))
        if known is None:
            known = self.by_hardware(deployment, group) and self.by_policies(deployment, group)
            self._eligible[deployment.key, group.name] = known
        return known

    def domain(self, node: str, over: str) -> str:
        group = self.groups[node.rsplit("/", 1)[0]]
        region = self.regions[group.region]
        match over:
            case "node":
                return node
            case "zone":
                return f"{region.key}/{group.zone}"
            case "region":
                return region.key
            case "country":
                return region.country
            case "continent":
                return region.continent
            case "provider":
                return region.provider
        raise ValueError(over)

    # --- what one replica is worth --------------------------------------------------------

    def part(self, deployment: Deployment, group: Group) -> Fraction:
        if not deployment.demand:
            return Fraction(deployment.cpus, group.cpus)
        gpus = Fraction(deployment.demand, 1000)
        return gpus / (group.fraction if group.fraction is not None else group.gpu_count)

    def share_cost(self, deployment: Deployment, group: Group) -> int:
        return half_even(Fraction(group.price, 1000) * self.part(deployment, group))

    def node_cost(self, group: Group) -> int:
        return half_even(Fraction(group.price, 1000))

    @cached_property
    def worst_carbon(self) -> int:
        return max((r.carbon for r in self.world.regions if r.carbon is not None), default=0)

    @cached_property
    def worst_tdp(self) -> int:
        return max((g.tdp for g in self.world.gpus if g.tdp is not None), default=0)

    def carbon(self, deployment: Deployment, group: Group) -> int:
        intensity = self.regions[group.region].carbon
        watts = Fraction(deployment.cpus, 1000) * Fraction(7, 2)
        if deployment.demand:
            tdp = self.gpus[group.flavor].tdp
            watts += Fraction(deployment.demand, 1000) * (self.worst_tdp if tdp is None else tdp)
        used = self.worst_carbon if intensity is None else intensity
        return half_even(watts * used / 1000)

    def round_trip(self, country: str, region: str) -> Fraction:
        values = []
        for near in self.regions.values():
            if near.country == country:
                pairs = {(near.key, region), (region, near.key)}
                values += [self.round_trips[pair] for pair in pairs if pair in self.round_trips]
        return Fraction(sum(values), len(values))

    def latency(self, deployment: Deployment, group: Group) -> int:
        if not deployment.origins:
            return 0
        weights = sum(Fraction(weight) for _, weight in deployment.origins)
        total = sum(
            Fraction(weight) * self.round_trip(country, group.region)
            for country, weight in deployment.origins
        )
        return half_even(deployment.weight * total / weights)

    @cached_property
    def mix(self) -> dict[str, int]:
        """What one step of each objective adds to the last tier."""
        name, _, text = self.world.objective.partition(":")
        if name != "mix":
            return {name: 1}
        pairs = [entry.split("=") for entry in text.split(",")]
        weights = {key: Decimal(value) for key, value in pairs}
        exponents = (int(weight.as_tuple().exponent) for weight in weights.values())
        scale = 10 ** max(0, *(-exponent for exponent in exponents))
        unit = {"cost": 1, "carbon": 1000, "latency": 1}
        return {key: int(weight * scale) * unit[key] for key, weight in weights.items()}

    def additive(self, deployment: Deployment, group: Group) -> int:
        """Return what one replica adds to the last tier, node prices left out."""
        value = 0
        for name, factor in self.mix.items():
            if name == "carbon":
                value += factor * self.carbon(deployment, group)
            elif name == "latency":
                value += factor * self.latency(deployment, group)
            elif self.world.billing == "share":
                value += factor * self.share_cost(deployment, group)
        return value

    def opening(self, group: Group) -> int:
        """Return what using a node of a group adds to the last tier."""
        if self.world.billing != "node":
            return 0
        return self.mix.get("cost", 0) * self.node_cost(group)

    # --- what runs today ------------------------------------------------------------------

    def movable(self, deployment: Deployment) -> dict[str, int]:
        """Return the running replicas that may stay, per node."""
        found: dict[str, int] = {}
        for row in self.world.running:
            if row.key != deployment.key or not deployment.enabled:
                continue
            if row.version != deployment.version or row.gpus != row.replicas * deployment.demand:
                continue
            name, _, index = row.node.rpartition("/")
            group = self.groups.get(name)
            if group is None or int(index) >= group.count:
                continue
            if group.state in ("ready", "cordoned") and self.eligible(deployment, group):
                found[row.node] = found.get(row.node, 0) + row.replicas
        return found

    # --- one node -------------------------------------------------------------------------

    def node(self, group: Group, name: str) -> Node:
        held = self.reserved.get(name)
        slots, whole = list(group.slots), [True] * len(group.slots)
        rest = held.gpus if held else 0
        for index in reversed(range(len(slots))):
            taken = min(rest, slots[index])
            if taken:
                slots[index] -= taken
                whole[index] = False
                rest -= taken
        return Node(
            name,
            group,
            tuple(slots),
            tuple(whole),
            group.cpus - (held.cpus if held else 0),
            group.memory - (held.memory if held else 0),
            dict(group.extra),
        )


def pack(shares: list[int], free: tuple[int, ...], whole: tuple[bool, ...], wanted: int):
    """Return the slot of each share such that ``wanted`` whole slots stay untouched, or None."""
    touched = [not value for value in whole]
    room = list(free)
    chosen: list[int] = []

    def place(position: int) -> bool:
        if touched.count(False) < wanted:
            return False
        if position == len(shares):
            return True
        tried = set()
        for slot in range(len(room)):
            state = (room[slot], touched[slot])
            if room[slot] < shares[position] or state in tried:
                continue
            tried.add(state)
            before = touched[slot]
            room[slot] -= shares[position]
            touched[slot] = True
            chosen.append(slot)
            if place(position + 1):
                return True
            chosen.pop()
            room[slot] += shares[position]
            touched[slot] = before
        return False

    return chosen if place(0) else None


def spread_holds(
    rules: Rules, entry: Spread, deployment: Deployment, counts: dict[str, int], skewed: set[str]
) -> bool:
    """Whether one spread entry holds for replicas per node (something is placed)."""
    per: dict[str, int] = {}
    for node, count in counts.items():
        domain = rules.domain(node, entry.over)
        per[domain] = per.get(domain, 0) + count
    if entry.max_per_domain is not None and max(per.values()) > entry.max_per_domain:
        return False
    if entry.min_domains is not None and len(per) < min(entry.min_domains, deployment.replicas):
        return False
    if entry.max_skew is not None:
        values = [per.get(domain, 0) for domain in skewed | set(per)]
        return max(values) - min(values) <= entry.max_skew
    return True


def skew_domains(rules: Rules, deployment: Deployment, over: str) -> set[str]:
    """Return the domains with an eligible node group that has a ready or cordoned node."""
    return {
        rules.domain(node, over)
        for group in rules.world.groups
        if group.state in ("ready", "cordoned") and rules.eligible(deployment, group)
        for node in group.nodes()
    }


def peers(world: World, deployment: Deployment, rule: Peers) -> list[Deployment]:
    """Return the other enabled deployments that a peer selector matches."""
    return [
        other
        for other in world.deployments
        if other.key != deployment.key
        and other.enabled
        and (rule.environment is None or other.environment == rule.environment)
        and all(dict(other.labels).get(key) == value for key, value in rule.labels)
    ]


class Search:
    """Depth-first search over one choice per deployment."""

    def __init__(self, world: World, *, unlimited: bool = False, pooled: bool = False) -> None:
        self.world = world
        self.rules = Rules(world)
        self.unlimited = unlimited
        self.pooled = pooled
        rules = self.rules
        self.nodes = [
            rules.node(group, name)
            for group in world.groups
            if group.state in ("ready", "cordoned")
            for name in group.nodes()
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

    def vectors(self, position: int, limits: list[tuple[int, int]], most: int) -> Iterator[dict]:
        """Yield counts per node index within the limits, at most ``most`` in total."""

        def extend(start: int, left: int, counts: dict[int, int]) -> Iterator[dict]:
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
            ready = node.group.state == "ready"
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
        found = []
        for vector in self.vectors(position, limits, deployment.replicas):
            placed = sum(vector.values())
            if 0 < placed < deployment.min_replicas:
                continue
            counts = {self.nodes[index].name: count for index, count in vector.items()}
            if placed and not all(
                spread_holds(rules, entry, deployment, counts, skewed.get(entry.over, set()))
                for entry in deployment.spread
            ):
                continue
            kept = sum(min(count, old.get(node, 0)) for node, count in counts.items())
            weight = deployment.weight
            displaced = max(0, kept_goal - placed) * weight
            unplaced = (deployment.replicas - placed) * weight
            moves = (min(sum(old.values()), placed) - kept) * weight
            last = sum(count * unit[index] for index, count in vector.items())
            value = (
                (displaced << self.shift(rank))
                + (unplaced << self.shift(size + rank))
                + (moves << self.shift(2 * size))
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
        size = len(self.deployments)
        choices = [self.choices(position) for position in range(size)]
        least = [0] * (size + 1)
        for position in reversed(range(size)):
            least[position] = least[position + 1] + choices[position][0].value
        due = self.rules_between()
        prices = [self.rules.opening(node.group) for node in self.nodes]
        opening = [price + self.pool(0, 0, 0, price) for price in prices]
        billed = any(opening)
        loads = [0] * len(self.nodes)
        picked: list[Choice] = []
        best: int | None = None
        answer: list[Choice] = []

        def broken(position: int) -> bool:
            for kind, first, others, over in due[position]:
                mine = picked[first].domains[over]
                if kind == "separate":
                    if mine & picked[others[0]].domains[over]:
                        return True
                elif not mine <= frozenset().union(*(picked[o].domains[over] for o in others)):
                    return True
            return False

        def descend(position: int, value: int) -> None:
            nonlocal best, answer
            if position == size:
                best, answer = value, list(picked)
                return
            shift = COUNT_BITS * position
            rest = least[position + 1]
            for choice in choices[position]:
                now = value + choice.value
                if best is not None and now + rest >= best:
                    return
                if billed:
                    now += sum(opening[node] for node, _ in choice.counts if not loads[node])
                    if best is not None and now + rest >= best:
                        continue
                if not all(
                    self.node_fits(node, loads[node] + (count << shift))
                    for node, count in choice.counts
                ):
                    continue
                picked.append(choice)
                if not due[position] or not broken(position):
                    for node, count in choice.counts:
                        loads[node] += count << shift
                    descend(position + 1, now)
                    for node, count in choice.counts:
                        loads[node] -= count << shift
                picked.pop()

        descend(0, 0)
        if best is None:
            raise AssertionError("placing nothing is always possible")
        return self.decode(best, answer)

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


def optimum(world: World, *, unlimited: bool = False, pooled: bool = False) -> Optimum:
    """Return the optimum of a world.

    ``unlimited`` leaves out the capacity of nodes. ``pooled`` returns the best plan among those
    that would be optimal if all priorities were equal.
    """
    return Search(world, unlimited=unlimited, pooled=pooled).solve()
