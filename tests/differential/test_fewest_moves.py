"""Every change moves as few replicas as possible, in an order that holds, or is refused rightly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.plan.rows import Certificate, Status
from placement.preview import Preview
from placement.verifier import verify
from placement.workspace.transitions import Transition
from tests.worlds.changes.change import Change
from tests.worlds.changes.fewest import Outcome, fewest_moves
from tests.worlds.changes.generator import solved_change
from tests.worlds.changes.named import chain_of_three, no_room, one_move, share_that_leaves
from tests.worlds.changes.package import transacted
from tests.worlds.changes.seeds import CHUNKS, seeds_of
from tests.worlds.package import catalog_of


def disagreements(change: Change, outcome: Outcome) -> list[str]:
    """Return what is wrong with the preview of a change, judged by what it comes to."""
    transition, preview = transacted(change)
    reason = None if preview.refusal is None else str(preview.refusal.reason)
    if reason != outcome.reason:
        tiers = tuple((tier.name, tier.value) for tier in preview.plan.tiers[:-1])
        return [f"{reason} {tiers}, it is {outcome.reason} {outcome.tiers}"]
    return refused(preview) if reason else accepted(change, transition, preview, outcome)


def refused(preview: Preview) -> list[str]:
    """Return what is not as it should be in a refused preview: nothing may change."""
    plan, wrong = preview.plan, []
    if plan.status is not Status.INFEASIBLE or plan.certificate is not Certificate.NONE:
        wrong.append(f"refused, but {plan.status} with certificate {plan.certificate}")
    if plan.assignments or plan.changes or plan.waves:
        wrong.append("refused, but something changes")
    if preview.workspace is not preview.before:
        wrong.append("refused, but the workspace is another")
    return wrong


def accepted(
    change: Change, transition: Transition, preview: Preview, outcome: Outcome
) -> list[str]:
    plan, wrong = preview.plan, []
    tiers = plan.tiers[:-1]
    values = tuple((tier.name, tier.value) for tier in tiers)
    if values != outcome.tiers:
        wrong.append(f"tiers are {values}, the fewest are {outcome.tiers}")
    wrong += [f"bound of {t.name} is {t.bound}" for t in tiers if t.bound != t.value]
    if plan.certificate is not Certificate.GLOBAL:
        wrong.append(f"certificate is {plan.certificate}")
    report = verify(catalog_of(change.after), transition.after, plan, before=transition.before)
    return wrong + [str(violation) for violation in report.violations]


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_change_moves_the_fewest_replicas_that_an_order_allows(chunk):
    changes = [solved_change(seed) for seed in seeds_of(chunk)]
    found = {change.seed: disagreements(change, outcome) for change, outcome in changes}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


def test_a_wrong_count_of_moves_is_noticed():
    change = one_move()
    outcome = fewest_moves(change)
    assert outcome.tiers == (("unplaced", 2000), ("moves", 1000))  # the source does not run
    wrong = replace(outcome, tiers=(("unplaced", 2000), ("moves", 2000)))
    assert disagreements(change, outcome) == []
    assert len(disagreements(change, wrong)) == 1


def test_one_move_frees_the_room():
    _, preview = transacted(one_move())
    assert moved(preview) == [("small", "left/0", "right/0")]
    assert [c.action for c in preview.plan.waves[0]] == ["move"]


def test_a_chain_of_three_moves_frees_the_room_from_its_far_end():
    _, preview = transacted(chain_of_three())
    assert moved(preview) == [("a", "n0/0", "n1/0"), ("b", "n1/0", "n2/0"), ("c", "n2/0", "n3/0")]
    order = [c.model for wave in preview.plan.waves for c in wave if c.action == "move"]
    assert order == ["c", "b", "a"]


@pytest.mark.parametrize("pairs", [0, 1, 3])
def test_a_share_comes_to_the_gpu_that_nobody_has_to_leave_first(pairs):
    change = share_that_leaves(pairs=pairs)
    outcome = fewest_moves(change)
    assert outcome.tiers == (("unplaced", 0), ("moves", 500))
    assert disagreements(change, outcome) == []


def test_what_no_moves_make_room_for_is_refused_and_changes_nothing():
    _, preview = transacted(no_room())
    assert preview.refusal is not None
    assert preview.refusal.reason == "capacity"
    assert refused(preview) == []


def moved(preview: Preview) -> list[tuple[str, str | None, str | None]]:
    return sorted((c.model, c.from_node, c.to_node) for c in preview.changes if c.action == "move")
