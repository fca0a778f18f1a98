"""The way for large problems, forced on tiny worlds whose optimum is known."""

from __future__ import annotations

import pytest

from placement.options import Billing
from placement.planner import Planner
from placement.solvers import guided, pipeline
from placement.verifier import verify
from tests.worlds.generator import random_world
from tests.worlds.oracle import optimum
from tests.worlds.package import catalog_of, workspace_of

WORLDS = 300
CHUNKS = 6
FIRST_SEED = 300_000


@pytest.fixture(autouse=True)
def every_problem_is_large(monkeypatch):
    monkeypatch.setattr(pipeline, "SMALL_PAIRS", -1)


def planned(seed):
    """Return the plan of a world's seed, the verifier's report and the optimum's tiers."""
    world = random_world(seed)
    catalog, workspace = catalog_of(world), workspace_of(world)
    options = {"objective": world.objective, "billing": Billing(world.billing)}
    plan = Planner(catalog).plan(workspace, **options)
    return plan, verify(catalog, workspace, plan, **options), optimum(world).tiers


def disagreements(seed):
    """Return what cannot be true of a plan, given the optimum."""
    plan, report, best = planned(seed)
    wrong = [str(violation) for violation in report.violations]
    # The tier `displaced` is listed only above 0, so a plan may list more tiers than the optimum.
    listed = dict(best)
    values = [(tier.value, listed.get(tier.name, 0)) for tier in plan.tiers]
    if {name for name, _ in best} - {tier.name for tier in plan.tiers}:
        wrong.append(f"tiers are {[tier.name for tier in plan.tiers]}, the optimum has {best}")
    if [value for value, _ in values] < [least for _, least in values]:
        wrong.append(f"better than the optimum: {values}")
    wrong += [
        f"bound {tier.bound} of {tier.name} is above the optimum {least}"
        for tier, (_, least) in zip(plan.tiers, values, strict=True)
        if tier.bound is not None and tier.bound > least
    ]
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_plans_verify_and_bounds_hold(chunk):
    seeds = range(FIRST_SEED + chunk, FIRST_SEED + WORLDS, CHUNKS)
    found = {seed: disagreements(seed) for seed in seeds}
    assert len(found) == WORLDS // CHUNKS
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_search_alone_finds_plans_that_verify(chunk, monkeypatch):
    """One column per deployment, and no exact end."""
    monkeypatch.setattr(guided, "COLUMNS", 1)
    monkeypatch.setattr(guided, "FINISH_PAIRS", -1)
    seeds = range(FIRST_SEED + WORLDS + chunk, FIRST_SEED + 3 * WORLDS // 2, CHUNKS)
    found = {seed: disagreements(seed) for seed in seeds}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


@pytest.mark.slow
def test_most_plans_are_the_optimum():
    plans = [planned(seed) for seed in range(FIRST_SEED, FIRST_SEED + 60)]
    met = sum(tuple((t.name, t.value) for t in plan.tiers) == best for plan, _, best in plans)
    assert met > 0.8 * len(plans)


def test_every_part_was_solved_this_way(monkeypatch):
    calls = []
    solve = guided.Guided.solve
    monkeypatch.setattr(guided.Guided, "solve", lambda self: calls.append(1) or solve(self))
    monkeypatch.setattr(pipeline, "solve_exactly", lambda *_, **__: pytest.fail("solved whole"))
    planned(FIRST_SEED)
    assert calls
