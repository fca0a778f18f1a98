"""What a change costs is called the least only if no node, near or far, makes it cheaper."""

from __future__ import annotations

from random import Random

import pytest

from placement.catalog.catalog import Catalog
from placement.plan.rows import Status
from placement.planner import Planner
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.verifier.fleet import EAST, USD, WEST, deployment, fleet, gpu_group, workspace

SEEDS = 25
APART = [{"selector": {"matchLabels": {"app": "x"}}, "over": "node"}]


def last_tier(catalog: Catalog, wished: Workspace, **options: str) -> tuple[int, int | None]:
    """Return the value and the bound of the last tier when all is deployed at once."""
    plan = Planner(catalog).apply_change(workspace(), wished, **options).plan
    return plan.tiers[-1].value, plan.tiers[-1].bound


def test_a_node_billed_whole_is_the_cheapest_that_there_is() -> None:
    dear = gpu_group("dear", EAST, "a", "T4", 3, price=9 * USD, gpu_count=1)
    cheap = gpu_group("cheap", EAST, "a", "T4", 3, price=1 * USD, gpu_count=8)
    catalog = fleet(dear, cheap)
    assert last_tier(catalog, workspace(deployment("chat")), billing="node") == (10**6, 10**6)


def test_deployments_in_the_way_of_each_other_look_further() -> None:
    """Four have to be apart; each alone would look at three nodes, and at one that is dear."""
    groups = [gpu_group(f"n{i}", EAST, "a", "T4", 1, price=i * USD) for i in range(1, 5)]
    catalog = fleet(*groups, gpu_group("dear", EAST, "a", "A10", 1, price=9 * USD))
    four = [deployment(f"d{i}", labels={"app": "x"}, separateFrom=APART) for i in range(4)]
    fifth = deployment("e", flavors=[{"type": "gpu", "name": "A10"}])
    quarters = 10**6 * (1 + 2 + 3 + 4 + 9) // 4
    assert last_tier(catalog, workspace(*four, fifth)) == (quarters, quarters)


def random_catalog(rng: Random) -> Catalog:
    return fleet(
        *(
            gpu_group(
                f"g{i}",
                rng.choice((EAST, WEST)),
                rng.choice("ab"),
                rng.choice(("T4", "A10")),
                rng.choice((1, 2, 3)),
                price=rng.randrange(1, 9) * USD,
                gpu_count=rng.choice((1, 2, 4)),
            )
            for i in range(6)
        )
    )


def random_deployment(rng: Random, name: str) -> ModelDeployment:
    spread = [{"over": rng.choice(("node", "zone", "region")), "maxPerDomain": rng.choice((1, 2))}]
    return deployment(
        name,
        replicas=rng.choice((1, 1, 2, 3)),
        labels={"app": rng.choice("xy")},
        resources={"gpus": rng.choice((1, 1, 2, "0.5"))},
        flavors=[{"type": "gpu", "name": "A10"}] if rng.random() < 0.3 else (),
        spread=spread if rng.random() < 0.4 else (),
        separateFrom=APART if rng.random() < 0.4 else (),
    )


@pytest.mark.parametrize("billing", ["share", "node"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_all_at_once_on_an_empty_fleet_costs_what_a_plan_of_it_costs(
    seed: int, billing: str
) -> None:
    rng = Random(seed)
    catalog = random_catalog(rng)
    wished = workspace(*(random_deployment(rng, f"d{i}") for i in range(rng.randrange(1, 6))))
    plan = Planner(catalog).plan(wished, billing=billing)
    assert plan.status is Status.OPTIMAL
    found = Planner(catalog).apply_change(workspace(), wished, billing=billing).plan
    if found.refusal is not None:
        assert found.refusal.reason == "policy"  # somebody has no node group at all
        return
    assert [(t.name, t.value) for t in found.tiers] == [(t.name, t.value) for t in plan.tiers]
    assert found.status is Status.OPTIMAL
