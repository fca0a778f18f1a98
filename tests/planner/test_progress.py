"""Progress speaks of tiers as the plan does: in their units."""

from __future__ import annotations

import pytest

from placement.planner import Planner
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

WORLDS = 60
FIRST_SEED = 410_000


def told(seed):
    """Return the plan of a world and the last report of every tier."""
    world = random_world(seed)
    reports = []
    plan = Planner(catalog_of(world)).plan(
        workspace_of(world),
        objective=world.objective,
        billing=world.billing,
        on_progress=reports.append,
    )
    return plan, {report.tier: report for report in reports}, reports


def test_the_last_report_of_a_tier_is_the_tier_of_the_plan():
    """Latency is told as the sum over replicas; its mean is known when the plan is."""
    compared = 0
    for seed in range(FIRST_SEED, FIRST_SEED + WORLDS):
        plan, last, _ = told(seed)
        for tier in plan.tiers:
            if tier.name not in last or tier.name == "latency":
                continue
            compared += 1
            assert last[tier.name].value == pytest.approx(tier.value / tier.scale)
            assert last[tier.name].bound == pytest.approx(tier.bound / tier.scale)
    assert compared > WORLDS


def test_whole_gpus_are_told_as_such():
    values = {
        report.value
        for seed in range(FIRST_SEED, FIRST_SEED + WORLDS)
        for report in told(seed)[2]
        if report.tier.startswith("unplaced")
    }
    assert {0.0, 1.0, 2.0} <= values


def test_reports_come_in_the_order_of_time():
    for seed in range(FIRST_SEED, FIRST_SEED + 10):
        _, _, reports = told(seed)
        seconds = [report.seconds for report in reports]
        assert seconds == sorted(seconds)
        assert all(second >= 0 for second in seconds)
