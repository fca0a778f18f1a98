"""Both halves of a policy, and of the whole formula, asked the same question."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from placement.catalog.catalog import Catalog
from placement.policies.base import Policy
from placement.problem.eligibility import eligible_mask
from placement.workspace.effective import resolve
from placement.workspace.workspace import Workspace
from tests.policies.generators import random_policy
from tests.policies.worlds import random_catalog


def masked(policy: Policy, catalog: Catalog) -> set[str]:
    """Return the names of the node groups that the array half allows."""
    mask = policy.compile(catalog.table)
    assert mask.dtype == bool
    assert mask.shape == (len(catalog.node_groups),)
    return {group.name for group, allowed in zip(catalog.node_groups, mask, strict=True) if allowed}


def checked(policy: Policy, catalog: Catalog) -> set[str]:
    """Return the names of the node groups that the name half allows."""
    return {group.name for group in catalog.node_groups if policy.check(group, catalog)}


def allowed(policy: Policy, catalog: Catalog) -> set[str]:
    """Return what both halves allow, after seeing that they agree."""
    by_mask = masked(policy, catalog)
    assert by_mask == checked(policy, catalog)
    return by_mask


def eligible(workspace: Workspace, catalog: Catalog) -> set[str]:
    """Return what both halves of the formula allow for ``chat`` in production."""
    deployment = workspace.by_key["chat", "production"]
    mask = eligible_mask(workspace, deployment, catalog.table, {})
    by_mask = {group.name for group, ok in zip(catalog.node_groups, mask, strict=True) if ok}
    effective = resolve(workspace, deployment)
    by_name = {group.name for group in catalog.node_groups if effective.allows(group, catalog)}
    refused = {
        group.name for group in catalog.node_groups if effective.refusing_types(group, catalog)
    }
    assert by_mask == by_name
    assert refused == {group.name for group in catalog.node_groups} - by_name
    return by_name


def random_cases(type_name: str, *, count: int) -> Iterator[tuple[Policy, Catalog]]:
    """Yield seeded random policies of one type, each with a catalog; a new one every tenth."""
    rng = Random(f"{type_name} policies")
    catalog = random_catalog(rng)
    for index in range(count):
        if index % 10 == 0:
            catalog = random_catalog(rng)
        yield random_policy(rng, catalog, type_name), catalog


def disagreements(policy_type: type[Policy], type_name: str, *, count: int) -> int:
    """Return for how many random cases the halves of ``policy_type`` differ on a node group."""
    differing = 0
    for policy, catalog in random_cases(type_name, count=count):
        same = policy_type.model_validate(policy.model_dump())
        differing += masked(same, catalog) != checked(same, catalog)
    return differing
