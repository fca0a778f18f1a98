"""What is expected decides among equally good nodes, and costs nothing that counts."""

from decimal import Decimal

import pytest

from placement import Expected, ModelDeployment, Planner
from placement.catalog.catalog import make_catalog
from placement.catalog.rows import UNIT, Gpu, NodeGroup, Region
from placement.workspace.making import make_workspace
from tests.planner.transacting import asked, faults

REGION = Region("made", "up", "Up", "DE", "EU", 50.0, 10.0)


def fleet(*groups):
    """A catalog of one node per (name, GPUs, CPUs, price of a GPU)."""
    nodes = [
        NodeGroup(
            name=name,
            region=REGION,
            zone="a",
            instance_type=name,
            flavor_type="gpu",
            flavor="T4",
            gpu_count=gpus,
            cpus=cpus * UNIT,
            memory=512 * UNIT,
            price=price * gpus * 10**9,
            count=1,
        )
        for name, gpus, cpus, price in groups
    ]
    return make_catalog([REGION], [Gpu("T4", "made", 16 * UNIT, "T4")], nodes)


def wish(name, gpus, cpus=1, **fields):
    resources = {"gpus": Decimal(str(gpus)), "cpus": cpus, "memoryGiB": 1}
    return ModelDeployment.model_validate(
        {"name": name, "version": "1", "resources": resources, **fields}
    )


WHOLE = Expected(((wish("whole", 1, cpus=4), 1),))


def nodes_of(catalog, deployments, expected):
    """Deploy one after the other, and return the nodes of each."""
    planner, workspace = Planner(catalog), make_workspace()
    for deployment in deployments:
        preview = planner.deploy(workspace, deployment, expected=expected)
        assert preview.refusal is None
        workspace = preview.workspace
    found = [workspace.running_by_key[one.key] for one in deployments]
    return ["".join(row.node.removesuffix("/0") for row in rows) for rows in found]


def test_a_share_breaks_no_gpu_where_one_is_broken_already():
    catalog = fleet(("a", 1, 16, 1), ("b", 2, 64, 1))
    asks = [wish("first", 0.5, cpus=32), wish("second", 0.5)]
    assert nodes_of(catalog, asks, WHOLE) == ["b", "b"]


@pytest.mark.parametrize(("first", "second", "place"), [(1, 2, "a"), (2, 1, "b")])
def test_cpus_are_taken_where_no_other_gpu_needs_them(first, second, place):
    catalog = fleet(("a", first, 8, 1), ("b", second, 8, 1))
    assert nodes_of(catalog, [wish("hungry", 1, cpus=5)], WHOLE) == [place]


@pytest.mark.parametrize("expected", [None, WHOLE])
def test_money_comes_before_what_is_expected(expected):
    catalog = fleet(("a", 2, 8, 1), ("b", 1, 8, 2))
    assert nodes_of(catalog, [wish("hungry", 1, cpus=5)], expected) == ["a"]


def test_nothing_that_is_expected_makes_all_nodes_alike():
    catalog = fleet(("a", 1, 16, 1), ("b", 2, 64, 1))
    asks = [wish("first", 0.5, cpus=32), wish("second", 0.5)]
    assert nodes_of(catalog, asks, Expected(())) == ["b", "a"]


def test_replicas_go_on_to_further_nodes_when_the_best_is_full():
    catalog = fleet(("a", 2, 8, 1), ("b", 1, 8, 1), ("c", 1, 8, 1))
    found = nodes_of(catalog, [wish("hungry", 1, cpus=5, replicas=3)], WHOLE)
    assert found == ["abc"]


def test_no_tier_of_a_change_is_worse_for_what_is_expected():
    compared = 0
    for seed in range(40):
        one = asked(seed)
        usual, careful = one.transact(), one.transact(expected=Expected.of(one.transition.after))
        assert (usual.refusal is None) == (careful.refusal is None), seed
        if usual.refusal is not None:
            continue
        assert [(t.name, t.value) for t in careful.plan.tiers] == [
            (t.name, t.value) for t in usual.plan.tiers
        ], seed
        assert faults(one, careful) == []
        compared += 1
    assert compared > 20
