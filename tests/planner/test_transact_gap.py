"""What ended a change is told: the gap that was good enough, or the budget of work."""

from __future__ import annotations

import pytest

import placement as pl
from placement.catalog.shipped import shipped
from placement.solvers import change
from placement.workspace.making import make_workspace


@pytest.mark.parametrize(("gap", "told"), [(0.01, "gap"), (0.0, "budget")])
def test_a_change_within_the_gap_says_so(monkeypatch, gap, told):
    monkeypatch.setattr(change, "FAR_PAIRS", -1)  # an ideal placement near by is good enough
    catalog = pl.load_catalog(shipped("catalogs", "public-cloud"))
    asked = pl.load_workspace(shipped("examples", "quickstart"))
    plan = pl.Planner(catalog).apply_change(make_workspace(), asked, gap=gap).plan
    last = plan.tiers[-1]
    assert last.bound < last.value
    assert (plan.stopped_by, plan.reproducible) == (told, True)
