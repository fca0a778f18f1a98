"""No price list, however wild, proves more than the optimum of a tier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from placement.certificate import bounds as closed_form
from placement.certificate.lots import Lots
from placement.certificate.nodes import NodeSets
from tests.certificate.cases import Case, best_case, other_case, tiers_and_lists
from tests.certificate.lists import random_prices

WORLDS, CHUNKS, LISTS = 1_200, 12, 4


def judged(cases: list[Case], lists: int = LISTS) -> tuple[Counter[str], list[str]]:
    """Return how many lists were judged and what of, and those that prove too much."""
    counts: Counter[str] = Counter()
    wrong = []
    for case in cases:
        for tier, rng in tiers_and_lists(case, lists):
            prices = random_prices(rng, case.bounds, tier)
            bound = case.bounds.bound(prices, case.values)
            excess = case.excess(tier, bound)
            counts["lists"] += 1
            counts["above 0"] += bound > 0
            counts["tight"] += bound > 0 and not excess
            if excess > 0:
                wrong.append(f"world {case.world.seed}, {tier}: {excess} too much by {prices}")
    return counts, wrong


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_price_list_proves_more_than_the_optimum(chunk: int) -> None:
    counts, wrong = judged([best_case(seed) for seed in range(chunk, WORLDS, CHUNKS)])
    assert wrong == []
    # The lists are near enough to good ones to prove something, and often all there is.
    assert counts["lists"] > 1_500
    assert counts["above 0"] > 100
    assert counts["tight"] > 30


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(4))
def test_a_bound_holds_for_plans_that_are_best_for_something_else(chunk: int) -> None:
    counts, wrong = judged([other_case(seed) for seed in range(chunk, 400, 4)])
    assert wrong == []
    assert counts["above 0"] > 100


def too_little_room(sets: NodeSets, label: tuple[str, int | None]) -> object:
    return np.maximum(ROOM(sets, label) - 1, 0)


def too_few_fit(lots: Lots, sets: NodeSets, rows: object) -> object:
    return np.maximum(FIT(lots, sets, rows) - 1, 0)


def nothing_is_worth(self: object) -> int:
    return 0


def places_are_worth_more(self: object) -> int:
    return OWED(self) + 1000 * len(self.lots.kept) * (1 << self.scale)


def too_wide_steps(self: object, tier: str) -> int:
    return 3 * STEP(self, tier)


def whoever_fills(self: object, rows: object) -> object:
    return self.lots.gpus[rows, None] == self.sets.gpus_left * 1000


ROOM, FIT = NodeSets.room, closed_form.fit
OWED, STEP = closed_form._Sum._owed, closed_form.Bounds._step
FAULTS: dict[str, tuple[object, str, Callable[..., object]]] = {
    "a node has less room than it has": (NodeSets, "room", too_little_room),
    "one replica less fits a node": (closed_form, "fit", too_few_fit),
    "capacity is worth nothing": (closed_form._Sum, "_of_capacity", nothing_is_worth),
    "a place that is kept is worth more": (closed_form._Sum, "_owed", places_are_worth_more),
    "values come in wider steps": (closed_form.Bounds, "_step", too_wide_steps),
    "whoever takes all GPUs takes the CPUs": (closed_form._Sum, "_fills", whoever_fills),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_closed_form_is_noticed(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, wrong = FAULTS[fault]
    monkeypatch.setattr(where, name, wrong)
    cases = (best_case(seed) for seed in range(WORLDS))
    assert any(judged([case], 10)[1] for case in cases)
