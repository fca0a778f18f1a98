"""What holds for every catalog and every set of policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.catalog.catalog import Catalog
from placement.policies.base import Policy
from placement.policies.registry import POLICY_TYPES
from tests.policies.generators import random_policy
from tests.policies.halves import eligible
from tests.policies.worlds import make_workspace, random_catalog

EXAMPLES = 100
ENOUGH_CASES = 25
TARGETS: tuple[dict[str, object], ...] = (
    {},
    {},
    {},
    {"resourceTypes": ["model"]},
    {"resourceTypes": ["function"]},
    {"selector": {"matchLabels": {"team": "fraud"}}},
    {"selector": {"matchLabels": {"team": "search"}}},
    {"enforcement": "observe"},
)
LABELS = {"team": "fraud"}


@dataclass(frozen=True)
class World:
    """A random catalog, policies named p0, p1, ... and where they are attached."""

    catalog: Catalog
    policies: tuple[Policy, ...]
    environment: tuple[str, ...]
    deployment: tuple[str, ...]

    def allowed(
        self, environment: tuple[str, ...] | None = None, deployment: tuple[str, ...] | None = None
    ) -> set[str]:
        """Return what both halves allow, with other attachments if any are given."""
        workspace = make_workspace(
            self.policies,
            environment=self.environment if environment is None else environment,
            deployment=self.deployment if deployment is None else deployment,
            labels=LABELS,
        )
        return eligible(workspace, self.catalog)

    def binding(self, names: tuple[str, ...]) -> list[Policy]:
        """Return the named policies that bind a deployment with ``LABELS``."""
        by_name = {policy.name: policy for policy in self.policies}
        return [
            policy
            for policy in map(by_name.__getitem__, names)
            if policy.places and policy.enforcement == "hard" and policy.targets(LABELS)
        ]

    @property
    def everything(self) -> set[str]:
        return {group.name for group in self.catalog.node_groups}


def random_world(rng: Random) -> World:
    catalog = random_catalog(rng, size=rng.randint(1, 10))
    policies = tuple(
        _aimed(random_policy(rng, catalog, rng.choice(list(POLICY_TYPES)), name=f"p{i}"), rng)
        for i in range(rng.randint(0, 8))
    )
    environment = tuple(p.name for p in policies if rng.random() < 0.6)
    deployment = tuple(p.name for p in policies if rng.random() < 0.4)
    return World(catalog, policies, environment, deployment)


def _aimed(policy: Policy, rng: Random) -> Policy:
    target = rng.choice(TARGETS)
    return type(policy).model_validate(policy.model_dump(by_alias=True) | target)


def law(holds: Callable[[World, Random], int]) -> Callable[[], None]:
    """Turn a law, which returns how many cases of it came up, into a property test.

    The count is asserted: a law that never met its case would pass for nothing.
    """
    counts: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.randoms().map(random_world), st.randoms())
    def examples(world: World, rng: Random) -> None:
        counts.append(holds(world, rng))

    def test() -> None:
        examples()
        assert sum(counts) >= ENOUGH_CASES

    test.__doc__ = holds.__doc__
    return test


@law
def test_order_and_duplicates_do_not_matter(world: World, rng: Random) -> int:
    environment = [*world.environment, *world.environment]
    deployment = [*world.deployment, *world.deployment]
    rng.shuffle(environment)
    rng.shuffle(deployment)
    assert world.allowed(tuple(environment), tuple(deployment)) == world.allowed()
    return 1


@law
def test_environment_bounds_every_deployment(world: World, rng: Random) -> int:
    assert world.allowed() <= world.allowed(deployment=())
    return 1


@law
def test_levels_are_symmetric(world: World, rng: Random) -> int:
    swapped = world.allowed(environment=world.deployment, deployment=world.environment)
    assert swapped == world.allowed()
    return 1


@law
def test_first_policies_of_a_deployment_never_widen(world: World, rng: Random) -> int:
    """Where the deployment has no policy of the type yet, one more can only narrow."""
    before = world.allowed()
    present = {policy.type for policy in world.binding(world.deployment)}
    met = 0
    for policy in world.policies:
        if policy.type not in present:
            assert world.allowed(deployment=(*world.deployment, policy.name)) <= before
            met += 1
    return met


@law
def test_one_more_policy_of_a_present_type_never_narrows(world: World, rng: Random) -> int:
    before = world.allowed()
    present = {policy.type for policy in world.binding(world.environment)}
    met = 0
    for policy in world.policies:
        if policy.type in present:
            assert world.allowed(environment=(*world.environment, policy.name)) >= before
            met += 1
    return met


@law
def test_no_policy_of_any_type_allows_everything(world: World, rng: Random) -> int:
    assert world.allowed((), ()) == world.everything
    return 1


@law
def test_types_are_judged_apart(world: World, rng: Random) -> int:
    """The whole is the intersection of what each type allows alone."""
    together = world.everything
    for type_name in POLICY_TYPES:
        together &= world.allowed(*_only(world, type_name))
    assert together == world.allowed()
    return 1


@law
def test_removing_the_last_policy_of_a_type_opens_the_type(world: World, rng: Random) -> int:
    met = 0
    for type_name in {policy.type for policy in world.binding(world.environment)}:
        kept = tuple(p.name for p in world.policies if p.type != type_name)
        environment = tuple(name for name in world.environment if name in kept)
        opened = world.allowed(environment=environment)
        assert opened >= world.allowed()
        assert world.allowed(environment, tuple(n for n in world.deployment if n in kept)) >= opened
        met += 1
    return met


@law
def test_policies_that_do_not_bind_are_as_if_not_attached(world: World, rng: Random) -> int:
    environment = tuple(policy.name for policy in world.binding(world.environment))
    deployment = tuple(policy.name for policy in world.binding(world.deployment))
    assert world.allowed(environment, deployment) == world.allowed()
    return int(world.environment != environment or world.deployment != deployment)


def _only(world: World, type_name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    of_type = {policy.name for policy in world.policies if policy.type == type_name}
    return (
        tuple(name for name in world.environment if name in of_type),
        tuple(name for name in world.deployment if name in of_type),
    )
