"""Where not everything is solved at once: never a wrong proof, never a plan that breaks a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from placement.plan.rows import Certificate
from placement.solvers import change as change_solver
from placement.verifier import verify
from tests.worlds.changes.change import Change
from tests.worlds.changes.fewest import Outcome
from tests.worlds.changes.generator import solved_change
from tests.worlds.changes.named import chain_of_three, no_room, one_move
from tests.worlds.changes.package import transacted
from tests.worlds.package import catalog_of

FIRST_SEED = 610_000
CHUNKS = 6
PER_CHUNK = 50
PROVED = {"capacity", "strands", "policy", "no-order"}


@pytest.fixture
def stepwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is too large to be solved at once."""
    monkeypatch.setattr(change_solver, "NEAR", -1)
    monkeypatch.setattr(change_solver, "SMALL", -1)
    monkeypatch.setattr(change_solver, "MEDIUM", -1)


def wrong_claims(change: Change, outcome: Outcome) -> Iterator[str]:
    """Yield what is claimed and is not so, given what the change comes to."""
    transition, preview = transacted(change)
    plan = preview.plan
    if preview.refusal is not None:
        if preview.refusal.reason in PROVED and outcome.fits:
            yield f"refused for {preview.refusal.reason}, but it fits: {outcome.tiers}"
        return
    if not outcome.fits:
        yield f"accepted, but it is {outcome.reason}"
        return
    report = verify(catalog_of(change.after), transition.after, plan, before=transition.before)
    yield from map(str, report.violations)
    best = dict(outcome.tiers or ())
    tiers = plan.tiers[:-1]
    if plan.certificate is Certificate.GLOBAL and {t.name: t.value for t in tiers} != best:
        yield f"called global with {[(t.name, t.value) for t in tiers]}, the best is {best}"
    for tier in tiers:  # a bound holds for the best values of the tiers before it
        if tier.bound is not None and tier.bound > best.get(tier.name, 0):
            yield f"{tier.name} is claimed to be {tier.bound} at least, it is {best[tier.name]}"
        if tier.value != best.get(tier.name, 0):
            return


@pytest.mark.slow
@pytest.mark.usefixtures("stepwise")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_claimed_that_is_not_so(chunk: int) -> None:
    first = FIRST_SEED + chunk * PER_CHUNK
    wrong = {}
    for seed in range(first, first + PER_CHUNK):
        change, outcome = solved_change(seed)
        wrong[seed] = list(wrong_claims(change, outcome))
    assert {seed: found for seed, found in wrong.items() if found} == {}


@pytest.mark.usefixtures("stepwise")
def test_most_changes_are_proved_even_so() -> None:
    found = Counter(
        str(preview.plan.certificate)
        for seed in range(FIRST_SEED, FIRST_SEED + 40)
        for _, preview in [transacted(solved_change(seed)[0])]
        if preview.refusal is None
    )
    assert found["global"] > found.total() / 2


@pytest.mark.usefixtures("stepwise")
@pytest.mark.parametrize(
    ("change", "moved"), [(one_move(), 1), (chain_of_three(), 3)], ids=["one move", "a chain"]
)
def test_the_changes_made_by_hand_are_made(change: Change, moved: int) -> None:
    _, preview = transacted(change)
    assert sum(step.replicas for step in preview.changes if step.action == "move") == moved


@pytest.mark.usefixtures("stepwise")
def test_where_nothing_helps_it_is_refused() -> None:
    _, preview = transacted(no_room())
    assert preview.refusal is not None
    assert preview.refusal.reason in ("capacity", "unknown")
