"""Random workspaces on one catalog that differ a little."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from placement.catalog.catalog import Catalog
from placement.constraints.eligibility import Eligibility
from placement.policies.base import Enforcement
from placement.workspace.workspace import ModelDeployment, Workspace
from tests.worlds.generator import random_world
from tests.worlds.package import catalog_of, workspace_of

Key = tuple[str, str]


def start(seed: int) -> tuple[Workspace, Catalog]:
    """Return a random world with a policy for every region, GPU and provider on top of its own."""
    world = random_world(seed)
    catalog, workspace = catalog_of(world), workspace_of(world)
    return workspace.revised(policies={**workspace.policies, **_more(catalog)}), catalog


def _more(catalog: Catalog):
    from placement.policies.flavor import FlavorPolicy
    from placement.policies.location import LocationPolicy
    from placement.policies.provider import ProviderPolicy

    found = {}
    for key in catalog.regions:
        entries = ({"type": "location", "name": key},)
        found[f"at {key}"] = LocationPolicy(name=f"at {key}", locations=entries)
    for gpu in catalog.gpus:
        entries = ({"type": "gpu", "name": gpu},)
        found[f"with {gpu}"] = FlavorPolicy(name=f"with {gpu}", flavors=entries)
    for name in {region.provider for region in catalog.regions.values()}:
        found[f"by {name}"] = ProviderPolicy(name=f"by {name}", providers=(name,))
    return found


def edited(workspace: Workspace, rng: Random) -> Workspace:
    """Return a workspace with a few random edits of what concerns placement."""
    for _ in range(rng.randint(1, 3)):
        edit = rng.choice((_attach, _move, _move, _detach, _observe, _flavors, _drop))
        workspace = edit(workspace, rng)
    return workspace


def holders(workspace: Workspace) -> list[str | Key]:
    """Return the environments and deployments that have a list of policies."""
    return [*workspace.environments, *(one.key for one in workspace.deployments)]


def policies_of(workspace: Workspace, holder: str | Key) -> tuple[str, ...]:
    if isinstance(holder, str):
        return workspace.environments[holder].policies
    return workspace.by_key[holder].policies


def with_policies(workspace: Workspace, holder: str | Key, names: Iterable[str]) -> Workspace:
    kept = {"policies": tuple(names)}
    if isinstance(holder, str):
        stage = workspace.environments[holder].model_copy(update=kept)
        return workspace.revised(environments={**workspace.environments, holder: stage})
    return _with_deployment(workspace, workspace.by_key[holder].model_copy(update=kept))


def _with_deployment(workspace: Workspace, one: ModelDeployment) -> Workspace:
    others = (one if other.key == one.key else other for other in workspace.deployments)
    return workspace.revised(deployments=tuple(others))


def _attach(workspace: Workspace, rng: Random) -> Workspace:
    holder = rng.choice(holders(workspace))
    name = rng.choice(sorted(workspace.policies))
    return with_policies(workspace, holder, (*policies_of(workspace, holder), name))


def _move(workspace: Workspace, rng: Random) -> Workspace:
    """Let an environment allow one place, another one than before."""
    stage = rng.choice(sorted({one.environment for one in workspace.deployments}))
    places = sorted(name for name in workspace.policies if name.startswith("at "))
    own = [name for name in policies_of(workspace, stage) if name not in places]
    return with_policies(workspace, stage, (*own, rng.choice(places)))


def _detach(workspace: Workspace, rng: Random) -> Workspace:
    holder = rng.choice(holders(workspace))
    names = policies_of(workspace, holder)
    return with_policies(workspace, holder, names[1:])


def _observe(workspace: Workspace, rng: Random) -> Workspace:
    name = rng.choice(sorted(workspace.policies))
    policy = workspace.policies[name].model_copy(update={"enforcement": Enforcement.OBSERVE})
    return workspace.revised(policies={**workspace.policies, name: policy})


def _flavors(workspace: Workspace, rng: Random) -> Workspace:
    one = rng.choice(workspace.deployments)
    return _with_deployment(workspace, one.model_copy(update={"flavors": ()}))


def _drop(workspace: Workspace, rng: Random) -> Workspace:
    if len(workspace.deployments) < 2:
        return workspace
    gone = rng.choice(workspace.deployments)
    return workspace.revised(
        deployments=tuple(one for one in workspace.deployments if one.key != gone.key)
    )


def allowed(workspace: Workspace, catalog: Catalog) -> dict[Key, frozenset[str]]:
    """Return the eligible node groups of every deployment, by names and one by one."""
    judge = Eligibility(workspace, catalog)
    return {
        one.key: frozenset(g.name for g in catalog.node_groups if judge.refusal(one, g) is None)
        for one in workspace.deployments
    }
