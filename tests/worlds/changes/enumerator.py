"""The dumbest answer to a change: every replica tried everywhere, every set of steps as a wave.

Replicas have names here: each running one stays, moves to a place or goes, each missing one
arrives. Only assignments without a needless step count, as replicas of one deployment are alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, product

from tests.differential.enumerator import deployment_holds, nodes_hold, places
from tests.worlds.changes.change import Change
from tests.worlds.rules import Rules
from tests.worlds.world import Deployment, Key, World

Place = tuple[str, int | None]
Placing = dict[Key, list[Place]]
GHOST = "old "
"""What the name of an old version that is held starts with."""


@dataclass(frozen=True)
class Step:
    key: Key
    source: Place | None
    goal: Place


class Enumerator:
    """A change with its ghosts: old versions as deployments that are there and stay."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.rules = change.rules
        self.enabled = [d for d in change.after.deployments if d.enabled]
        self.today: Placing = defaultdict(list)
        for row in change.alive:
            if row.key not in change.replaced:
                self.today[row.key] += [(row.node, row.gpu)] * row.replicas
        self.ghosts: Placing = defaultdict(list)
        for row in change.held:
            self.ghosts[GHOST + row.model, row.environment] += [(row.node, row.gpu)] * row.replicas
        self.haunted = self.with_ghosts()
        self.haunted_rules = Rules(self.haunted)

    def with_ghosts(self) -> World:
        old = tuple(
            replace(self.change.before.deployment((name[len(GHOST) :], environment)), name=name)
            for name, environment in self.ghosts
        )
        return replace(self.change.after, deployments=(*self.change.after.deployments, *old))

    def size(self) -> int:
        size = 1
        for d in self.enabled:
            size *= len(places(self.change.after, d)) ** self.change.wanted(d.key)
        return size

    # --- final placements -----------------------------------------------------------------

    def placements(self) -> Iterator[Placing]:
        """Yield every placement, replicas of one deployment in order."""
        owners = [d.key for d in self.enabled for _ in range(self.change.wanted(d.key))]
        axes = [
            places(self.change.after, d)
            for d in self.enabled
            for _ in range(self.change.wanted(d.key))
        ]
        known = set()
        for chosen in product(*axes):
            plan: Placing = {d.key: [] for d in self.enabled}
            for owner, place in zip(owners, chosen, strict=True):
                if place is not None:
                    plan[owner].append(place)
            plan = {key: sorted(found, key=str) for key, found in plan.items()}
            label = str(plan)
            if label not in known:
                known.add(label)
                yield plan

    def is_allowed(self, plan: Placing) -> bool:
        after = self.change.after
        return (
            all(len(plan[d.key]) >= self.change.least(d.key) for d in self.enabled)
            and self.holds(plan, self.ghosts)
            and all(deployment_holds(after, self.rules, d, plan[d.key], plan) for d in self.enabled)
        )

    def holds(self, plan: Placing, ghosts: Placing) -> bool:
        empty: Placing = {d.key: [] for d in self.haunted.deployments}
        return nodes_hold(self.haunted, self.haunted_rules, {**empty, **plan, **ghosts})

    def value(self, plan: Placing) -> tuple[tuple[str, int], ...]:
        tiers: dict[str, int] = {}
        classes = sorted({d.priority for d in self.enabled}, reverse=True) or [0]
        for kind in ("displaced", "unplaced"):
            for priority in classes:
                name = f"{kind}:{priority}" if len(classes) > 1 else kind
                tiers[name] = sum(
                    d.weight * max(0, self.goal(kind, d) - len(plan[d.key]))
                    for d in self.enabled
                    if d.priority == priority
                )
        tiers["moves"] = sum(d.weight * self.moved(d, plan) for d in self.enabled)
        return tuple(tiers.items())

    def goal(self, kind: str, d: Deployment) -> int:
        if kind == "unplaced":
            return d.replicas
        return min(d.replicas, sum(self.rules.movable(d).values()))

    def moved(self, d: Deployment, plan: Placing) -> int:
        old, new = self.rules.movable(d), Counter(node for node, _ in plan[d.key])
        kept = sum(min(count, new[node]) for node, count in old.items())
        return min(sum(old.values()), new.total()) - kept

    # --- orders ---------------------------------------------------------------------------

    def is_orderable(self, plan: Placing) -> bool:
        options = [self.step_lists(d.key, plan[d.key]) for d in self.enabled]
        return any(self.waves_lead(list(chain(*chosen)), plan) for chosen in product(*options))

    def step_lists(self, key: Key, goals: list[Place]) -> list[list[Step]]:
        """Return every list of steps for one deployment; what just goes has no step."""
        leave = list((Counter(self.today[key]) - Counter(goals)).elements())
        arrive = list((Counter(goals) - Counter(self.today[key])).elements())
        idle: list[Place | None] = [None] * max(0, len(arrive) - len(leave))
        found = {}
        for sources in permutations_of([*leave, *idle], len(arrive)):
            if all(place in sources for place in idle) and sources.count(None) == len(idle):
                steps = [Step(key, s, g) for s, g in zip(sources, arrive, strict=True)]
                found[str(sorted(steps, key=str))] = steps
        return list(found.values())

    def waves_lead(self, steps: list[Step], plan: Placing) -> bool:
        done: set[frozenset[int]] = set()
        agenda = [frozenset[int]()]
        while agenda:
            state = agenda.pop()
            if state in done:
                continue
            done.add(state)
            if len(state) == len(steps):
                return True
            rest = [i for i in range(len(steps)) if i not in state]
            for size in range(1, len(rest) + 1):
                agenda += [
                    state | set(wave)
                    for wave in combinations(rest, size)
                    if self.wave_holds(steps, plan, state, wave)
                ]
        return False

    def wave_holds(
        self, steps: list[Step], plan: Placing, state: frozenset[int], wave: tuple[int, ...]
    ) -> bool:
        load = {
            key: list((Counter(self.today[key]) & Counter(plan[key])).elements()) for key in plan
        }
        waiting = set()
        for i, step in enumerate(steps):
            recreate = self.change.after.deployment(step.key).rollout == "recreate"
            if i not in state:
                waiting.add((GHOST + step.key[0], step.key[1]))
            if step.source is not None and i not in state and not (recreate and i in wave):
                load[step.key].append(step.source)
            if i in state or i in wave:
                load[step.key].append(step.goal)
        return self.holds(load, {key: p for key, p in self.ghosts.items() if key in waiting})


def permutations_of(items: list[Place | None], size: int) -> Iterator[tuple[Place | None, ...]]:
    """Yield the different sequences of ``size`` members."""
    if size == 0:
        yield ()
        return
    for item in set(items):
        rest = list(items)
        rest.remove(item)
        for others in permutations_of(rest, size - 1):
            yield (item, *others)


Tiers = tuple[tuple[str, int], ...]


def answer(change: Change) -> tuple[Tiers | None, Tiers | None]:
    """Return the tiers of the best placement with and without an order, None for none.

    Displaced tiers of 0 are left out.
    """
    enumerator = Enumerator(change)
    allowed = [
        (enumerator.value(plan), plan)
        for plan in enumerator.placements()
        if enumerator.is_allowed(plan)
    ]
    allowed.sort(key=lambda pair: [value for _, value in pair[0]])
    ordered = (value for value, plan in allowed if enumerator.is_orderable(plan))
    return shown(next(ordered, None)), shown(allowed[0][0] if allowed else None)


def shown(tiers: Tiers | None) -> Tiers | None:
    if tiers is None:
        return None
    return tuple((name, v) for name, v in tiers if v or not name.startswith("displaced"))
