"""The planner against brute force: every tier of every random world must be equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.constraints.registry import CONSTRAINTS
from placement.options import Billing
from placement.plan.plan import Plan
from placement.plan.rows import Basis, Certificate, Status
from placement.planner import Planner
from placement.policies.registry import POLICY_TYPES
from placement.verifier import verify
from tests.worlds.generator import solved_world
from tests.worlds.oracle import Optimum
from tests.worlds.package import assignments_of, catalog_of, workspace_of
from tests.worlds.seeds import CHUNKS, seeds_of
from tests.worlds.world import World


def disagreements(world: World, best: Optimum) -> list[str]:
    """Return what is wrong with the plan of a world, judged by its optimum."""
    catalog, workspace = catalog_of(world), workspace_of(world)
    plan = Planner(catalog).plan(workspace, objective=world.objective, billing=world.billing)
    wrong = []
    values = tuple((tier.name, tier.value) for tier in plan.tiers)
    if values != best.tiers:
        wrong.append(f"tiers are {values}, the optimum is {best.tiers}")
    if plan.status is not Status.OPTIMAL:
        wrong.append(f"status is {plan.status}")
    wrong += [f"bound of {t.name} is {t.bound}" for t in plan.tiers if t.bound != t.value]
    report = verify(
        catalog,
        workspace,
        plan,
        billing=Billing(world.billing),
        objective=world.objective,
    )
    return wrong + [str(violation) for violation in report.violations]


RULES = {"assignments", *(rule.name for rule in CONSTRAINTS), *POLICY_TYPES}
"""What is judged of rows alone; a bare list of rows has no changes, reasons or prices."""


def refused(world: World, best: Optimum) -> list[str]:
    """Return what the verifier's rules and tiers say against the optimum's own rows."""
    rows = assignments_of(world, best.rows)
    plan = Plan(Status.FEASIBLE, Certificate.NONE, (), rows, (), (), Basis("", "", ""))
    report = verify(
        catalog_of(world),
        workspace_of(world),
        plan,
        billing=Billing(world.billing),
        objective=world.objective,
    )
    wrong = [str(violation) for violation in report.violations if violation.rule in RULES]
    values = tuple((tier.name, tier.value) for tier in report.tiers)
    if values != best.tiers:
        wrong.append(f"the tiers by names are {values}, the optimum is {best.tiers}")
    return wrong


def test_a_wrong_optimum_is_noticed():
    world, best = solved_world(0)
    name, value = best.tiers[-1]
    wrong = replace(best, tiers=(*best.tiers[:-1], (name, value + 1)))
    assert disagreements(world, best) == []
    assert len(disagreements(world, wrong)) == 1
    assert len(refused(world, wrong)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_plan_equals_brute_force(chunk):
    worlds = [solved_world(seed) for seed in seeds_of(chunk)]
    found = {world.seed: disagreements(world, best) for world, best in worlds}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_verifier_accepts_the_optimum_and_counts_it_alike(chunk):
    worlds = [solved_world(seed) for seed in seeds_of(chunk)]
    found = {world.seed: refused(world, best) for world, best in worlds}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
