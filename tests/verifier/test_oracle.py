"""Plans that an oracle finds by enumeration are verified, with the tiers the oracle counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.objectives.mix import parse_objective
from placement.objectives.tiers import tiers_of
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.plan import Plan
from placement.plan.resolve import resolve_rows
from placement.reasons import unplaced_rows
from placement.verifier import verify
from tests.worlds.generator import solved_world
from tests.worlds.package import assignments_of, catalog_of, workspace_of

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_optimal_plan_passes_with_the_tiers_of_the_oracle(seed: int) -> None:
    world, best = solved_world(seed)
    catalog, workspace = catalog_of(world), workspace_of(world)
    billing = Billing(world.billing)
    mix = parse_objective(world.objective, billing=billing)
    view = resolve_rows(workspace, catalog, assignments_of(world, best.rows)).view
    tiers = tiers_of(view, mix)
    assert [(tier.name, tier.value) for tier in tiers[:-1]] == list(best.tiers)[:-1]
    assert tiers[-1].value == best.last
    bounds = {tier.name: tier.value for tier in tiers}
    plan = bare_plan(view, objective=mix, billing=billing, bounds=bounds)
    plan = replace(plan, unplaced=unplaced_rows(view, proved=True))
    stored = Plan.from_json(plan.to_json())
    report = verify(catalog, workspace, stored, billing=billing, objective=world.objective)
    assert report.violations == ()
    assert stored.to_json() == plan.to_json()
