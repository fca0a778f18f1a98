"""Room for more replicas, by examples that can be counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

import placement as pl
from placement.catalog.catalog import make_catalog
from placement.catalog.rows import Reserved
from placement.catalog.shipped import shipped
from placement.headroom.values import LimitKind
from placement.policies.location import LocationEntry, LocationPolicy
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Domain, Environment, Resources, Spread
from tests.cli.conftest import fleet, home, placement  # noqa: F401
from tests.headroom.worlds import assignment, with_one_more

US = LocationPolicy(name="us", locations=(LocationEntry(type="country", name="US"),))


def deployment(**fields):
    asked = {"gpus": Decimal(1), "cpus": Decimal(2), "memory_gib": Decimal(8)}
    resources = Resources(**{**asked, **fields.pop("resources", {})})
    return pl.ModelDeployment(name="chat", version="A", resources=resources, **fields)


@pytest.fixture
def catalog(fleet):  # noqa: F811
    return pl.load_catalog(fleet)


def test_an_empty_fleet_holds_what_its_gpus_hold(catalog):
    found = pl.Planner(catalog).headroom(make_workspace(), deployment())
    # us-t4 2, eu-t4 2, us-a100 8.
    assert (found.replicas, found.exact, found.with_moves) == (12, True, 12)
    assert [(p.region, p.flavor, p.nodes, p.replicas) for p in found.places] == [
        ("us-east-1", "A100-80GB", 1, 8),
        ("eu-west-1", "T4", 2, 2),
        ("us-east-1", "T4", 2, 2),
    ]


def test_the_cheapest_node_tells_the_cost(catalog):
    found = pl.Planner(catalog).headroom(make_workspace(), deployment())
    assert found.places[2].cost_per_replica == 526_000


def test_the_bottleneck_is_the_greatest_gain(catalog):
    found = pl.Planner(catalog).headroom(make_workspace(), deployment())
    # Without GPUs: T4 nodes 2 each by CPUs and memory, the A100 node 48 by CPUs.
    assert [(one.kind, one.gain) for one in found.limits] == [(LimitKind.GPUS, 44)]
    assert found.bottleneck == found.limits[0]


def test_a_policy_tells_what_it_leaves_out(catalog):
    workspace = make_workspace([US], [Environment(name="production", policies=("us",))])
    found = pl.Planner(catalog).headroom(workspace, deployment())
    assert found.replicas == 10
    assert ("policy", "us", 2, 2) in [(x.kind, x.name, x.nodes, x.gain) for x in found.limits]


def test_what_runs_is_taken_off(catalog):
    one = deployment(replicas=3)
    (rows,) = with_one_more([], one, (catalog.groups_by_name["us-t4"], 0))
    workspace = make_workspace(deployments=[one], running=map(assignment, rows))
    assert pl.Planner(catalog).headroom(workspace, one).replicas == 11


def test_a_share_takes_what_is_left_of_each_gpu():
    catalog = pl.load_catalog(shipped("catalogs", "public-cloud"))
    group = replace(next(g for g in catalog.node_groups if g.gpu_count == 4), count=1)
    reserved = {group.node(0): Reserved.of(group, gpus=1500)}
    small = make_catalog(
        catalog.regions.values(), catalog.gpus.values(), [group], reserved=reserved
    )
    one = deployment(resources={"gpus": Decimal("0.3"), "memory_gib": Decimal(1)})
    # Two free GPUs take 3 each, the half one 1, the reserved one none.
    assert pl.Planner(small).headroom(make_workspace(), one).replicas == 7


def test_a_limit_per_region_counts_what_runs(catalog):
    one = deployment(spread=(Spread(over=Domain.REGION, max_per_domain=3),))
    (rows,) = with_one_more([], one, (catalog.groups_by_name["us-t4"], 0))
    workspace = make_workspace(deployments=[one], running=map(assignment, rows))
    found = pl.Planner(catalog).headroom(workspace, one)
    assert found.replicas == 2 + 2
    assert (LimitKind.SPREAD, "region", 7) in [(x.kind, x.name, x.gain) for x in found.limits]


def test_who_asks_for_nothing_is_held_to_the_limit_of_a_deployment(catalog):
    resources = {"gpus": Decimal(0), "cpus": Decimal(0), "memory_gib": Decimal(0)}
    found = pl.Planner(catalog).headroom(make_workspace(), deployment(resources=resources))
    assert found.replicas == 3 * 100_000


def test_no_node_group_is_no_room(catalog):
    one = deployment(resources={"gpus": Decimal(16)})
    found = pl.Planner(catalog).headroom(make_workspace(), one)
    assert (found.replicas, found.with_moves, found.places, found.bottleneck) == (0, 0, (), None)


def test_an_unknown_name_is_an_input_error(catalog):
    asia = LocationPolicy(name="x", locations=(LocationEntry(type="location", name="mars-1"),))
    with pytest.raises(pl.InputError, match="unknown region `mars-1`"):
        pl.Planner(catalog).headroom(make_workspace([asia]), deployment())


# ---------------------------------------------------------------- the command


WORK = """\
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat}
spec: {version: A, replicas: 3, resources: {gpus: 1, cpus: 2, memoryGiB: 8}}
"""


@pytest.fixture
def work(home):  # noqa: F811
    file = home / "work.yaml"
    file.write_text(WORK, "utf-8")
    return file


def test_the_command_counts_beside_what_runs(placement, work, fleet):  # noqa: F811
    placement("plan", work, "--catalog", fleet, "--out", "plan.json", "-o", "csv")
    words = ("headroom", work, "--catalog", fleet, "--like", "chat", "-o", "json")
    empty, beside = placement(*words), placement(*words, "--current", "plan.json")
    assert json.loads(empty.out)["replicas"] == 12
    document = json.loads(beside.out)
    assert (document["kind"], document["model"], document["replicas"]) == ("Headroom", "chat", 9)


def test_the_store_says_what_runs(placement, work, fleet):  # noqa: F811
    placement("apply", work, "--catalog", fleet, "--yes")
    done = placement("headroom", "--store", ".placement/state.db", "--like", "chat", "-o", "json")
    assert json.loads(done.out)["replicas"] == 9


def test_a_shape_needs_no_deployment(placement, work, fleet):  # noqa: F811
    done = placement("headroom", work, "--catalog", fleet, "--gpus", "8", "-o", "table")
    assert done.out.startswith("Headroom in production: 1 more replica as things are, no more ")
    assert done.code == 0


def test_options_change_what_is_like_a_deployment(placement, work, fleet):  # noqa: F811
    words = ("headroom", work, "--catalog", fleet, "--like", "chat", "-o", "json")
    assert json.loads(placement(*words, "--cpus", "4").out)["replicas"] == 12
    assert json.loads(placement(*words, "--cpus", "40").out)["replicas"] == 2


def test_a_shape_that_nothing_holds_is_told_so(placement, work, fleet):  # noqa: F811
    done = placement("headroom", work, "--catalog", fleet, "--gpus", "16", "-o", "table")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("no node group may be used, whatever runs\n")


@pytest.mark.parametrize("form", ["yaml", "csv", "table"])
def test_every_form_is_printed(placement, work, fleet, form):  # noqa: F811
    done = placement("headroom", work, "--catalog", fleet, "--like", "chat", "-o", form)
    assert done.code == 0
    assert "A100-80GB" in done.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a deployment with --like"),
        (("--like", "chatt"), "did you mean `chat`?"),
        (("--gpus", "1", "-e", "prodution"), "did you mean `production`?"),
        (("--gpus", "1.5"), "above 1 must be a whole number"),
    ],
)
def test_wrong_words_are_told(placement, work, fleet, words, message):  # noqa: F811
    done = placement("headroom", work, "--catalog", fleet, *words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
