"""A change is judged from what it touches exactly as the whole plan is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.constraints.base import Violation
from placement.constraints.registry import CONSTRAINTS
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.plan import Plan
from placement.plan.resolve import resolve_rows
from placement.policies.registry import POLICY_TYPES
from placement.verifier import verify, verify_change
from placement.workspace.assignment import Assignment
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.verifier.fleet import At, deployment, fleet, plan_of, policy, workspace
from tests.worlds.generator import solved_world
from tests.worlds.package import assignments_of, catalog_of, workspace_of

JUDGED = {"assignments", "costPerHour", *POLICY_TYPES, *(rule.name for rule in CONSTRAINTS)}
Key = tuple[str, str]
Rows = tuple[Assignment, ...]


@cache
def world_of(seed: int) -> tuple[Catalog, Workspace, Plan, Billing]:
    world, best = solved_world(seed)
    catalog, space, billing = catalog_of(world), workspace_of(world), Billing(world.billing)
    rows = assignments_of(world, best.rows)
    mix = parse_objective(world.objective, billing=billing)
    view = resolve_rows(space, catalog, rows).view
    return catalog, space, bare_plan(view, objective=mix, billing=billing, bounds={}), billing


def by(rows: Rows, field: str) -> dict[Any, Rows]:
    found: dict[Any, list[Assignment]] = defaultdict(list)
    for row in rows:
        found[getattr(row, field)].append(row)
    return {name: tuple(lot) for name, lot in found.items()}


def change_faults(
    catalog: Catalog,
    before: Workspace,
    after: Workspace,
    old: Rows,
    new: Rows,
    keys: set[Key],
    billing: Billing = Billing.SHARE,
) -> tuple[Violation, ...]:
    """Return what is found from the rows of some deployments and of their nodes alone."""
    touched = {row.node for row in (*old, *new) if row.key in keys}
    return verify_change(
        catalog,
        after,
        by(new, "key"),
        {node: rows for node, rows in by(new, "node").items() if node in touched},
        deployments=keys,
        before=before,
        billing=billing,
    )


def all_faults(
    catalog: Catalog, after: Workspace, plan: Plan, billing: Billing = Billing.SHARE
) -> tuple[Violation, ...]:
    found = verify(catalog, after, plan, billing=billing).violations
    return tuple(one for one in found if one.rule in JUDGED)


# ------------------------------------------------------------------- random


def corrupted_row(rng: Random, row: Assignment, nodes: list[str]) -> list[Assignment]:
    wrong: Mapping[str, Any] = {
        "version": "9",
        "provider": "x",
        "zone": "x",
        "flavor": "x",
        "replicas": row.replicas + rng.choice([-row.replicas, 1, 5]),
        "gpus": row.gpus + 1,
        "cost": row.cost + 1,
        "gpu": rng.choice([None, 0, 1, 9]),
        "node": rng.choice([*nodes, "nowhere/0"]),
    }
    kind = rng.choice([*wrong, "node", "node", "replicas", "gone", "twice"])
    if kind == "gone":
        return []
    if kind == "twice":
        return [row, row]
    return [replace(row, **{kind: wrong[kind]})]


def edited(rng: Random, one: ModelDeployment) -> ModelDeployment:
    edits: list[Mapping[str, Any]] = [
        {"labels": {"app": "x"}},
        {"labels": {}},
        {"enabled": False},
        {"min_replicas": one.replicas},
        {"replicas": max(1, one.replicas - 1), "min_replicas": 0},
        {"flavors": deployment("x", flavors=[{"type": "gpu", "name": "T4"}]).flavors},
        {"spread": deployment("x", spread=[{"over": "node", "maxPerDomain": 1}]).spread},
        {"version": "8"},
    ]
    return one.model_copy(update=dict(rng.choice(edits)))


def changed_space(rng: Random, space: Workspace, keys: set[Key]) -> Workspace:
    """Return the workspace with some of the named deployments edited or gone."""
    kept = []
    for one in space.deployments:
        edit = rng.random() if one.key in keys else 1.0
        if edit >= 0.1:
            kept.append(edited(rng, one) if edit < 0.4 else one)
    return make_workspace(space.policies.values(), space.environments.values(), kept, space.running)


@pytest.mark.parametrize("seed", range(150))
def test_a_corrupted_change_is_judged_as_by_the_whole_verifier(seed: int) -> None:
    catalog, space, plan, billing = world_of(seed % 50)
    assert all_faults(catalog, space, plan, billing) == ()
    rng = Random(seed)
    nodes = [group.node(i) for group in catalog.node_groups for i in range(group.count)]
    for _ in range(6):
        keys = set(rng.sample([one.key for one in space.deployments], rng.randint(1, 2)))
        after = changed_space(rng, space, keys)
        rows: list[Assignment] = []
        for row in plan.assignments:
            hit = row.key in keys and rng.random() < 0.6
            rows += corrupted_row(rng, row, nodes) if hit else [row]
        wrong = replace(plan, assignments=tuple(rows))
        found = change_faults(
            catalog, space, after, plan.assignments, wrong.assignments, keys, billing
        )
        assert found == all_faults(catalog, after, wrong, billing)


# ------------------------------------------------------------------ by hand

CATALOG = fleet()
US = policy("us", "location", locations=[{"type": "country", "name": "US"}])
APART = [{"selector": {"matchLabels": {"app": "tool"}}, "over": "zone"}]
SPACE = workspace(
    deployment("chat", replicas=4, labels={"app": "chat"}),
    deployment("shy", separateFrom=APART, replicas=2),
    deployment("fond", togetherWith=APART, replicas=2),
    deployment("tool", replicas=4, labels={"app": "tool"}),
    policies=[US],
)
PLAN = plan_of(
    CATALOG,
    SPACE,
    At("chat", "east/0", 2),
    At("shy", "west/0"),
    At("fond", "east/1"),
    At("tool", "east/1"),
)


def rules(space: Workspace, *places: At, keys: set[str], before: Workspace = SPACE) -> set[str]:
    """Return the rules that a change of some deployments breaks; both judges agree on them."""
    plan = plan_of(CATALOG, space, *places)
    names = {(key, "production") for key in keys}
    found = change_faults(CATALOG, before, space, PLAN.assignments, plan.assignments, names)
    assert found == all_faults(CATALOG, space, plan)
    return {one.rule for one in found}


OTHERS = (At("shy", "west/0"), At("fond", "east/1"), At("tool", "east/1"))


def test_a_good_change_passes() -> None:
    assert rules(SPACE, At("chat", "east/0", 3), *OTHERS, keys={"chat"}) == set()


def test_a_node_is_judged_with_everybody_on_it() -> None:
    assert rules(SPACE, At("chat", "east/1", 3), *OTHERS, keys={"chat"}) == {"capacity"}


def test_a_neighbour_that_goes_is_missed() -> None:
    gone = [At("chat", "east/0", 2), *OTHERS[:2]]
    assert rules(SPACE, *gone, keys={"tool"}) == {"colocation"}


def test_another_neighbour_will_do() -> None:
    two = workspace(
        *SPACE.deployments,
        deployment("tool2", labels={"app": "tool"}),
        policies=[US],
    )
    places = [At("chat", "east/0", 2), *OTHERS]
    both = plan_of(CATALOG, two, *places, At("tool2", "east/2")).assignments
    left = plan_of(CATALOG, two, *places[:-1], At("tool2", "east/2")).assignments
    assert change_faults(CATALOG, two, two, both, left, {("tool", "production")}) == ()


def test_rows_on_other_nodes_are_compared_with_what_they_copy() -> None:
    key = ("chat", "production")
    wrong = replace(by(PLAN.assignments, "key")[key][0], zone="x")
    (found,) = verify_change(CATALOG, SPACE, {key: (wrong,)}, {}, deployments={key})
    assert (found.rule, found.subject) == ("assignments", "chat@production")


def test_a_neighbour_that_comes_too_close_is_found_from_either_side() -> None:
    close = [At("chat", "east/0", 2), *OTHERS, At("tool", "west/1")]
    assert rules(SPACE, *close, keys={"tool"}) == {"separation"}
    near = [At("chat", "east/0", 2), At("shy", "east/2"), *OTHERS[1:]]
    assert rules(SPACE, *near, keys={"shy"}) == {"separation"}


def test_a_neighbour_that_is_not_called_so_any_more_is_missed() -> None:
    renamed = workspace(
        *(one for one in SPACE.deployments if one.name != "tool"),
        deployment("tool", replicas=4, labels={"app": "other"}),
        policies=[US],
    )
    assert rules(renamed, At("chat", "east/0", 2), *OTHERS, keys={"tool"}) == {"colocation"}


def test_listings_that_contradict_each_other_are_found() -> None:
    rows, key = PLAN.assignments, ("chat", "production")
    listed = by(rows, "key") | {key: ()}
    there = {"east/0": by(rows, "node")["east/0"]}
    (found,) = verify_change(CATALOG, SPACE, listed, there, deployments={key})
    assert (found.rule, found.subject) == ("assignments", "chat@production")
    assert found.message == "the row on node `east/0` is in only one of two listings"
    empty: dict[str, Rows] = {"east/0": ()}
    assert len(verify_change(CATALOG, SPACE, by(rows, "key"), empty, deployments={key})) == 1
    assert verify_change(CATALOG, SPACE, by(rows, "key"), {}, deployments={key}) == ()


class Watched(dict[Key, Rows]):
    """Remembers which deployments were looked at."""

    def __init__(self, rows: Mapping[Key, Rows]) -> None:
        super().__init__(rows)
        self.seen: set[Key] = set()

    def get(self, key: Key, default: Any = None) -> Any:
        self.seen.add(key)
        return super().get(key, default)


@pytest.mark.parametrize(
    ("changed", "looked_at"),
    [("chat", {"chat"}), ("shy", {"shy", "tool"}), ("tool", {"tool", "shy", "fond"})],
)
def test_only_what_rules_reach_is_looked_at(changed: str, looked_at: set[str]) -> None:
    rows = Watched(by(PLAN.assignments, "key"))
    verify_change(CATALOG, SPACE, rows, {}, deployments={(changed, "production")})
    assert {model for model, _ in rows.seen} == looked_at
