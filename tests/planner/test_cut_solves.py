"""A solve that is cut hands out the best it has verified, and a wanted gap ends it."""

from __future__ import annotations

import pytest

from placement import Billing, Planner, load_catalog, load_workspace, verify
from placement.catalog.shipped import shipped


@pytest.fixture(scope="module")
def world():
    return load_catalog(shipped("catalogs", "public-cloud")), load_workspace(
        shipped("examples", "quickstart")
    )


@pytest.mark.parametrize("seconds", [0.2, 0.6, 0.8, 1.0, 1.5])
def test_a_limit_anywhere_in_a_solve_leaves_a_verified_plan(world, seconds):
    catalog, asked = world
    plan = Planner(catalog).plan(asked, billing=Billing.NODE, time_limit=seconds)
    assert verify(catalog, asked, plan).ok
    assert plan.status == "optimal" or plan.stopped_by == "time-limit"


def test_a_wide_gap_ends_a_solve_that_bills_nodes(world):
    catalog, asked = world
    plan = Planner(catalog).plan(asked, billing=Billing.NODE, gap=0.5)
    cost = plan.tiers[-1]
    assert cost.bound is not None
    assert cost.value - cost.bound <= cost.value // 2
    assert plan.stopped_by == "gap" or plan.status == "optimal"


def test_the_cheapest_way_to_bill_nodes_is_proved(world):
    catalog, asked = world
    plan = Planner(catalog).plan(asked, billing=Billing.NODE)
    assert plan.status == "optimal"
