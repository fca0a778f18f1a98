"""Headroom against the planner, which may move what runs."""

from __future__ import annotations

from collections import Counter

import pytest

from placement.headroom.count import headroom
from placement.planner import Planner
from tests.headroom.worlds import Case, random_case

WORLDS = 60
LARGE = 60
"""Replicas above which a world is left out."""


def placed_by_plan(case: Case, wanted: int) -> int | None:
    """Return how many replicas a plan has that keeps all others; None if it cannot keep them."""
    runs: Counter[tuple[str, str]] = Counter()
    for row in case.workspace.running:
        runs[row.key] += row.replicas
    mine = case.deployment.key
    deployments = tuple(
        one.model_copy(update={"replicas": wanted if one.key == mine else runs[one.key]})
        for one in case.workspace.deployments
    )
    plan = Planner(case.catalog).plan(case.workspace.revised(deployments=deployments))
    counts: Counter[tuple[str, str]] = Counter()
    for row in plan.assignments:
        counts[row.model, row.environment] += row.replicas
    if any(counts[key] < number for key, number in runs.items() if key != mine):
        return None
    return counts[mine] - runs[mine]


@pytest.mark.slow
def test_a_plan_has_no_more_than_the_bound_and_no_less_than_the_room():
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        case = random_case(seed)
        found = headroom(case.workspace, case.catalog, case.deployment)
        own = sum(r.replicas for r in case.workspace.running if r.key == case.deployment.key)
        if found.with_moves > LARGE:
            continue
        more = placed_by_plan(case, own + found.with_moves + 2)
        if more is None:
            continue
        assert more <= found.with_moves, seed
        assert more >= found.replicas or not found.exact, seed
        seen["more by moving" if more > found.replicas else "as many"] += 1
    assert seen["as many"] >= 30, seen
