"""What is recommended has room, is allowed, and is what a deployment of one replica gets."""

from __future__ import annotations

import pytest

from placement import Planner
from placement.workspace.workspace import ModelDeployment
from tests.worlds.changes.generator import random_change
from tests.worlds.package import catalog_of, workspace_of

SEEDS = range(120)


def asked(seed, **fields):
    change = random_change(seed)
    catalog, workspace = catalog_of(change.before), workspace_of(change.before)
    wish = ModelDeployment.model_validate({"name": "wish", "version": "1", **fields})
    return Planner(catalog), workspace, wish


def test_the_first_recommendation_is_where_one_replica_goes():
    found = 0
    for seed in SEEDS:
        planner, workspace, wish = asked(seed)
        first = planner.recommend(workspace, wish, top=1)
        preview = planner.deploy(workspace, wish)
        rows = [row for row in preview.plan.assignments if row.model == "wish"]
        if not first:
            assert not rows or any(c.action == "move" for c in preview.changes)
            continue
        assert rows[0].cost == first[0].cost_per_replica
        found += 1
    assert found > 60


def test_differences_grow_from_nothing_and_replicas_fit():
    for seed in SEEDS:
        planner, workspace, wish = asked(seed, replicas=3)
        found = planner.recommend(workspace, wish)
        differences = [one.difference for one in found]
        assert differences == sorted(differences)
        assert differences[:1] in ([], [0])
        assert all(1 <= one.replicas <= 3 for one in found)


def test_no_more_are_returned_than_are_wanted():
    planner, workspace, wish = asked(0)
    everything = planner.recommend(workspace, wish, top=100)
    assert planner.recommend(workspace, wish, top=1) == everything[:1]
    assert planner.recommend(workspace, wish, top=0) == ()


@pytest.mark.parametrize("gpus", [16])
def test_what_fits_nowhere_has_no_recommendation(gpus):
    planner, workspace, wish = asked(0, resources={"gpus": gpus})
    assert planner.recommend(workspace, wish) == ()


def test_replicas_of_the_deployment_itself_are_no_obstacle():
    for seed in SEEDS:
        change = random_change(seed)
        catalog, workspace = catalog_of(change.before), workspace_of(change.before)
        for deployment in workspace.deployments:
            rows = workspace.running_by_key.get(deployment.key, ())
            if not rows or not deployment.enabled:
                continue
            again = Planner(catalog).recommend(workspace, deployment, top=100)
            groups = {one.node_group for one in again}
            assert {row.node.rpartition("/")[0] for row in rows} <= groups
            return
