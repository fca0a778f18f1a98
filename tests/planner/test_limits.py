"""What ends a solve early: the plan is verified all the same, and says what cut it."""

from __future__ import annotations

import threading
import time

import pytest

from placement.catalog.load import load_catalog
from placement.catalog.shipped import shipped
from placement.planner import Planner
from placement.solvers import pipeline
from placement.unchanged import unchanged
from placement.verifier import verify
from placement.workspace import load_workspace
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

FIRST_SEED = 400_000


class AfterSome:
    """A cancel token that is set once it has been asked some times."""

    def __init__(self, times):
        self.left = times

    def is_set(self):
        self.left -= 1
        return self.left < 0


@pytest.fixture(scope="module")
def quickstart():
    return load_catalog(shipped("catalogs", "public-cloud")), load_workspace(
        shipped("examples", "quickstart")
    )


def snapshots(worlds):
    """Yield catalog, workspace and options of some worlds."""
    for seed in range(FIRST_SEED, FIRST_SEED + worlds):
        world = random_world(seed)
        options = {"objective": world.objective, "billing": world.billing}
        yield catalog_of(world), workspace_of(world), options


def is_verified(catalog, workspace, plan, options):
    return verify(catalog, workspace, plan, **options).ok


@pytest.mark.parametrize("seconds", [0.001, 1e-9])
def test_next_to_no_time_still_gives_a_verified_plan(quickstart, seconds):
    catalog, workspace = quickstart
    plan = Planner(catalog).plan(workspace, time_limit=seconds)
    assert plan.stopped_by == "time-limit"
    assert plan.reproducible is False
    assert plan.status == "feasible"
    assert plan.assignments
    assert verify(catalog, workspace, plan).ok


def test_no_world_is_too_odd_for_a_plan_without_time():
    for catalog, workspace, options in snapshots(60):
        plan = Planner(catalog).plan(workspace, time_limit=1e-9, **options)
        # What runs as it is wanted is a plan that takes no time.
        standing = unchanged(catalog, workspace) is not None
        assert plan.stopped_by == (None if standing else "time-limit")
        assert plan.reproducible is standing
        assert is_verified(catalog, workspace, plan, options)


def test_a_limit_that_does_not_bind_changes_nothing():
    for catalog, workspace, options in snapshots(20):
        free = Planner(catalog).plan(workspace, **options)
        limited = Planner(catalog).plan(workspace, time_limit=600, **options)
        assert limited.stopped_by is None
        assert limited.digest == free.digest


def test_a_token_that_is_set_before_the_solve_gives_the_first_plan(quickstart):
    catalog, workspace = quickstart
    cancel = threading.Event()
    cancel.set()
    plan = Planner(catalog).plan(workspace, cancel=cancel)
    assert plan.stopped_by == "cancel"
    assert plan.reproducible is False
    assert plan.assignments
    assert all(tier.bound is None for tier in plan.tiers if tier.value)
    assert verify(catalog, workspace, plan).ok


@pytest.mark.parametrize("times", [1, 3, 10, 30])
def test_a_token_that_is_set_during_the_solve_gives_a_verified_plan(times):
    for catalog, workspace, options in snapshots(15):
        plan = Planner(catalog).plan(workspace, cancel=AfterSome(times), **options)
        if plan.stopped_by is not None:
            assert plan.stopped_by == "cancel"
            assert plan.reproducible is False
        assert is_verified(catalog, workspace, plan, options)


def test_a_token_that_is_set_from_the_first_report_ends_the_solve(quickstart):
    catalog, workspace = quickstart
    cancel = threading.Event()
    started = time.monotonic()
    plan = Planner(catalog).plan(workspace, cancel=cancel, on_progress=lambda _: cancel.set())
    assert plan.stopped_by == "cancel"
    assert verify(catalog, workspace, plan).ok
    assert time.monotonic() - started < 60


def test_a_token_that_is_never_set_changes_nothing():
    for catalog, workspace, options in snapshots(20):
        plan = Planner(catalog).plan(workspace, cancel=threading.Event(), **options)
        assert plan.stopped_by is None
        assert plan.digest == Planner(catalog).plan(workspace, **options).digest


def test_a_part_cut_by_its_share_of_the_time_is_not_reproducible(quickstart, monkeypatch):
    """The others may be quick, so that the whole ends before the limit."""
    catalog, workspace = quickstart
    solve = pipeline._solve_part
    seen = []

    def slow(part, limits, report, small):
        seen.append(part)
        while len(seen) == 1 and not limits.over():
            time.sleep(0.01)
        return solve(part, limits, report, small)

    monkeypatch.setattr(pipeline, "_solve_part", slow)
    plan = Planner(catalog).plan(workspace, time_limit=8, workers=1)
    assert len(seen) > 1
    assert plan.stopped_by == "time-limit"
    assert plan.reproducible is False


def test_a_gap_that_is_reached_is_said_to_have_ended_the_solve(quickstart):
    catalog, workspace = quickstart
    plan = Planner(catalog).plan(workspace, gap=0.5)
    last = plan.tiers[-1]
    assert last.value - last.bound <= 0.5 * last.value
    assert plan.stopped_by == ("gap" if plan.status == "feasible" else None)
    assert plan.reproducible is True
