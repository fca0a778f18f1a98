"""What must hold of every explanation, whatever the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from random import Random

from placement.explanation.explain import explain
from placement.explanation.question import Question
from placement.explanation.standing import Standing
from placement.explanation.values import Explanation, StepKind
from placement.objectives.mix import parse_objective
from tests.explanation.standings import Case, cases
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.relations import reordered_lists, shuffled, with_policies_twice
from tests.worlds.world import World

WORLDS = 200
FIRST = 800_000
COST = parse_objective("cost")


def explanations(case: Case, world: World | None = None) -> list[Explanation]:
    """Explain every deployment of a case, or of another world in which the same runs."""
    catalog, workspace = case.catalog, case.workspace
    if world is not None:
        catalog = catalog_of(world)
        workspace = workspace_of(world).revised(running=case.workspace.running)
    standing = Standing(workspace, catalog)
    return [explain(standing, one, Question(), COST) for one in workspace.deployments]


@cache
def drawn() -> tuple[tuple[Case, list[Explanation]], ...]:
    return tuple((case, explanations(case)) for case in cases(WORLDS, FIRST))


def every() -> Iterator[Explanation]:
    for _, explained in drawn():
        yield from explained


def test_what_is_left_never_grows() -> None:
    shrinking = 0
    for found in every():
        left = [step.left for step in found.steps]
        for before, after in pairwise(left):
            assert after.node_groups <= before.node_groups
            assert after.nodes <= before.nodes
            assert after.gpus <= before.gpus
            assert after.countries <= before.countries
            shrinking += after != before
    assert shrinking >= 700


def test_what_is_left_in_the_end_is_what_nothing_refuses() -> None:
    for found in every():
        assert found.steps[0].kind is StepKind.FLEET
        assert found.steps[-1].kind is StepKind.ROOM
        free = sum(not place.reasons for place in found.places)
        assert found.steps[-1].left.node_groups == found.steps[-1].alone == free
        assert found.histogram.free == free
        assert found.histogram.total == len(found.places)
        assert sum(share.node_groups for share in found.histogram.refused) == (
            len(found.places) - free
        )


def test_each_step_alone_allows_at_least_what_is_left_after_it() -> None:
    for found in every():
        assert all(step.left.node_groups <= step.alone for step in found.steps)


def test_the_order_of_policies_and_policies_that_are_given_twice_do_not_matter() -> None:
    changed = 0
    for case, before in drawn():
        rng = Random(case.world.seed)
        for other in (
            shuffled(case.world, rng),
            reordered_lists(case.world, rng),
            with_policies_twice(case.world),
        ):
            after = explanations(case, other)
            assert words(after) == words(before), case.world.seed
            changed += other != case.world
    assert changed >= 200


def words(found: list[Explanation]) -> list[object]:
    """Return what explanations say, apart from names and the order in which entries are written.

    A policy that is given twice may be so under another name.
    """
    return [
        (
            [(share.label, share.node_groups) for share in one.histogram.refused],
            [(place.node_group, place.verdict, place.value) for place in one.places],
            [(step.kind, step.type, step.level, step.alone, step.left) for step in one.steps],
        )
        for one in found
    ]


def test_one_more_policy_of_a_type_on_a_level_never_takes_anything_away() -> None:
    seen: Counter[bool] = Counter()
    for case, _ in drawn():
        for policy in case.world.policies:
            for other in case.world.policies:
                if other.type != policy.type or other == policy:
                    continue
                world = beside(case.world, policy.name, other.name)
                bare = beside(case.world, policy.name, policy.name)
                for less, more in zip(
                    explanations(case, bare), explanations(case, world), strict=True
                ):
                    if not binding(less, policy.name):
                        continue
                    before, after = free(less), free(more)
                    assert before <= after, (case.world.seed, policy.name, other.name)
                    seen[before < after] += 1
    assert min(seen.values()) >= 10, seen


def beside(world: World, name: str, other: str) -> World:
    """Attach a second policy wherever a first one is attached."""

    def both(names: tuple[str, ...]) -> tuple[str, ...]:
        return (*names, other) if name in names else names

    environments = (replace(one, policies=both(one.policies)) for one in world.environments)
    deployments = (replace(one, policies=both(one.policies)) for one in world.deployments)
    return replace(world, environments=tuple(environments), deployments=tuple(deployments))


def binding(found: Explanation, name: str) -> bool:
    """Whether a policy binds on every level where it is attached."""
    mine = [item for item in found.attached if item.policy == name]
    return bool(mine) and all(item.binds for item in mine)


def free(found: Explanation) -> set[str]:
    """Return the node groups that policies allow."""
    return {
        place.node_group
        for place in found.places
        if not any(reason.type for reason in place.reasons)
    }
