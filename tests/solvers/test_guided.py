"""The way for large problems, forced on tiny worlds whose optimum is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from placement.options import Billing
from placement.plan.plan import Plan
from placement.plan.rows import Status
from placement.planner import Planner
from placement.problem.compiler import Compiled
from placement.solvers import guided, pipeline
from placement.solvers.limits import Limits
from placement.verifier import verify
from tests.solvers.test_parts import compiled_of
from tests.worlds.features import FEATURES
from tests.worlds.generator import random_world, solved_world
from tests.worlds.package import catalog_of, workspace_of
from tests.worlds.world import World

WORLDS = 2_000
CHUNKS = 20
FIRST_SEED = 300_000
ENOUGH = 40
"""Each feature of the input is in at least so many worlds, and not in at least so many."""
IN_ALL = {"replicas", "price"}
"""No world can do without these."""
SEARCHED = 150
"""Worlds for the search alone."""


@pytest.fixture(autouse=True)
def every_problem_is_large(monkeypatch):
    """Nothing goes to CP-SAT whole; one neighbourhood holds all of a tiny world."""
    monkeypatch.setattr(pipeline, "SMALL_PAIRS", -1)
    monkeypatch.setattr(guided, "FAILURES", 1)


def planned(seed: int) -> Plan:
    world = random_world(seed)
    return Planner(catalog_of(world)).plan(
        workspace_of(world), objective=world.objective, billing=world.billing
    )


def false_claims(seed: int, plan: Plan) -> Iterator[str]:
    """Yield what cannot be true of a plan, given the optimum."""
    world, best = solved_world(seed)
    report = verify(
        catalog_of(world),
        workspace_of(world),
        plan,
        objective=world.objective,
        billing=Billing(world.billing),
    )
    yield from map(str, report.violations)
    # The tier `displaced` is listed only above 0, so a plan may list more tiers than the optimum.
    listed = dict(best.tiers)
    values = [(tier.value, listed.get(tier.name, 0)) for tier in plan.tiers]
    if listed.keys() - {tier.name for tier in plan.tiers}:
        yield f"tiers are {[tier.name for tier in plan.tiers]}, the optimum has {best.tiers}"
    if [value for value, _ in values] < [least for _, least in values]:
        yield f"better than the optimum: {values}"
    for tier, (_, least) in zip(plan.tiers, values, strict=True):
        if tier.bound is not None and tier.bound > least:
            yield f"bound {tier.bound} of {tier.name} is above the optimum {least}"
    if plan.status is Status.OPTIMAL and not is_best(seed, plan):
        yield f"called optimal with {values}"


def is_best(seed: int, plan: Plan) -> bool:
    return tuple((tier.name, tier.value) for tier in plan.tiers) == solved_world(seed)[1].tiers


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_claim_is_false_and_every_plan_is_the_proved_optimum(chunk):
    plans = {seed: planned(seed) for seed in range(FIRST_SEED + chunk, FIRST_SEED + WORLDS, CHUNKS)}
    wrong = {seed: list(false_claims(seed, plan)) for seed, plan in plans.items()}
    assert {seed: claims for seed, claims in wrong.items() if claims} == {}
    missed = [seed for seed, plan in plans.items() if not is_best(seed, plan)]
    assert missed == []
    unproved = [seed for seed, plan in plans.items() if plan.status is not Status.OPTIMAL]
    assert unproved == []


def uneven_nodes(world: World) -> bool:
    """Whether like nodes have unlike room: by what is reserved or runs, or by their state."""
    names = {row.node for row in world.reserved} | {row.node for row in world.running}
    names |= {node for node, _ in world.states}
    return any(group.count > 1 and names & set(group.nodes()) for group in world.groups)


def features_of(world: World) -> Iterator[str]:
    """Yield the features of the input that a world has."""
    yield from (name for name, without in FEATURES.items() if without(world) is not None)
    if any(0 < d.demand < 1000 for d in world.deployments):
        yield "shares of GPUs"
    if uneven_nodes(world):
        yield "unlike room on like nodes"


@pytest.mark.slow
def test_the_worlds_have_every_feature_and_lack_it():
    worlds = [random_world(seed) for seed in range(FIRST_SEED, FIRST_SEED + WORLDS)]
    counts = Counter(name for world in worlds for name in features_of(world))
    names = {*FEATURES, "shares of GPUs", "unlike room on like nodes"}
    assert {name: counts[name] for name in names if counts[name] < ENOUGH} == {}
    assert {name: counts[name] for name in names if counts[name] > WORLDS - ENOUGH}.keys() == IN_ALL


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(6))
def test_the_search_alone_finds_plans_that_verify(chunk, monkeypatch):
    """One column per deployment, and no exact end."""
    monkeypatch.setattr(guided, "COLUMNS", 1)
    monkeypatch.setattr(guided, "FINISH_PAIRS", -1)
    seeds = range(FIRST_SEED + WORLDS + chunk, FIRST_SEED + WORLDS + SEARCHED, 6)
    wrong = {seed: list(false_claims(seed, planned(seed))) for seed in seeds}
    assert {seed: claims for seed, claims in wrong.items() if claims} == {}


def test_every_part_was_solved_this_way(monkeypatch):
    calls = []
    solve = guided.Guided.solve
    monkeypatch.setattr(guided.Guided, "solve", lambda self: calls.append(1) or solve(self))
    monkeypatch.setattr(pipeline, "solve_exactly", lambda *_, **__: pytest.fail("solved whole"))
    planned(FIRST_SEED)
    assert calls


def test_a_last_tier_without_values_is_never_searched(monkeypatch):
    """Whatever is placed, it is at its floor; only tiers before it are looked at."""
    seen: Counter[bool] = Counter()
    relax = guided.Guided._relax

    def noted(self: guided.Guided, number: int) -> None:
        seen[number == self.last] += 1
        relax(self, number)

    monkeypatch.setattr(guided.Guided, "_leap", lambda self: None)
    monkeypatch.setattr(guided.Guided, "_relax", noted)
    snapshots = [compiled_of(seed) for seed in range(FIRST_SEED, FIRST_SEED + 12)]
    for compiled in snapshots:
        solve_through(compiled)
    assert seen[True] >= 12
    seen.clear()
    for compiled in snapshots:
        solve_through(replace(compiled, objective=replace(compiled.objective, terms=())))
    assert seen[True] == 0
    assert seen[False] >= 8


def solve_through(compiled: Compiled) -> None:
    pipeline.solve(
        compiled,
        Limits(),
        first=lambda cells, layout: None,
        report=lambda tier, value, bound: None,
        workers=1,
    )
