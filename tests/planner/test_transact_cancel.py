"""A change that is cut short is answered with what holds: a verified plan, or no claim."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from placement.planner import Planner
from placement.preview import Preview
from tests.planner.transacting import Asked, asked, document, faults
from tests.worlds.changes.fewest import fewest_moves

FIRST_SEED = 910_000
CHANGES = 50
UNDECIDED = {"unknown", "order-unknown"}


class Stopped:
    """A token that wants an end from the start."""

    def is_set(self) -> bool:
        return True


class Later:
    """A token that wants an end when it has been asked so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


class Interrupting:
    """A token that is asked when Ctrl-C is pressed."""

    def is_set(self) -> bool:
        raise KeyboardInterrupt


def wrong(one: Asked, preview: Preview) -> list[str]:
    """Return what a cut answer claims that is not so."""
    if preview.refusal is None:
        return faults(one, preview)
    fits = fewest_moves(one.change).fits
    if preview.refusal.reason not in UNDECIDED and fits:
        return [f"refused for {preview.refusal.reason}, but it fits"]
    return []


@pytest.mark.parametrize(
    "cut",
    [{"cancel": Stopped}, {"cancel": lambda: Later(3)}, {"time_limit": lambda: 1e-6}],
    ids=["stopped from the start", "stopped soon", "no time"],
)
def test_what_is_cut_claims_nothing_that_is_not_so(cut: dict[str, Any]) -> None:
    answers = []
    for seed in range(FIRST_SEED, FIRST_SEED + CHANGES):
        one = asked(seed, objective="cost")
        preview = one.transact(**{name: make() for name, make in cut.items()})
        assert wrong(one, preview) == [], seed
        answers.append("accepted" if preview.refusal is None else str(preview.refusal.reason))
    assert Counter(answers)["accepted"] > CHANGES // 3


def test_an_interrupted_planner_answers_as_before() -> None:
    interrupted = 0
    for seed in range(FIRST_SEED, FIRST_SEED + 15):
        one = asked(seed, objective="cost")
        planner = Planner(one.catalog)
        try:
            one.transact(planner, cancel=Interrupting())
        except KeyboardInterrupt:
            interrupted += 1
        assert document(one.transact(planner)) == document(one.transact()), seed
    assert interrupted > 5
