"""``placement policy-diff``, by examples."""

from __future__ import annotations

import json
import pickle

import pytest

import placement as pl
from placement.policies.location import LocationEntry, LocationPolicy
from placement.policy_difference import AttachedPolicy, Cause, Effect, MustMove
from placement.reach.sets import Kind
from placement.workspace.effective import Level
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment
from tests.cli.conftest import fleet, home, manifests, placement  # noqa: F401

CHAT = pl.ModelDeployment(name="chat", version="A", replicas=2)


def country(code: str) -> LocationPolicy:
    return LocationPolicy(name=code.lower(), locations=(LocationEntry(type="country", name=code),))


def workspace(*policies: str, chat: pl.ModelDeployment = CHAT) -> pl.Workspace:
    stage = Environment(name="production", policies=policies)
    return make_workspace([country("US"), country("IE")], [stage], [chat])


@pytest.fixture
def catalog(fleet):  # noqa: F811
    return pl.load_catalog(fleet)


def one(old: pl.Workspace, new: pl.Workspace, catalog: pl.Catalog):
    (found,) = pl.policy_diff(old, new, catalog).deployments
    return found


def test_another_country_shifts(catalog):
    found = one(workspace("us"), workspace("ie"), catalog)
    assert (found.effect, found.before, found.after) == (Effect.SHIFTED, 2, 1)
    assert found.enters.node_groups == ("eu-t4",)
    assert found.enters.names == {Kind.COUNTRY: ("IE",), Kind.REGION: ("aws/eu-west-1",)}
    assert found.leaves.names[Kind.GPU] == ("A100-80GB",)
    assert found.cause == Cause(
        bound=(AttachedPolicy(Level.ENVIRONMENT, "ie"),),
        released=(AttachedPolicy(Level.ENVIRONMENT, "us"),),
    )


def test_other_demands_are_a_cause_of_their_own(catalog):
    large = CHAT.model_copy(update={"resources": CHAT.resources.model_copy(update={"cpus": 90})})
    found = one(workspace(), workspace(chat=large), catalog)
    assert (found.effect, found.cause) == (Effect.NARROWED, Cause(demands=True))


def test_an_edited_policy_is_told(catalog):
    old, new = workspace("us"), workspace("us")
    wider = LocationPolicy(
        name="us", locations=(*country("US").locations, *country("IE").locations)
    )
    found = one(old, new.revised(policies={**new.policies, "us": wider}), catalog)
    assert found.effect is Effect.WIDENED
    assert found.cause.edited == (AttachedPolicy(Level.ENVIRONMENT, "us"),)


def test_replicas_of_another_version_are_replaced_and_need_not_move(catalog):
    planner = pl.Planner(catalog)
    old = workspace("us")
    old = old.with_running(planner.plan(old))
    node = old.running[0].node
    assert sum(row.replicas for row in one(old, workspace("ie"), catalog).must_move) == 2
    assert one(old, workspace("ie"), catalog).must_move[0] == MustMove(
        node, old.running[0].replicas, False
    )
    other = CHAT.model_copy(update={"version": "B"})
    assert one(old, workspace("ie", chat=other), catalog).must_move == ()


def test_a_difference_can_be_sent_to_another_process(catalog):
    found = pl.policy_diff(workspace("us"), workspace("ie"), catalog)
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_deployment_of_one_side_only_is_added_or_removed(catalog):
    nothing = make_workspace()
    assert one(nothing, workspace("us"), catalog).effect is Effect.ADDED
    assert one(workspace("us"), nothing, catalog).effect is Effect.REMOVED
    assert pl.policy_diff(nothing, nothing, catalog).deployments == ()


# ---------------------------------------------------------------- the command


@pytest.fixture
def wider(manifests):  # noqa: F811
    file = manifests.with_name("wider.yaml")
    text = manifests.read_text("utf-8")
    file.write_text(text.replace("[us-only, t4-only]", "[t4-only]"), "utf-8")
    return file


def test_the_command_tells_what_enters(placement, manifests, wider, fleet):  # noqa: F811
    done = placement("policy-diff", manifests, wider, "--catalog", fleet, "-o", "table")
    assert done.code == 0
    assert done.out == (
        "1 widened\n\n"
        "MODEL  ENVIRONMENT  EFFECT   NODE GROUPS  ENTERS      LEAVES  BECAUSE OF\n"
        "chat   development  widened       1 -> 2  country IE  -       -us-only\n"
    )


def test_running_replicas_are_told(placement, home, manifests, wider, fleet):  # noqa: F811
    plan = home / "plan.json"
    placement("plan", wider, "--catalog", fleet, "--out", plan, "-o", "csv")
    text = plan.read_text("utf-8").replace("us-t4", "eu-t4")
    plan.write_text(text, "utf-8")
    words = ("policy-diff", wider, manifests, "--catalog", fleet, "--current", plan)
    done = placement(*words, "-o", "table")
    assert "1 narrowed; 2 running replicas must move\n" in done.out
    assert "must move: 2 of chat in development, from eu-t4/0 (1), eu-t4/1 (1)\n" in done.out
    document = json.loads(placement(*words, "-o", "json").out)
    assert (document["kind"], document["mustMove"]) == ("PolicyDifference", 2)


def test_the_store_says_what_runs(placement, home, manifests, wider, fleet):  # noqa: F811
    placement("apply", wider, "--catalog", fleet, "--yes")
    done = placement("policy-diff", wider, manifests, "--store", ".placement/state.db", "-o", "csv")
    assert done.out.splitlines()[1] == "chat,development,narrowed,2,1,0,1,0"


def test_no_difference_is_one_line(placement, manifests, fleet):  # noqa: F811
    done = placement("policy-diff", manifests, manifests, "--catalog", fleet, "-o", "table")
    assert (done.code, done.out) == (0, "1 unchanged\n")


def test_both_sides_must_be_readable(placement, manifests, fleet):  # noqa: F811
    done = placement("policy-diff", manifests, "absent.yaml", "--catalog", fleet)
    assert done.code == 2
    assert done.err.startswith("absent.yaml:1:1: PL103")
