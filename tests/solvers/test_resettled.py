"""Where nodes are lost and not all fits pinned, who moves is settled over everything at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from placement.solvers import change as change_solver
from placement.solvers import growth
from placement.solvers.change import ChangeSolver
from placement.solvers.standing import Found
from tests.differential.test_fewest_moves import disagreements
from tests.worlds.changes.fewest import fewest_moves
from tests.worlds.changes.generator import KINDS, ladder, scattered, swap

FIRST, WORLDS = 730_000, 120
SHAPES = (scattered, ladder, swap)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is settled over everything; nothing else is solved but what is pinned."""
    counts: Counter[str] = Counter()
    resettled = ChangeSolver.resettled

    def counted(self: ChangeSolver, known: Found) -> Found:
        found = resettled(self, known)
        counts["asked"] += 1
        counts["better"] += found.rank < known.rank
        counts["in two steps"] += bool(found.parts) and found.whole
        return found

    monkeypatch.setattr(change_solver, "NEAR", -1)
    monkeypatch.setattr(change_solver, "SMALL", -1)
    monkeypatch.setattr(change_solver, "MEDIUM", -1)
    monkeypatch.setattr(growth, "ROUNDS", ())
    monkeypatch.setattr(ChangeSolver, "resettled", counted)
    return counts


def test_as_few_move_as_can(calls: Counter[str]) -> None:
    wrong = {}
    for seed in range(FIRST, FIRST + WORLDS):
        rng = Random(seed)
        change = replace(KINDS["capacity"](rng, SHAPES[seed % 3](rng)), seed=seed)
        wrong[seed] = disagreements(change, fewest_moves(change))
    assert {seed: found for seed, found in wrong.items() if found} == {}
    assert calls["asked"] >= 10
    assert calls["better"] >= 3
    assert calls["in two steps"] >= 5
