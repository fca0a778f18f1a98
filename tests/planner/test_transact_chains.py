"""No answer depends on what a planner was asked before, in whatever order, by however many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from placement.planner import Planner
from placement.warm import STATES
from tests.planner.chains import CATALOG, Call, chain
from tests.planner.transacting import document

CHAINS = 8
LENGTH = 12
THREADS = 4

Answered = list[tuple[Call, str]]


@pytest.fixture(scope="module")
def answered() -> Answered:
    """Every call with the answer of a planner that went the whole chain."""
    found = []
    for seed in range(CHAINS):
        planner = Planner(CATALOG)
        found += [(c, document(p)) for c, p in chain(seed, planner, length=LENGTH)]
    return found


def answer(planner: Planner, call: Call) -> str:
    transition, options = call
    return document(planner.transact(transition, **options))


def test_a_planner_that_knows_nothing_answers_the_same(answered: Answered) -> None:
    wrong = [i for i, (call, text) in enumerate(answered) if answer(Planner(CATALOG), call) != text]
    assert wrong == []
    assert len(answered) > 6 * STATES


def test_the_order_of_the_questions_does_not_matter(answered: Answered) -> None:
    planner = Planner(CATALOG)
    mixed = Random(1).sample(list(enumerate(answered)), len(answered))
    wrong = [i for i, (call, text) in mixed if answer(planner, call) != text]
    assert wrong == []


def test_four_may_ask_at_once(answered: Answered) -> None:
    planner = Planner(CATALOG)
    calls = [call for call, _ in answered] * 2
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda call: answer(planner, call), calls))
    assert found == [text for _, text in answered] * 2
