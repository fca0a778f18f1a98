"""Small changes to put in order, and a plain search that tries every set of steps in every wave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from random import Random

from placement.catalog.catalog import make_catalog
from placement.catalog.rows import Reserved
from placement.plan.plan import Plan
from placement.plan.rows import Change
from placement.plan.waves import Order, check, order
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.verifier.fleet import (
    EAST,
    GPUS,
    REGIONS,
    At,
    deployment,
    gpu_group,
    plan_of,
    running,
    workspace,
)

NODES = 4
CATALOG = make_catalog(
    REGIONS,
    GPUS,
    [gpu_group("n", EAST, "a", "T4", NODES, gpu_count=2, cpus=8_000)],
    reserved={"n/3": Reserved((0, 500), 2_000, 0)},
)
FREE = {
    "n/0": ((1000, 1000), 8_000),
    "n/1": ((1000, 1000), 8_000),
    "n/2": ((1000, 1000), 8_000),
    "n/3": ((1000, 500), 6_000),
}
"""What each node has left: thousandths of its GPUs, thousandths of CPUs."""


@dataclass(frozen=True)
class Story:
    """What runs, what is asked before and after, and where it should run."""

    asked_before: tuple[ModelDeployment, ...]
    asked_after: tuple[ModelDeployment, ...]
    runs: tuple[At, ...]
    plans: tuple[At, ...]
    replaced: frozenset[str] = frozenset()

    @cached_property
    def before(self) -> Workspace:
        return running(CATALOG, workspace(*self.asked_before), *self.runs)

    @cached_property
    def after(self) -> Workspace:
        keys = frozenset((name, "production") for name in self.replaced)
        space = workspace(*self.asked_after)
        return replace(space, running=self.before.running, replaced=keys)

    @cached_property
    def plan(self) -> Plan:
        return plan_of(CATALOG, self.after, *self.plans)

    def order(self, **options: int) -> Order:
        return order(CATALOG, self.before, self.after, self.plan.assignments, **options)

    def faults(self, waves: Sequence[Sequence[Change]]) -> list[str]:
        plan = replace(self.plan, waves=tuple(tuple(wave) for wave in waves))
        return [str(found) for found in check(CATALOG, self.before, self.after, plan)]


# ------------------------------------------------------------------ drawing

KINDS = (
    {"gpus": 1},
    {"gpus": 1},
    {"gpus": 2},
    {"gpus": "0.5"},
    {"gpus": 1, "cpus": 4},
    {"gpus": 0, "cpus": 3},
)
FATES = ("same", "same", "same", "moved", "moved", "moved", "moved", "replaced", "gone", "new")


def draw_story(seed: int) -> Story:
    """Return a random change on full nodes; the rows fit before and after."""
    rng = Random(seed)
    nodes = [f"n/{node}" for node in rng.sample(range(NODES), rng.randint(2, NODES))]
    before, after = {}, {}
    runs: list[At] = []
    plans: list[At] = []
    replaced = set()
    for name in "abcdef"[: rng.randint(2, 6)]:
        fate = rng.choice(FATES)
        fields = {
            "resources": dict(rng.choice(KINDS)),
            "rollout": rng.choice(["surge", "surge", "recreate"]),
            "replicas": 9,
            "flavors": [{"type": "gpu", "name": "T4"}],
        }
        one = deployment(name, **fields)
        if fate != "new":
            before[name] = one
            runs += _put(rng, one, nodes, runs, before)
        if fate == "gone":
            continue
        if fate == "replaced":
            fields["resources"] = dict(rng.choice(KINDS))
            one = deployment(name, version="2", **fields)
            replaced.add(name)
        after[name] = one
        stay = [at for at in runs if at.model == name]
        if fate == "same" and _fit(stay, plans, after):
            plans += stay
        else:
            plans += _put(rng, one, nodes, plans, after)
    replaced &= {at.model for at in runs}
    return Story(
        tuple(before.values()),
        tuple(after.values()),
        _merged(runs),
        _merged(plans),
        frozenset(replaced),
    )


def _put(
    rng: Random,
    one: ModelDeployment,
    nodes: Sequence[str],
    taken: Sequence[At],
    asked: Mapping[str, ModelDeployment],
) -> list[At]:
    """Return one to three replicas where there is room."""
    found: list[At] = []
    for _ in range(rng.randint(1, 3)):
        at = At(one.name, rng.choice(nodes), 1, rng.randrange(2) if one.is_share else None)
        if _fit([at], [*taken, *found], asked):
            found.append(at)
    return found


def _fit(more: Sequence[At], taken: Sequence[At], asked: Mapping[str, ModelDeployment]) -> bool:
    places = [*more, *taken]
    return all(
        fits(node, [(asked[at.model], at.gpu) for at in places if at.node == node])
        for node in {at.node for at in more}
    )


def _merged(places: Sequence[At]) -> tuple[At, ...]:
    counts = Counter((at.model, at.node, at.gpu) for at in places)
    return tuple(At(model, node, count, gpu) for (model, node, gpu), count in counts.items())


def fits(node: str, load: Sequence[tuple[ModelDeployment, int | None]]) -> bool:
    """Whether single replicas fit a node; written apart from the rule of capacity."""
    slots, cpus = list(FREE[node][0]), FREE[node][1]
    for one, gpu in load:
        cpus -= one.cpus
        if one.is_share:
            slots[gpu or 0] -= one.gpus
    whole = sum(one.gpus for one, _ in load if not one.is_share)
    idle = sum(1 for slot in slots if slot == 1000)
    return cpus >= 0 and min(slots) >= 0 and whole <= idle * 1000


# -------------------------------------------------------------- brute force

Place = tuple[str, int | None]


@dataclass(frozen=True)
class Step:
    """One replica that leaves (``move``, ``free``) or comes (``come``)."""

    model: str
    how: str
    place: Place
    demand: ModelDeployment


class BruteForce:
    """Every set of steps in every wave; only for a handful of steps."""

    def __init__(self, story: Story) -> None:
        old_asked = {one.name: one for one in story.asked_before}
        self.asked = {one.name: one for one in story.asked_after}
        self.leave: list[Step] = []
        self.come: list[Step] = []
        self.still: list[tuple[str, ModelDeployment, int | None]] = []
        self.moves: dict[str, int] = {}
        self.held: Counter[tuple[str, str]] = Counter()
        for name in sorted({at.model for at in (*story.runs, *story.plans)}):
            runs = Counter({(a.node, a.gpu): a.replicas for a in story.runs if a.model == name})
            plans = Counter({(a.node, a.gpu): a.replicas for a in story.plans if a.model == name})
            new, old = self.asked.get(name), old_asked.get(name)
            if new is None or name in story.replaced:
                held = new is not None and new.rollout == "surge"
                assert old is not None or not runs
                for place in runs.elements():
                    assert old is not None
                    if held:
                        self.held[name, place[0]] += 1
                        self.still.append((place[0], old, place[1]))
                    else:
                        self.leave.append(Step(name, "free", place, old))
                runs = Counter()
            for place in (runs & plans).elements():
                assert new is not None
                self.still.append((place[0], new, place[1]))
            leaving, coming = runs - plans, plans - runs
            self.moves[name] = min(leaving.total(), coming.total())
            for place in leaving.elements():
                assert old is not None
                self.leave.append(Step(name, "move", place, old))
            for place in coming.elements():
                assert new is not None
                self.come.append(Step(name, "come", place, new))

    @property
    def size(self) -> int:
        return len(self.leave) + len(self.come)

    @cached_property
    def fewest(self) -> int | None:
        """Return the fewest waves, without one for held rows alone; None if no order works."""
        start = (frozenset(range(len(self.leave))), frozenset(range(len(self.come))), ())
        level, seen, waves = {start}, {start}, 0
        while level:
            if any(not leave and not come for leave, come, _ in level):
                return waves
            waves += 1
            level = {after for state in level for after in self._waves(state)} - seen
            seen |= level
        return None

    def _waves(self, state) -> Iterator[tuple]:
        leave, come, spent = state
        here, coming = sorted(leave), sorted(come)
        options = [
            (None, "free") if self.leave[i].how == "free" else (None, "move", "free") for i in here
        ]
        for choice in product(*options):
            gone = dict(zip(here, choice, strict=True))
            for picks in product((False, True), repeat=len(coming)):
                came = [i for i, pick in zip(coming, picks, strict=True) if pick]
                left = [i for i in here if gone[i]]
                if not came and not left:
                    continue
                used = self._counts(dict(spent), gone, came)
                if used is None or not self._has_room(leave, come, gone, came):
                    continue
                yield leave - set(left), come - set(came), tuple(sorted(used.items()))

    def _counts(self, used, gone, came):
        """Add up moves, places and removals per model; None if they are not what they must be."""
        for model, moves in self.moves.items():
            mine = [i for i in gone if self.leave[i].model == model and self.leave[i].how == "move"]
            total = len([step for step in self.leave if step.model == model and step.how == "move"])
            moved = sum(gone[i] == "move" for i in mine)
            freed = sum(gone[i] == "free" for i in mine)
            arrived = sum(self.come[i].model == model for i in came)
            arrivals = sum(step.model == model for step in self.come)
            if moved > arrived:
                return None
            for name, more, most in (
                ("free", freed, total - moves),
                ("place", arrived - moved, arrivals - moves),
            ):
                used[model, name] = used.get((model, name), 0) + more
                if used[model, name] > most:
                    return None
        return used

    def _has_room(self, leave, come, gone, came) -> bool:
        for node in {self.come[i].place[0] for i in came}:
            load = [(one, gpu) for where, one, gpu in self.still if where == node]
            load += [
                (self.come[i].demand, self.come[i].place[1])
                for i in range(len(self.come))
                if (i not in come or i in came) and self.come[i].place[0] == node
            ]
            for i in leave:
                step = self.leave[i]
                at_start = gone.get(i) == "free" or (
                    gone.get(i) == "move" and self.asked[step.model].rollout == "recreate"
                )
                if step.place[0] == node and not at_start:
                    load.append((step.demand, step.place[1]))
            if not fits(node, load):
                return False
        return True

    def accepts(self, waves: Sequence[Sequence[Change]]) -> bool:
        """Whether waves do every step once and in time; only for stories without shares."""
        leave, come, used = set(range(len(self.leave))), set(range(len(self.come))), {}
        held = self.held.copy()
        for wave in waves:
            gone: dict[int, str] = {}
            came: list[int] = []
            for change in wave:
                for _ in range(change.replicas):
                    if change.action == "remove" and held[change.model, change.from_node or ""]:
                        held[change.model, change.from_node or ""] -= 1
                        if come:
                            return False
                        continue
                    if change.from_node is not None:
                        how = "move" if change.action == "move" else "free"
                        mine = self._pick(self.leave, leave - set(gone), change, change.from_node)
                        if mine is None or (self.leave[mine].how == "free" and how == "move"):
                            return False
                        gone[mine] = how
                    if change.to_node is not None:
                        mine = self._pick(self.come, come - set(came), change, change.to_node)
                        if mine is None:
                            return False
                        came.append(mine)
            used = self._counts(used, gone, came)
            if used is None or not self._has_room(leave, come, gone, came):
                return False
            leave, come = leave - set(gone), come - set(came)
        return not leave and not come and not held.total()

    def _pick(self, steps: Sequence[Step], left: set[int], change: Change, node: str) -> int | None:
        return next(
            (
                i
                for i in sorted(left)
                if (steps[i].model, steps[i].place[0]) == (change.model, node)
            ),
            None,
        )
