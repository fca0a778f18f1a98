"""Near a relaxation that is nearly whole lies what the exact search finds."""

from __future__ import annotations

from collections import Counter

import pytest

from placement.problem.compiler import Compiled
from placement.solvers import change as change_solver
from placement.solvers.diving import solve_by_diving
from placement.solvers.exact import Solved
from placement.solvers.limits import Limits
from placement.solvers.pipeline import solve
from tests.planner.transacting import asked

FIRST, CHANGES = 810_000, 200


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Solve every problem that is dived for in full as well, and count how they compare."""
    counts: Counter[str] = Counter()

    def both(compiled: Compiled, limits: Limits) -> Solved | None:
        dived = solve_by_diving(compiled, limits)
        whole = solve(
            compiled,
            limits,
            first=lambda cells, layout: None,
            report=lambda tier, value, bound: None,
            workers=1,
            small=10**6,
        )
        counts["not found" if dived is None else "found"] += 1
        if dived is not None and whole.exact:
            assert dived.exact
            known = {tier.name: tier.bound for tier in whole.bounds}
            assert {tier.name: tier.bound for tier in dived.bounds} == known
            counts["moved"] += known["moves"] != 0
        return dived

    monkeypatch.setattr(change_solver, "solve_by_diving", both)
    return counts


def test_what_is_found_is_what_an_exact_search_proves(compared: Counter[str]) -> None:
    for seed in range(FIRST, FIRST + CHANGES):
        asked(seed).transact()
    assert compared["found"] >= 20
    assert compared["not found"] >= 2
    assert compared["moved"] >= 12
