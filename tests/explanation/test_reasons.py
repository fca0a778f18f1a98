"""Reasons hold water: what each of them says is mended, and it is given no more."""

from __future__ import annotations

from collections import Counter

from placement.explanation.explain import explain
from placement.explanation.question import Question
from placement.explanation.standing import Standing
from placement.explanation.values import Place, Reason, Rule
from placement.objectives.mix import parse_objective
from tests.explanation.fixes import FIXES
from tests.explanation.standings import Case, cases
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.world import Key, World

COST = parse_objective("cost")


def places_of(case: Case, key: Key, world: World) -> dict[str, Place]:
    """Return the places of an edited world in which the same runs."""
    workspace = workspace_of(world).revised(running=case.workspace.running)
    standing = Standing(workspace, catalog_of(world))
    found = explain(standing, workspace.by_key[key], Question(), COST)
    return {place.node_group: place for place in found.places}


def kind(reason: Reason) -> tuple[Rule, str | None, str | None]:
    return (reason.rule, reason.type, reason.level)


def test_what_is_mended_is_no_reason_any_more() -> None:
    mended: Counter[Rule] = Counter()
    for case in cases(220, first=700_000):
        for deployment in case.workspace.deployments:
            for place in places_of(case, deployment.key, case.world).values():
                for reason in (*place.reasons, *place.needs):
                    if reason.rule not in FIXES or is_part(case, place, reason):
                        continue
                    world = FIXES[reason.rule](case.world, deployment.key, place, reason)
                    after = places_of(case, deployment.key, world)[place.node_group]
                    left = map(kind, (*after.reasons, *after.needs))
                    assert kind(reason) not in left, (case.world.seed, deployment.key, place)
                    mended[reason.rule] += 1
    assert mended.keys() == FIXES.keys()
    assert min(mended.values()) >= 12, mended


def is_part(case: Case, place: Place, reason: Reason) -> bool:
    """Whether GPUs are short on a node with a part of one, which cannot have more."""
    group = case.catalog.groups_by_name[place.node_group]
    return reason.rule is Rule.CAPACITY and group.gpu_fraction is not None
