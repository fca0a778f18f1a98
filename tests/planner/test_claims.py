"""What a plan claims is never more than what was proved, and legal input never ends in a fault."""

from __future__ import annotations

import pytest

from placement import Billing, InputError, Planner
from placement.catalog.catalog import make_catalog
from placement.catalog.rows import Gpu, NodeGroup, Region
from placement.solvers import greedy, pipeline
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment

HERE = Region("p", "r", "r", "US", "NA", 1.0, 1.0, 100)


def group(name, **changed):
    fields = {
        "name": name,
        "region": HERE,
        "zone": "z",
        "instance_type": "t",
        "flavor_type": "cpu",
        "flavor": "x86_64",
        "gpu_count": 0,
        "cpus": 10_000,
        "memory": 20_000,
        "price": 10**9,
        "count": 1,
    }
    return NodeGroup(**{**fields, **changed})


def asked(name, replicas=1, priority=0, **resources):
    return ModelDeployment(
        name=name,
        version="1",
        replicas=replicas,
        priority=priority,
        resources={"gpus": 0, "cpus": 1, "memoryGiB": 1, **resources},
    )


def planner(*groups, gpus=()):
    return Planner(make_catalog([HERE], gpus, groups))


def crowd(size):
    """Large nodes are cheap, so that an order of priority fills them with what is small."""
    large = [group(f"x{i}", price=10**9 + 1000 * i) for i in range(size)]
    small = [group(f"y{i}", memory=10_000, price=2 * 10**9 + 1000 * i) for i in range(size)]
    wanted = [asked("a", size, 5, cpus=10), asked("b", size, 1, cpus=10, memoryGiB=15)]
    return planner(*large, *small), make_workspace(deployments=wanted)


@pytest.mark.parametrize("objective", ["cost", "latency"])
def test_a_solve_that_ends_before_it_has_a_bound_claims_none(monkeypatch, objective):
    monkeypatch.setattr(pipeline, "EXACT_WORK", 1e-9)
    monkeypatch.setattr(pipeline, "SMALL_PAIRS", 10**9)
    monkeypatch.setattr(greedy, "PASSES", 0)
    plan = Planner.plan(*crowd(60), objective=objective)
    unplaced = {tier.name: tier for tier in plan.tiers}["unplaced:1"]
    assert unplaced.value > 0
    assert not unplaced.proved
    assert plan.status == "feasible"
    assert plan.tiers[-1].bound is None or plan.tiers[-1].conditional


def test_with_enough_work_everyone_has_a_place():
    plan = Planner.plan(*crowd(60))
    assert [tier.value for tier in plan.tiers[:2]] == [0, 0]
    assert plan.status == "optimal"


def test_open_nodes_are_counted_on_the_layout_and_not_on_the_sum_of_a_cell(monkeypatch):
    monkeypatch.setattr(pipeline, "SMALL_PAIRS", -1)
    wanted = make_workspace(
        deployments=[asked("small", 2, 5, cpus=3), asked("large", 2, 1, cpus=7)]
    )
    plan = planner(group("a", count=3)).plan(wanted, billing=Billing.NODE)
    assert plan.tiers[-1].value == 2_000_000
    assert plan.status == "optimal"


def test_nothing_of_a_resource_fits_a_node_that_has_none_of_it():
    plan = planner(group("a")).plan(make_workspace(deployments=[asked("a", extra={"disk": 0})]))
    assert plan.status == "optimal"
    assert len(plan.assignments) == 1


def test_rows_that_are_too_long_leave_the_first_plan():
    fleet = planner(group("a", count=2000, cpus=192_000, memory=2_048_000))
    wanted = make_workspace(deployments=[asked("a", 4000, memoryGiB=1.333)])
    plan = fleet.plan(wanted, billing=Billing.NODE)
    assert sum(row.replicas for row in plan.assignments) == 4000
    assert plan.stopped_by == "budget"


@pytest.mark.parametrize(
    "mix",
    ["mix:cost=536870912,latency=0.000000001", "mix:carbon=999999999.000000001,cost=1"],
)
def test_a_mix_that_overflows_is_an_input_error(mix):
    fleet = planner(group("a"), gpus=[Gpu("T4", "nvidia", 16_000, "Turing")])
    with pytest.raises(InputError, match="PL604"):
        fleet.plan(make_workspace(deployments=[asked("a")]), objective=mix)


def test_a_gap_and_a_limit_beyond_all_measure_are_taken_as_wide():
    wanted = make_workspace(deployments=[asked("a")])
    assert planner(group("a")).plan(wanted, gap=1e308, time_limit=1e15).status == "optimal"
