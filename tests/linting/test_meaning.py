"""What findings claim holds in random worlds: by names, by brute force and by the planner."""

from __future__ import annotations

from collections import Counter

import pytest

from placement.catalog.catalog import Catalog
from placement.catalog.load import load_catalog
from placement.constraints.eligibility import Eligibility
from placement.linting.base import Finding
from placement.linting.codes import Code
from placement.linting.registry import RULES
from placement.linting.scene import Scene
from placement.planner import Planner
from placement.workspace.manifests import load_workspace
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.linting.gallery import FLEET, FOLDER, name_of
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

WORLDS = 250
PLANNED = 80
NOWHERE = {Code.CONTRADICTORY, Code.GPU_NOT_THERE, Code.FLAVORS_OUTSIDE, Code.TOO_LARGE}
NEVER = NOWHERE | {
    Code.NOTHING_READY,
    Code.TOO_FEW_PLACES,
    Code.TOO_FEW_DOMAINS,
    Code.TOGETHER_WITH_NOTHING,
    Code.TOGETHER_AND_APART,
    Code.NEVER_TOGETHER,
}
"""What keeps a deployment out, whatever else runs."""
NO_EFFECT = {Code.REDUNDANT, Code.HIDDEN, Code.SHADOWED}
"""What may be taken out of a list and changes nothing."""


def asked(seed: int) -> tuple[Workspace, Catalog]:
    world = random_world(seed)
    return workspace_of(world).revised(running=()), catalog_of(world)


def found_in(workspace: Workspace, catalog: Catalog) -> list[tuple[Code, Finding]]:
    scene = Scene(workspace, catalog)
    return [(rule.code, found) for rule in RULES for found in rule.check(scene)]


def allowed(workspace: Workspace, catalog: Catalog) -> dict[tuple[str, str], frozenset[str]]:
    """Return by deployment the names of the eligible node groups, by names."""
    judge = Eligibility(workspace, catalog)
    return {
        one.key: frozenset(g.name for g in catalog.node_groups if judge.refusal(one, g) is None)
        for one in workspace.deployments
    }


def deployment_of(workspace: Workspace, found: Finding) -> ModelDeployment | None:
    kind, *key = found.key
    return workspace.by_key[tuple(key)] if kind == "ModelDeployment" else None


def without(workspace: Workspace, found: Finding, names: set[str]) -> Workspace:
    """Return a workspace in which an object names some policies no more."""
    kind, *key = found.key
    if kind == "Environment":
        old = workspace.environments[key[0]]
        kept = tuple(name for name in old.policies if name not in names)
        new = old.model_copy(update={"policies": kept})
        return workspace.revised(environments={**workspace.environments, old.name: new})
    one = workspace.by_key[tuple(key)]
    kept = tuple(name for name in one.policies if name not in names)
    new = one.model_copy(update={"policies": kept})
    others = (new if other.key == one.key else other for other in workspace.deployments)
    return workspace.revised(deployments=tuple(others))


def named(workspace: Workspace, found: Finding) -> set[str]:
    """Return the policies of a message that are in the list it is about."""
    kind, *key = found.key
    holder = (
        workspace.environments[key[0]] if kind == "Environment" else deployment_of(workspace, found)
    )
    said = found.message.split(" refuse")[0].split(" adds nothing")[0]
    return {name for name in holder.policies if f"`{name}`" in said}


@pytest.mark.slow
def test_a_deployment_has_nowhere_to_go_exactly_where_a_finding_says_so():
    seen = Counter()
    for seed in range(WORLDS):
        workspace, catalog = asked(seed)
        nowhere = {one.key for one in workspace.deployments if one.enabled}
        nowhere &= {key for key, groups in allowed(workspace, catalog).items() if not groups}
        found = [finding for code, finding in found_in(workspace, catalog) if code in NOWHERE]
        told = {
            one.key
            for wish in Scene(workspace, catalog).wishes
            for one in wish.deployments
            if any(_is_about(finding, wish) for finding in found)
        }
        # One finding for each lot of alike deployments, and no two rules about one lot.
        assert len(found) <= len(nowhere)
        assert told == nowhere, seed
        seen["nowhere" if nowhere else "somewhere"] += 1
    assert seen["nowhere"] >= 10


def _is_about(found: Finding, wish) -> bool:
    kind, *key = found.key
    if kind == "ModelDeployment":
        return tuple(key) == wish.first.key
    return wish.first.environment == key[0] and not wish.groups


@pytest.mark.slow
def test_what_has_no_effect_can_be_left_out():
    seen = Counter()
    for seed in range(WORLDS):
        workspace, catalog = asked(seed)
        before = allowed(workspace, catalog)
        for code, found in found_in(workspace, catalog):
            if code in NO_EFFECT:
                names = named(workspace, found)
                assert names, found
                assert allowed(without(workspace, found, names), catalog) == before, (seed, found)
                seen[code] += 1
    assert all(seen[code] >= 3 for code in (Code.REDUNDANT, Code.SHADOWED)), seen
    assert seen[Code.HIDDEN] >= 1, seen


@pytest.mark.slow
def test_what_can_never_be_placed_is_not_placed():
    seen = Counter()
    for seed in range(PLANNED):
        workspace, catalog = asked(seed)
        never = [
            (code, one)
            for code, found in found_in(workspace, catalog)
            if code in NEVER and (one := deployment_of(workspace, found)) and one.replicas
        ]
        if never:
            plan = Planner(catalog).plan(workspace)
            placed = {(row.model, row.environment) for row in plan.assignments}
            assert not placed & {one.key for _, one in never}, (seed, never)
            seen.update(code for code, _ in never)
    assert seen.total() >= 10, seen


@pytest.mark.parametrize("code", sorted(NEVER))
def test_what_the_gallery_shows_as_never_placed_is_not_placed(code):
    catalog = load_catalog(FLEET)
    workspace = load_workspace(FOLDER / f"{name_of(code)}.yaml")
    never = {
        one.key
        for known, found in found_in(workspace, catalog)
        if known is code
        for one in workspace.deployments
        if found.key in (("ModelDeployment", *one.key), ("Environment", one.environment))
    }
    assert never
    plan = Planner(catalog).plan(workspace)
    assert not never & {(row.model, row.environment) for row in plan.assignments}


def test_ten_thousand_deployments_are_as_many_as_their_wishes():
    workspace, catalog = asked(3)
    one = workspace.deployments[0]
    many = [one.model_copy(update={"name": f"m{n:05}"}) for n in range(10_000)]
    scene = Scene(workspace.revised(deployments=tuple(many)), catalog)
    assert [len(wish.deployments) for wish in scene.wishes] == [10_000]
