"""The random changes are hard enough, and what they come to is counted right."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.worlds.changes.change import Change
from tests.worlds.changes.enumerator import Enumerator, answer
from tests.worlds.changes.fewest import Outcome, fewest_moves
from tests.worlds.changes.generator import draw, drawn_until, random_change, solved_change
from tests.worlds.changes.named import chain_of_three, no_room, one_move
from tests.worlds.changes.seeds import CHANGES

FEW_PLANS = 2500
TINY = 300
SHARES = {"moves": 0.30, "moves two": 0.10, "order matters": 0.03, "refused": 0.10}
REASONS = {"capacity", "policy", "no-order", "strands"}

Solved = list[tuple[Change, Outcome]]


@pytest.fixture(scope="module")
def solved() -> Solved:
    return [solved_change(seed) for seed in range(CHANGES)]


def test_the_releases_are_hard(solved):
    outcomes = [outcome for change, outcome in solved if change.kind == "release"]
    counts = {
        "moves": sum(o.moved >= 1 for o in outcomes),
        "moves two": sum(o.moved >= 2 for o in outcomes),
        "order matters": sum(o.order_costs or o.order_refuses for o in outcomes),
        "refused": sum(not o.fits for o in outcomes),
    }
    rare = {name: n for name, n in counts.items() if n < SHARES[name] * len(outcomes)}
    assert len(outcomes) >= 500
    assert rare == {}


def test_orders_cost_moves_and_refuse(solved):
    counts = Counter(
        name
        for _, outcome in solved
        for name in ("order_costs", "order_refuses")
        if getattr(outcome, name)
    )
    assert min(counts["order_costs"], counts["order_refuses"]) >= 20


def test_changes_are_refused_for_every_reason(solved):
    counts = Counter(outcome.reason for _, outcome in solved if outcome.reason)
    assert {reason for reason, count in counts.items() if count >= 5} == REASONS


def test_losses_displace_or_leave_unplaced_what_ran(solved):
    lossy = [
        outcome
        for change, outcome in solved
        if change.is_lossy and outcome.placed_replicas < change.runs.total()
    ]
    assert len(lossy) >= 5


def test_what_runs_before_a_change_keeps_every_rule(solved):
    for change, _ in solved:
        same = fewest_moves(Change("policy", change.before, change.before))
        assert (same.reason, same.moved) == (None, 0)


def test_a_seed_always_draws_the_same_change():
    assert drawn_until(7) == drawn_until(7)
    assert drawn_until(7) != drawn_until(8)


@pytest.mark.parametrize(
    ("change", "reason", "moved"),
    [(one_move(), None, 1), (chain_of_three(), None, 3), (no_room(), "capacity", 0)],
    ids=["one move", "a chain of three", "no room"],
)
def test_the_changes_made_by_hand_come_to_what_their_names_say(change, reason, moved):
    outcome = fewest_moves(change)
    assert (outcome.reason, outcome.moved) == (reason, moved)


def tiny_changes() -> list[Change]:
    """Return changes with few enough placements, as drawn and as wished in turn."""
    found: list[Change] = []
    seed = 0
    while len(found) < TINY:
        change = draw(Random(seed)) if seed % 2 else random_change(seed)
        if Enumerator(change).size() <= FEW_PLANS:
            found.append(change)
        seed += 1
    return found


@pytest.mark.slow
def test_the_fewest_moves_are_those_of_the_dumbest_enumeration():
    wrong = {}
    for index, change in enumerate(tiny_changes()):
        outcome = fewest_moves(change)
        ordered, unordered = answer(change)
        if outcome.reason == "policy":
            ordered = None
        if (outcome.tiers, outcome.unordered) != (ordered, unordered):
            wrong[index] = (outcome.tiers, outcome.unordered, ordered, unordered)
    assert wrong == {}
