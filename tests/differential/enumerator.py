"""The dumbest optimum: every replica tried on every node and slot, each plan judged whole."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

from tests.worlds.rules import Rules
from tests.worlds.world import Deployment, World

Place = tuple[str, int | None]
Placing = dict[tuple[str, str], list[Place]]


def places(world: World, deployment: Deployment) -> list[Place | None]:
    """Return where one replica might be: nowhere, or a node (and a slot, if it is a share)."""
    found: list[Place | None] = [None]
    for group in world.groups:
        for node in group.nodes():
            if 0 < deployment.demand < 1000 and group.flavor_type == "gpu":
                found += [(node, slot) for slot in range(len(group.slots))]
            else:
                found.append((node, None))
    return found


def size(world: World) -> int:
    """Return how many plans there are to judge."""
    return prod(len(places(world, d)) ** d.replicas for d in world.deployments if d.enabled)


def keep_rules(world: World, rules: Rules, plan: Placing) -> bool:
    return all(
        deployment_holds(world, rules, d, plan[d.key], plan) for d in enabled(world)
    ) and nodes_hold(world, rules, plan)


def enabled(world: World) -> list[Deployment]:
    return [d for d in world.deployments if d.enabled]


def deployment_holds(
    world: World, rules: Rules, d: Deployment, mine: list[Place], plan: Placing
) -> bool:
    if not mine:
        return True
    if len(mine) < d.min_replicas:
        return False
    stay = rules.movable(d)
    for node, count in Counter(node for node, _ in mine).items():
        group = rules.groups[node.split("/")[0]]
        state = dict(world.states).get(node, group.state)
        if not rules.eligible(d, group) or state in ("draining", "lost"):
            return False
        if state == "cordoned" and count > stay.get(node, 0):
            return False
    for entry in d.spread:
        per = Counter(rules.domain(node, entry.over) for node, _ in mine)
        if entry.max_per_domain is not None and any(v > entry.max_per_domain for v in per.values()):
            return False
        if entry.min_domains is not None and len(per) < min(entry.min_domains, d.replicas):
            return False
        if entry.max_skew is not None:
            for group in world.groups:
                for node in group.nodes() if rules.eligible(d, group) else ():
                    if dict(world.states).get(node, group.state) in ("ready", "cordoned"):
                        per[rules.domain(node, entry.over)] += 0
            if max(per.values()) - min(per.values()) > entry.max_skew:
                return False
    for rule in d.separate_from:
        here = {rules.domain(node, rule.over) for node, _ in mine}
        for other in enabled(world):
            there = {rules.domain(node, rule.over) for node, _ in plan[other.key]}
            if matches(rule, d, other) and here & there:
                return False
    for rule in d.together_with:
        there = {
            rules.domain(node, rule.over)
            for other in enabled(world)
            if matches(rule, d, other)
            for node, _ in plan[other.key]
        }
        if any(rules.domain(node, rule.over) not in there for node, _ in mine):
            return False
    return True


def matches(rule, mine: Deployment, other: Deployment) -> bool:
    if other.key == mine.key or rule.environment not in (None, other.environment):
        return False
    return set(rule.labels) <= set(other.labels)


def nodes_hold(world: World, rules: Rules, plan: Placing) -> bool:
    used: dict[str, Counter[int | str]] = {}
    for d in enabled(world):
        for node, slot in plan[d.key]:
            load = used.setdefault(node, Counter())
            load["cpus"] += d.cpus
            load["memory"] += d.memory
            for name, amount in d.extra:
                load["x " + name] += amount
            if slot is not None:
                load[slot] += d.demand
            elif d.demand:
                load["whole"] += d.demand // 1000
    for node, load in used.items():
        group = rules.groups[node.split("/")[0]]
        held = rules.reserved.get(node)
        extra = dict(group.extra)
        if load["cpus"] + (held.cpus if held else 0) > group.cpus:
            return False
        if load["memory"] + (held.memory if held else 0) > group.memory:
            return False
        for what, amount in load.items():
            if str(what).startswith("x ") and amount > extra.get(str(what)[2:], 0):
                return False
        rest = held.gpus if held else 0
        untouched = 0
        for index in range(len(group.slots) - 1, -1, -1):
            taken = min(rest, group.slots[index])
            rest -= taken
            if load[index] + taken > group.slots[index]:
                return False
            untouched += not load[index] + taken
        if load["whole"] > untouched:
            return False
    return True


def value(world: World, rules: Rules, plan: Placing) -> dict[str, int]:
    """Return the tiers of a plan that keeps the rules, zero displaced ones included."""
    tiers: dict[str, int] = {}
    classes = sorted({d.priority for d in enabled(world)}, reverse=True)
    for kind in ("displaced", "unplaced"):
        for priority in classes or [0]:
            total = 0
            for d in enabled(world):
                if d.priority != priority:
                    continue
                goal = d.replicas
                if kind == "displaced":
                    goal = min(goal, sum(rules.movable(d).values()))
                total += max(0, goal - len(plan[d.key])) * d.weight
            tiers[f"{kind}:{priority}" if len(classes) > 1 else kind] = total
    tiers["moves"] = 0
    last = 0
    for d in enabled(world):
        now, old = Counter(node for node, _ in plan[d.key]), rules.movable(d)
        kept = sum(min(now[node], count) for node, count in old.items())
        tiers["moves"] += (min(sum(old.values()), len(plan[d.key])) - kept) * d.weight
        last += sum(
            count * rules.additive(d, rules.groups[node.split("/")[0]])
            for node, count in now.items()
        )
    for node in {node for places in plan.values() for node, _ in places}:
        last += rules.opening(rules.groups[node.split("/")[0]])
    return tiers | {world.objective: last}


def best_value(world: World) -> tuple[tuple[str, int], ...]:
    """Return the tiers of the best of all plans."""
    rules = Rules(world)
    axes = [places(world, d) for d in enabled(world) for _ in range(d.replicas)]
    owners = [d.key for d in enabled(world) for _ in range(d.replicas)]
    best: dict[str, int] | None = None
    for chosen in product(*axes):
        plan: Placing = {d.key: [] for d in enabled(world)}
        for owner, place in zip(owners, chosen, strict=True):
            if place is not None:
                plan[owner].append(place)
        if keep_rules(world, rules, plan):
            tiers = value(world, rules, plan)
            if best is None or tuple(tiers.values()) < tuple(best.values()):
                best = tiers
    if best is None:
        raise AssertionError("placing nothing keeps every rule")
    return tuple((k, v) for k, v in best.items() if v or not k.startswith("displaced"))
