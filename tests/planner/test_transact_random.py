"""Whatever is asked, under every objective and billing: the plan verifies, and the rest stays."""

from __future__ import annotations

from collections import Counter

import pytest

from placement.drafting import Drafter
from placement.plan.running import running_state
from placement.planner import Planner
from placement.preview import Preview
from tests.planner.transacting import Asked, asked, document, faults

FIRST_SEED = 730_000
CHANGES = 84

Answers = list[tuple[Asked, Preview]]


@pytest.fixture(scope="module")
def answers() -> Answers:
    changes = [asked(seed) for seed in range(FIRST_SEED, FIRST_SEED + CHANGES)]
    return [(one, one.transact()) for one in changes]


@pytest.fixture(scope="module")
def accepted(answers: Answers) -> Answers:
    return [(one, preview) for one, preview in answers if preview.refusal is None]


def test_every_accepted_preview_keeps_every_rule(accepted: Answers) -> None:
    assert len(accepted) > CHANGES // 2
    wrong = {one.seed: faults(one, preview) for one, preview in accepted}
    assert {seed: found for seed, found in wrong.items() if found} == {}


def rows_of(rows) -> Counter:
    """Return rows without their cost, which another objective or billing may count anew."""
    return Counter((row.key, row.version, row.node, row.gpu, row.replicas) for row in rows)


def test_what_neither_changed_nor_must_leave_nor_moves_stays_row_for_row(accepted: Answers) -> None:
    stayed = 0
    for one, preview in accepted:
        touched = {*one.transition.changed, *one.transition.removed}
        touched |= {(row.model, row.environment) for row in preview.plan.forced}
        touched |= {(c.model, c.environment) for c in preview.changes if c.action == "move"}
        before = [row for row in one.transition.before.running if row.key not in touched]
        after = [row for row in preview.plan.assignments if row.key not in touched]
        assert rows_of(before) == rows_of(after), one.seed
        stayed += len(before)
    assert stayed > CHANGES


def test_only_who_has_another_step_is_said_to_stay(accepted: Answers) -> None:
    kept = 0
    for one, preview in accepted:
        steps = {(c.model, c.environment) for c in preview.changes if c.action != "keep"}
        keeps = {(c.model, c.environment) for c in preview.changes if c.action == "keep"}
        assert keeps <= steps, one.seed
        kept += len(keeps)
    assert kept > 0


def test_nothing_moves_that_could_stay_where_there_is_room(accepted: Answers) -> None:
    """Without moves in the tier, movable replicas of the unchanged are where they were."""
    for one, preview in accepted:
        moves = {tier.name: tier.value for tier in preview.plan.tiers}["moves"]
        state = running_state(one.transition.after, one.after)
        placed = Counter()
        for row in preview.plan.assignments:
            placed[row.key, row.node] += row.replicas
        if moves == 0:
            left = [
                (key, node)
                for key, nodes in state.movable.items()
                if key not in one.transition.changed
                for node, count in nodes.items()
                if placed[key, node] < count
            ]
            lost = any(t.name.startswith("displaced") for t in preview.plan.tiers)
            assert lost or left == [], one.seed


def test_counting_what_is_new_says_the_same_as_counting_everything(accepted: Answers) -> None:
    """By share, the part that stays is not looked at; looking at it must change nothing."""
    told = [(one, preview) for one, preview in accepted if "objective" not in one.options]
    by_share = [(one, preview) for one, preview in told if "billing" not in one.options]
    assert len(by_share) > 10
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drafter, "is_sum", False)
        for one, preview in by_share:
            assert document(one.transact()) == document(preview), one.seed


def test_the_planner_of_a_change_may_have_answered_others_before(answers: Answers) -> None:
    for one, preview in answers:
        planner = Planner(one.catalog)
        for _ in range(2):
            assert document(one.transact(planner)) == document(preview), one.seed
