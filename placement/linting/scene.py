"""A workspace on a catalog as lint rules look at it: alike deployments together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.text import quote
from placement.linting.empty import EmptyNodes, variants
from placement.linting.peers import Peers
from placement.linting.words import named
from placement.policies.base import Enforcement
from placement.reach.reach import Part, Reach, alike, smallest_conflict
from placement.reach.sets import GroupSet, Names
from placement.workspace.effective import Level
from placement.workspace.sources import Key, Sources
from placement.workspace.workspace import ModelDeployment

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.policies.base import Policy
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wish:
    """Enabled deployments that may use the same node groups for the same reasons.

    Attributes
    ----------
    deployments : tuple of ModelDeployment
        At least one, sorted.
    parts : tuple of Part
        What restricts them.
    groups : set of node groups
        What they may use.
    """

    deployments: tuple[ModelDeployment, ...]
    parts: tuple[Part, ...]
    groups: GroupSet

    @property
    def first(self) -> ModelDeployment:
        """The deployment that findings are about."""
        return self.deployments[0]


@dataclass(frozen=True, slots=True)
class PolicyConflict:
    """Policies that leave no node group together.

    Attributes
    ----------
    parts : tuple of Part
        The fewest, by level and type.
    deployment : ModelDeployment
        One that they bind.
    outcome : str
        What follows, for people.
    """

    parts: tuple[Part, ...]
    deployment: ModelDeployment
    outcome: str


@dataclass(frozen=True, slots=True)
class Attached:
    """Policies that are attached to one environment or deployment.

    Attributes
    ----------
    key : tuple of str
        The environment or deployment.
    policies : tuple of Policy
        In the order of the list, each once.
    more : int
        How many other deployments have the same policies for the same reasons.
    """

    key: Key
    policies: tuple[Policy, ...]
    more: int = 0

    @property
    def name(self) -> str:
        """What messages call the environment or deployment."""
        kind = "environment" if self.key[0] == "Environment" else "deployment"
        more = f" (and {self.more:,} more alike)" if self.more else ""
        return f"{kind} {quote('@'.join(self.key[1:]))}{more}"


class Scene:
    """What rules ask about; everything is worked out once."""

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self.workspace = workspace
        self.catalog = catalog
        self.sources = workspace.sources or Sources()
        self.reach = Reach(workspace, catalog)
        self.names = Names(catalog)
        self._conflicts: dict[int, tuple[Part, ...]] = {}

    @cached_property
    def wishes(self) -> tuple[Wish, ...]:
        """The enabled deployments, alike ones together."""
        enabled = (one for one in self.workspace.deployments if one.enabled)
        reach = self.reach
        return tuple(
            Wish(same, reach.parts(same[0]), reach.of(same[0]))
            for same in alike(reach, enabled).values()
        )

    @cached_property
    def deployments_in(self) -> Mapping[str, Sequence[ModelDeployment]]:
        """All deployments by environment."""
        found: dict[str, list[ModelDeployment]] = {}
        for one in self.workspace.deployments:
            found.setdefault(one.environment, []).append(one)
        return found

    @cached_property
    def attached(self) -> tuple[Attached, ...]:
        """Hard placement policies by where they are attached and type."""
        found = []
        for one in self.lists:
            types: dict[str, list[Policy]] = {}
            for policy in one.policies:
                if policy.places and policy.enforcement is Enforcement.HARD:
                    types.setdefault(policy.type, []).append(policy)
            found += [replace(one, policies=tuple(own)) for own in types.values()]
        return tuple(found)

    @cached_property
    def lists(self) -> tuple[Attached, ...]:
        """Every list of policies that is not empty; those of alike deployments once."""
        alike: dict[object, list[ModelDeployment]] = {}
        for one in self.workspace.deployments:
            if one.policies:
                alike.setdefault(self.reach.policy_wish(one), []).append(one)
        environments = self.workspace.environments.values()
        stages = (Attached(("Environment", e.name), self._named(e.policies)) for e in environments)
        return (
            *(stage for stage in stages if stage.policies),
            *(
                Attached(self.key(same[0]), self._named(same[0].policies), len(same) - 1)
                for same in alike.values()
            ),
        )

    def _named(self, names: Sequence[str]) -> tuple[Policy, ...]:
        return tuple(self.workspace.policies[name] for name in dict.fromkeys(names))

    @staticmethod
    def key(deployment: ModelDeployment) -> Key:
        """Return under what the sources know a deployment."""
        return ("ModelDeployment", *deployment.key)

    def conflict(self, wish: Wish) -> tuple[Part, ...]:
        """Return the fewest parts of a wish that leave nothing together; none if some is left."""
        if wish.groups or not self.reach.everything:
            return ()
        number = id(wish)
        if number not in self._conflicts:
            self._conflicts[number] = smallest_conflict(wish.parts)
        return self._conflicts[number]

    def policy_conflicts(self) -> Iterator[PolicyConflict]:
        """Yield the contradictions of policies alone, of alike deployments once.

        Where nothing is deployed, they are those of a deployment without labels.
        """
        for wish in self.wishes:
            parts = self.conflict(wish)
            if parts and all(part.level for part in parts):
                outcome = f"{named(wish.deployments)} can be placed nowhere"
                yield PolicyConflict(parts, wish.first, outcome)
        used = {wish.first.environment for wish in self.wishes}
        for name in self.workspace.environments.keys() - used:
            one = ModelDeployment(name="any", environment=name, version="any")
            parts = tuple(part for part in self.reach.parts(one) if part.level)
            if parts and not self.reach.common(parts) and self.reach.everything:
                yield PolicyConflict(smallest_conflict(parts), one, "nothing can be placed there")

    def variants(self) -> Iterator[tuple[list[ModelDeployment], GroupSet]]:
        """Yield alike deployments that have equal numbers and spread too, and what they may use."""
        for wish in self.wishes:
            for same in variants(wish.deployments):
                yield same, wish.groups

    @cached_property
    def empty(self) -> EmptyNodes:
        """What nodes hold when nothing runs."""
        return EmptyNodes(self.catalog)

    @cached_property
    def peers(self) -> Peers:
        """Which deployments select which."""
        return Peers(self.workspace)

    def concerned(self, key: Key) -> Sequence[ModelDeployment]:
        """Return the deployments under a list of policies: an environment's, or the one itself."""
        if key[0] == "Environment":
            return self.deployments_in.get(key[1], ())
        return (self.workspace.by_key[key[1], key[2]],)

    def path_of(self, key: Key, policy: str) -> tuple[str | int, ...]:
        """Return the path to the last mention of a policy in the list of an object."""
        if key[0] == "Environment":
            names = self.workspace.environments[key[1]].policies
        else:
            names = self.workspace.by_key[key[1], key[2]].policies
        return ("policies", len(names) - 1 - names[::-1].index(policy))

    def place_of(self, parts: Sequence[Part], deployment: ModelDeployment) -> tuple[Key, str]:
        """Return the object and field where a conflict of a deployment is best shown."""
        own = [part for part in parts if part.level is not Level.ENVIRONMENT]
        if not own:
            key: Key = ("Environment", deployment.environment)
            if key in self.sources.written:
                return key, "policies"
        rules = [part.rule for part in own if part.level is None]
        field = "policies" if len(rules) < len(own) else "flavors" if "flavors" in rules else ""
        return self.key(deployment), field or "resources"
