"""Conflicts and repairs of random worlds in which not everything fits, judged by brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pytest

from placement.plan.plan import Plan
from placement.planner import Planner
from placement.workspace.refusal import Conflict, MemberKind
from tests.conflicts.brute import needs_of, possible
from tests.repairs.applying import needs_beside, with_repair
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.seeds import seeds_of
from tests.worlds.world import Key, World

WORLDS = 610
CHUNKS = 10
SMALL = 4
"""Up to so many members every subset is tried, beyond that those that lack one member."""


@dataclass(frozen=True)
class Stuck:
    """A world in which not everything fits, with all that is said about it."""

    world: World
    planner: Planner
    plan: Plan
    conflicts: tuple[Conflict, ...]

    @property
    def placed(self) -> Counter[Key]:
        placed: Counter[Key] = Counter()
        for row in self.plan.assignments:
            placed[row.key] += row.replicas
        return placed

    @property
    def takes_three(self) -> bool:
        """Whether no less than three things together make it impossible."""
        return all(len(conflict.members) >= 3 for conflict in self.conflicts)


def stuck_worlds(chunk: int) -> Iterator[Stuck]:
    for seed in seeds_of(chunk, WORLDS, CHUNKS):
        world = random_world(seed)
        planner, workspace = Planner(catalog_of(world)), workspace_of(world)
        plan = planner.plan(workspace)
        found = planner.conflicts(workspace, plan=plan)
        assert bool(found) == bool(plan.unplaced), seed
        if found:
            yield Stuck(world, planner, plan, found)


def faults(stuck: Stuck) -> Iterator[str]:
    """Yield what is wrong with the conflicts of a world."""
    needs = needs_of(stuck.world)
    seen: Counter[str] = Counter()
    for conflict in stuck.conflicts:
        members = set(conflict.members)
        seen.update(members)
        if not (conflict.proved and conflict.minimal):
            yield f"not decided: {conflict}"
        if possible(stuck.world, members, needs):
            yield f"no conflict: {conflict}"
        for rest in subsets(members):
            if not possible(stuck.world, rest, needs):
                yield f"innocent are {members - rest} of {conflict}"
    yield from (f"{member} is in {n} conflicts" for member, n in seen.items() if n > 1)


def subsets(members: set[str]) -> Iterator[set[str]]:
    """Yield the proper subsets of a few members, or the largest ones of many."""
    sizes = range(len(members)) if len(members) <= SMALL else (len(members) - 1,)
    for size in sizes:
        yield from map(set, combinations(sorted(members), size))


def failing_repairs(stuck: Stuck) -> Iterator[str]:
    """Yield the repairs after which something still has no place."""
    workspace = workspace_of(stuck.world)
    for conflict in stuck.conflicts:
        keys = [m.owner for m in conflict.parts if m.kind is MemberKind.DEMAND]
        for repair in stuck.planner.repairs(workspace, conflict, plan=stuck.plan):
            after = with_repair(stuck.world, repair)
            if after == stuck.world:
                yield f"{repair} changes nothing"
            needs = needs_beside(after, stuck.placed, keys)
            if not possible(after, None, needs):
                yield f"{repair} does not help against {conflict}"


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_conflicts_are_minimal_and_repairs_make_it_fit(chunk: int) -> None:
    worlds = list(stuck_worlds(chunk))
    assert len(worlds) >= 50
    assert 3 * sum(stuck.takes_three for stuck in worlds) >= len(worlds)
    wrong = {stuck.world.seed: list(faults(stuck)) for stuck in worlds}
    assert {seed: found for seed, found in wrong.items() if found} == {}
    failing = {stuck.world.seed: list(failing_repairs(stuck)) for stuck in worlds}
    assert {seed: found for seed, found in failing.items() if found} == {}


def test_a_wrong_conflict_is_noticed() -> None:
    """A member too few makes it possible, a member too many makes one innocent."""
    stuck = next(one for one in stuck_worlds(3) if one.takes_three)
    (conflict, *_) = stuck.conflicts
    needs = needs_of(stuck.world)
    assert possible(stuck.world, set(conflict.members[1:]), needs)
    more = {*conflict.members, "deployment nobody@production"}
    assert not all(possible(stuck.world, more - {member}, needs) for member in more)
