"""A fleet that runs all that is asked, where it may run, is planned as it is, without a search."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from placement import planning
from placement.catalog.catalog import Catalog
from placement.plan.plan import Plan
from placement.plan.rows import Status
from placement.planner import Planner
from placement.planning import Planning
from placement.policies.base import Policy
from placement.unchanged import unchanged
from placement.verifier import verify
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import GROUPS, At, deployment, fleet, policy, running, workspace
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

FIRST, WORLDS = 200_000, 50
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"billing": "node"},
    {"objective": "carbon"},
    {"objective": "latency"},
    {"objective": "mix:cost=1,carbon=0.05,latency=0.1"},
)
CATALOG = fleet()
CHAT = deployment("chat", replicas=3, spread=[{"over": "node", "maxPerDomain": 2}])
HALF = deployment("half", replicas=2, resources={"gpus": "0.5"}, labels={"app": "half"})
PLACES = (
    At("chat", "east/0", 2),
    At("chat", "west/1", 1),
    At("half", "west/0", 1, gpu=3),
    At("half", "west/0", 1, gpu=1),
)


def no_more_than_placed(space: Workspace, plan: Plan) -> Workspace:
    """Return the workspace in which a plan runs, and nothing is asked that it does not place."""
    placed = Counter(row.key for row in plan.assignments for _ in range(row.replicas))
    fewer = [
        one.model_copy(
            update={
                "replicas": placed[one.key],
                "min_replicas": min(one.min_replicas, placed[one.key]),
            }
        )
        for one in space.deployments
    ]
    return space.revised(deployments=tuple(fewer)).with_running(plan)


def faults(catalog: Catalog, space: Workspace, plan: Plan, options: dict[str, Any]) -> list[str]:
    """Return what is wrong with the plan of a fleet that runs as an earlier plan said."""
    again = Planner(catalog).plan(space, **options)
    wrong = [] if again.assignments == plan.assignments else ["other rows"]
    wrong += [f"{t.name} is {t.value}, its bound {t.bound}" for t in again.tiers if not t.proved]
    wrong += [f"{t.name} is not 0" for t in again.tiers[:-1] if t.value]
    wrong += [] if again.tiers[-1].value == plan.tiers[-1].value else ["another value"]
    wrong += [] if again.status is Status.OPTIMAL and again.reproducible else ["not optimal"]
    wrong += [f"a change: {change}" for change in again.changes if change.action != "keep"]
    by_prices = options.get("billing") != "node" and again.tiers[-1].value
    if by_prices and again.tiers[-1].proof != "dual":
        wrong.append(f"the last tier has the proof {again.tiers[-1].proof}")
    read = Plan.from_json(again.to_json())
    return wrong + [str(violation) for violation in verify(catalog, space, read).violations]


def test_what_runs_is_the_plan_whatever_it_is_counted_by(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[int, list[str]] = {}
    for seed in range(FIRST, FIRST + WORLDS):
        world, options = random_world(seed), OPTIONS[seed % len(OPTIONS)]
        catalog, space = catalog_of(world), workspace_of(world)
        plan = Planner(catalog).plan(space, **options)
        if plan.assignments:
            with monkeypatch.context() as patched:
                patched.setattr(Planning, "_solved", None)
                found[seed] = faults(catalog, no_more_than_placed(space, plan), plan, options)
    assert len(found) > WORLDS // 2
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


def test_what_a_search_finds_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    space = running(CATALOG, workspace(CHAT, HALF), *PLACES)
    known = Planner(CATALOG).plan(space)
    monkeypatch.setattr(planning, "unchanged", lambda catalog, workspace: None)
    searched = Planner(CATALOG).plan(space)
    assert [(t.name, t.value, t.bound) for t in searched.tiers] == [
        (t.name, t.value, t.bound) for t in known.tiers
    ]
    assert searched.changes == known.changes


def test_rows_of_one_node_count_together_and_others_are_left_out() -> None:
    gone = running(CATALOG, workspace(CHAT, HALF), *PLACES)
    split = [replace(row, replicas=1, gpus=1000, cost=0) for row in gone.running[:1]] * 2
    space = workspace(CHAT, running=[*split, *gone.running[1:]])
    view = unchanged(CATALOG, space)
    assert view is not None
    assert [(row.node, row.replicas) for row in view.rows] == [("east/0", 2), ("west/1", 1)]


@pytest.mark.parametrize(
    ("catalog", "asked", "policies"),
    [
        (CATALOG, {"replicas": 4}, ()),
        (CATALOG, {"replicas": 2}, ()),
        (CATALOG, {"version": "2"}, ()),
        (CATALOG, {"resources": {"gpus": 2}}, ()),
        (CATALOG, {"resources": {"cpus": 10}}, ()),
        (CATALOG, {"spread": [{"over": "node", "maxPerDomain": 1}]}, ()),
        (CATALOG, {"spread": [{"over": "region", "minDomains": 3}]}, ()),
        (CATALOG, {"flavors": [{"type": "gpu", "name": "A10"}]}, ()),
        (
            CATALOG,
            {"separateFrom": [{"selector": {"matchLabels": {"app": "half"}}, "over": "region"}]},
            (),
        ),
        (CATALOG, {}, (policy("us", "location", locations=[{"type": "country", "name": "US"}]),)),
        (fleet(east_0="draining"), {}, ()),
        (fleet(west_1="lost"), {}, ()),
        (fleet(GROUPS[0]), {}, ()),
    ],
)
def test_what_cannot_stay_as_it_is_is_searched_for(
    catalog: Catalog, asked: dict[str, Any], policies: tuple[Policy, ...]
) -> None:
    before = running(CATALOG, workspace(CHAT, HALF), *PLACES)
    wish = deployment("chat", **{"replicas": 3, **asked})
    names = tuple(one.name for one in policies)
    space = workspace(wish, HALF, policies=policies, production=names, running=before.running)
    assert unchanged(catalog, space) is None
    assert unchanged(CATALOG, before) is not None


def test_what_is_to_be_started_anew_is_searched_for() -> None:
    before = running(CATALOG, workspace(CHAT, HALF), *PLACES)
    assert unchanged(CATALOG, before.revised(replaced=frozenset({CHAT.key}))) is None


def test_a_cordoned_node_keeps_what_runs_on_it() -> None:
    space = running(CATALOG, workspace(CHAT, HALF), *PLACES)
    assert unchanged(fleet(east_0="cordoned"), space) is not None


def test_nothing_running_is_no_plan() -> None:
    assert unchanged(CATALOG, workspace()) is None
    assert unchanged(CATALOG, workspace(CHAT)) is None


def test_nodes_that_are_paid_for_whole_are_the_word_of_the_planner() -> None:
    space = running(CATALOG, workspace(CHAT, HALF), *PLACES)
    last = Planner(CATALOG).plan(space, billing="node").tiers[-1]
    assert (last.bound, last.proof) == (last.value, "search")
