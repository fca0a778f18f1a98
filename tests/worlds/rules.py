"""What the semantics page says about one deployment, one node group, one node.

Written from docs/semantics.md alone; nothing of the package is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from tests.worlds.geography import BLOCS, CONTINENTS, COUNTRIES
from tests.worlds.world import Deployment, Group, Key, Peers, Policy, Region, Spread, World


@dataclass(frozen=True)
class Node:
    name: str
    group: Group
    state: str
    free_slots: tuple[int, ...]
    whole_slots: tuple[bool, ...]
    cpus: int
    memory: int
    extra: dict[str, int]


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
        self.states = dict(world.states)
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
        return half_even(Fraction(deployment.weight * total) / weights)

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
            holds = self.state(group, row.node) in ("ready", "cordoned")
            if holds and self.eligible(deployment, group):
                found[row.node] = found.get(row.node, 0) + row.replicas
        return found

    # --- one node -------------------------------------------------------------------------

    def state(self, group: Group, node: str) -> str:
        """Return the state of a node: its own, else its group's."""
        return self.states.get(node, group.state)

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
            self.state(group, name),
            tuple(slots),
            tuple(whole),
            group.cpus - (held.cpus if held else 0),
            group.memory - (held.memory if held else 0),
            dict(group.extra),
        )


def pack(
    shares: list[int], free: tuple[int, ...], whole: tuple[bool, ...], wanted: int
) -> list[int] | None:
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
        if rules.eligible(deployment, group)
        for node in group.nodes()
        if rules.state(group, node) in ("ready", "cordoned")
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
