"""Any order of changes, failures and power cuts leaves a state that keeps every promise."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.machine import LifeCycle

PARTS = 8
"""Parts are alike but for their seed, so that processes can share them."""
RUNS = 200
STEPS = 50
LEAST = {
    "refusals": 10,
    "proved conflicts": 1,
    "releases that move": 1,
    "rollbacks": 1,
    "stale": 1,
    "power cuts": 1,
    "commits": 300,
}
"""How often each part has to come across each of these."""
MOST_UNDECIDED = 0
"""Share of the refusals that may prove nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_life_keeps_every_promise(part):
    seen: Counter[str] = Counter()
    machine = seed(part)(type(f"Life{part}", (LifeCycle,), {"seen": seen}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS // PARTS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # to shrink a failure takes longer than a test may
            suppress_health_check=list(HealthCheck),
        ),
    )
    rare = {name: seen[name] for name, n in LEAST.items() if seen[name] < n}
    assert rare == {}
    assert seen["undecided"] <= MOST_UNDECIDED * seen["refusals"]
