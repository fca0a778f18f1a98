"""The state that follows from a change is the state counted from nothing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from placement.planner import Planner
from placement.problem.ledger import Ledger
from placement.problem.state import State
from tests.planner.chains import CATALOG, chain

CHAINS = 12
LENGTH = 14


def text_of(ledger: Ledger) -> dict[str, object]:
    """Return what a ledger says; nodes that were touched and are as new again say nothing."""
    numbers = range(len(ledger.fleet))
    return {
        **{name: getattr(ledger, name).tolist() for name in ("cpus", "memory", "whole", "taken")},
        "extra": {name: free.tolist() for name, free in ledger.extra.items()},
        "slots": [ledger.slots_of(number) for number in numbers],
        "rows": {n: sorted(map(str, rows)) for n, rows in ledger.rows_on.items()},
    }


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[State]:
    """The states that followed from changes while a test runs."""
    seen: list[State] = []
    then = State.then

    def noting(self: State, *args: object) -> State:
        seen.append(then(self, *args))
        return seen[-1]

    monkeypatch.setattr(State, "then", noting)
    return seen


@pytest.mark.parametrize("seed", range(CHAINS))
def test_a_state_that_follows_is_one_that_is_counted(seed: int, followed: list[State]) -> None:
    planner = Planner(CATALOG)
    for _ in chain(seed, planner, length=LENGTH):
        pass
    assert len(followed) > LENGTH // 4
    for state in followed:
        counted = State.of(state.workspace, state.ledger.fleet)
        assert text_of(state.ledger) == text_of(counted.ledger)
        assert np.array_equal(state.ledger.whole, counted.ledger.whole)
        for field in fields(State):
            if field.name != "ledger":
                found, wanted = getattr(state, field.name), getattr(counted, field.name)
                assert found == wanted, field.name
