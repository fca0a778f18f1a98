"""Laws of the policy difference on random workspaces, against sets of names."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from placement.plan.running import same_template
from placement.policy_difference import Effect, PolicyDiff, policy_diff
from placement.reach.sets import Kind
from tests.policy_diff.edits import (
    allowed,
    edited,
    holders,
    policies_of,
    start,
    with_policies,
)

WORLDS = 150
MIRRORED = {
    Effect.WIDENED: Effect.NARROWED,
    Effect.NARROWED: Effect.WIDENED,
    Effect.ADDED: Effect.REMOVED,
    Effect.REMOVED: Effect.ADDED,
    Effect.SHIFTED: Effect.SHIFTED,
    Effect.UNCHANGED: Effect.UNCHANGED,
}


def pairs():
    """Yield (seed, old, new, catalog)."""
    for seed in range(WORLDS):
        workspace, catalog = start(seed)
        rng = Random(seed)
        old = edited(workspace, rng)
        yield seed, old, edited(old, rng), catalog


def groups(found: PolicyDiff) -> dict[tuple[str, str], tuple[set[str], set[str]]]:
    return {
        (one.model, one.environment): (set(one.enters.node_groups), set(one.leaves.node_groups))
        for one in found.deployments
    }


@pytest.mark.slow
def test_what_enters_and_leaves_is_the_difference_of_the_sets_by_names():
    seen = Counter()
    for seed, old, new, catalog in pairs():
        before, after = allowed(old, catalog), allowed(new, catalog)
        found = policy_diff(old, new, catalog)
        for one in found.deployments:
            key = (one.model, one.environment)
            was, will = before.get(key, frozenset()), after.get(key, frozenset())
            assert set(one.enters.node_groups) == will - was, seed
            assert set(one.leaves.node_groups) == was - will, seed
            assert (one.before, one.after) == (len(was), len(will))
            seen[one.effect] += 1
        assert groups(found).keys() == before.keys() | after.keys()
    assert all(seen[effect] >= 10 for effect in Effect if effect is not Effect.ADDED), seen


@pytest.mark.slow
def test_names_enter_that_were_nowhere_before():
    for _, old, new, catalog in pairs():
        by_name = catalog.groups_by_name
        before, after = allowed(old, catalog), allowed(new, catalog)
        for one in policy_diff(old, new, catalog).deployments:
            key = (one.model, one.environment)
            for kind in Kind:
                was = {kind.of(by_name[name]) for name in before.get(key, ())} - {None}
                will = {kind.of(by_name[name]) for name in after.get(key, ())} - {None}
                assert set(one.enters.names.get(kind, ())) == will - was
                assert set(one.leaves.names.get(kind, ())) == was - will


def test_nothing_differs_from_itself():
    for _, old, _, catalog in pairs():
        for one in policy_diff(old, old, catalog).deployments:
            assert one.effect is Effect.UNCHANGED
            assert (one.enters.node_groups, one.leaves.node_groups) == ((), ())
            assert all(row.already for row in one.must_move)


def test_the_other_way_round_is_the_mirror_image():
    for _, old, new, catalog in pairs():
        there, back = policy_diff(old, new, catalog), policy_diff(new, old, catalog)
        for one, other in zip(there.deployments, back.deployments, strict=True):
            assert other.effect is MIRRORED[one.effect]
            assert (one.enters, one.leaves) == (other.leaves, other.enters)
            assert (one.cause.bound, one.cause.released) == (
                other.cause.released,
                other.cause.bound,
            )


def test_two_steps_come_to_the_same_as_one():
    for seed, first, second, catalog in pairs():
        third = edited(second, Random(seed + 1000))
        one, two = (
            groups(policy_diff(*step, catalog)) for step in ((first, second), (second, third))
        )
        for key, (enters, leaves) in groups(policy_diff(first, third, catalog)).items():
            in_one, out_one = one.get(key, (set(), set()))
            in_two, out_two = two.get(key, (set(), set()))
            assert enters == (in_one - out_two) | (in_two - out_one)
            assert leaves == (out_one - in_two) | (out_two - in_one)


@pytest.mark.slow
def test_the_first_policy_of_a_type_narrows_and_a_further_one_widens():
    seen = Counter()
    for seed in range(WORLDS):
        old, catalog = start(seed)
        rng = Random(seed)
        holder = rng.choice(holders(old))
        name = rng.choice(sorted(n for n, policy in old.policies.items() if policy.places))
        own = policies_of(old, holder)
        new = with_policies(old, holder, (*own, name))
        binding = {old.policies[other].type for other in own if _binds_all(old, other)}
        further = old.policies[name].type in binding
        lone = not any(old.policies[other].type == old.policies[name].type for other in own)
        expected = {Effect.UNCHANGED, Effect.WIDENED if further else Effect.NARROWED}
        if further or lone:
            effects = {one.effect for one in policy_diff(old, new, catalog).deployments}
            assert effects <= expected, seed
            seen.update(effects)
    assert min(seen[Effect.NARROWED], seen[Effect.UNCHANGED]) >= 30, seen


def _binds_all(workspace, name: str) -> bool:
    policy = workspace.policies[name]
    return policy.targets({}) and policy.enforcement == "hard"


def test_a_further_policy_of_a_type_only_widens():
    seen = Counter()
    for seed in range(WORLDS):
        workspace, catalog = start(seed)
        places = [name for name in workspace.policies if name.startswith("at ")]
        old = with_policies(workspace, "production", places[:1])
        new = with_policies(workspace, "production", places)
        effects = {one.effect for one in policy_diff(old, new, catalog).deployments}
        assert effects <= {Effect.UNCHANGED, Effect.WIDENED}
        seen.update(effects)
    assert seen[Effect.WIDENED] >= 20, seen


def test_order_and_duplicates_do_not_matter():
    for seed, old, new, catalog in pairs():
        shuffled = new
        rng = Random(seed)
        for holder in holders(new):
            names = list(policies_of(new, holder)) * 2
            rng.shuffle(names)
            shuffled = with_policies(shuffled, holder, names)
        assert policy_diff(old, shuffled, catalog) == policy_diff(old, new, catalog)


@pytest.mark.slow
def test_exactly_the_rows_that_are_not_allowed_any_more_must_move():
    seen = Counter()
    for seed, old, new, catalog in pairs():
        before, after = allowed(old, catalog), allowed(new, catalog)
        expected = Counter()
        already = set()
        for row in old.running:
            one, place = new.by_key.get(row.key), catalog.find_node(row.node)
            if one is None or place is None or not one.enabled or not same_template(row, one):
                continue
            if place[0].name not in after[row.key]:
                expected[row.key, row.node] += row.replicas
                if place[0].name not in before.get(row.key, ()):
                    already.add((row.key, row.node))
        found = policy_diff(old, new, catalog)
        told = {
            ((one.model, one.environment), row.node): (row.replicas, row.already)
            for one in found.deployments
            for row in one.must_move
        }
        assert {key: count for key, (count, _) in told.items()} == expected, seed
        assert {key for key, (_, was) in told.items() if was} == already
        assert found.must_move == expected.total()
        seen["moves" if expected else "none"] += 1
    assert seen["moves"] >= 8, seen
