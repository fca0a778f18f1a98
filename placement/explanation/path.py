"""The resolution path of a deployment: from the whole fleet to where one more replica has room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from placement.constraints.base import Constraint, subject, thousandths
from placement.constraints.eligibility import ELIGIBILITY_RULES
from placement.explanation.values import Attached, Remaining, Step, StepKind
from placement.explanation.wording import amount
from placement.plan.prices import CPUS, EXTRA, GPUS, MEMORY
from placement.policies.registry import POLICY_TYPES
from placement.workspace.effective import Level, resolve

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.explanation.standing import Standing
    from placement.policies.base import Policy
    from placement.workspace.workspace import ModelDeployment

Names = frozenset[str]


class Path:
    """What policies, flavors, hardware and states leave to one deployment."""

    def __init__(self, standing: Standing, deployment: ModelDeployment) -> None:
        self._standing, self._deployment = standing, deployment
        self._effective = resolve(standing.workspace, deployment)

    @cached_property
    def attached(self) -> tuple[Attached, ...]:
        """Every attached policy."""
        deployment = self._deployment
        to = {Level.ENVIRONMENT: deployment.environment, Level.DEPLOYMENT: subject(deployment)}
        return tuple(
            Attached(
                policy=item.policy.name,
                type=item.policy.type,
                level=item.level,
                to=to[item.level],
                allows=item.policy.options(),
                node_groups=len(self._standing.allowed(item.policy)),
                left_out=item.left_out,
            )
            for item in self._effective.attachments
        )

    @cached_property
    def unions(self) -> Mapping[tuple[str, Level], tuple[tuple[Policy, ...], Names]]:
        """By type and level: the policies that bind, and the node groups they allow together."""
        found = {}
        for name in POLICY_TYPES:
            for level in Level:
                policies = self._effective.binding(level, name)
                if policies:
                    united = frozenset().union(*map(self._standing.allowed, policies))
                    found[name, level] = (policies, united)
        return found

    @cached_property
    def binding(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the policies that bind, by type; both levels together."""
        found: dict[str, dict[str, None]] = {}
        for (name, _), (policies, _) in self.unions.items():
            found.setdefault(name, {}).update((policy.name, None) for policy in policies)
        return {name: tuple(names) for name, names in found.items()}

    @cached_property
    def own(self) -> Mapping[str, Mapping[str, str]]:
        """By constraint: the node groups that one replica alone cannot use, each with the reason.

        In the order of ``ELIGIBILITY_RULES``.
        """
        return {rule.name: dict(self._refused(rule)) for rule in ELIGIBILITY_RULES}

    @cached_property
    def accepting(self) -> Names:
        """Node groups with a node that takes new replicas."""
        catalog = self._standing.catalog
        return frozenset(g.name for g in catalog.node_groups if catalog.accepting(g))

    def steps(self, free: Names) -> tuple[Step, ...]:
        """Return the path; ``free`` are the node groups with room for one more replica."""
        left, found = self._standing.every, []
        for part in self._parts(free):
            left &= part.allowed
            ready = part.kind in (StepKind.STATE, StepKind.ROOM)
            found.append(
                Step(
                    kind=part.kind,
                    allows=part.words,
                    alone=len(part.allowed),
                    left=_remaining(self._standing.catalog, left, ready=ready),
                    type=part.type,
                    level=part.level,
                    policies=part.policies,
                )
            )
        return tuple(found)

    def _parts(self, free: Names) -> Iterator[_Part]:
        deployment = self._deployment
        yield _Part(StepKind.FLEET, "everything", self._standing.every)
        for (name, level), (policies, allowed) in self.unions.items():
            names = tuple(policy.name for policy in policies)
            yield _Part(StepKind.POLICY, _united(policies), allowed, name, level, names)
        if deployment.flavors:
            yield self._own(StepKind.FLAVORS, ", ".join(_flavors(deployment)))
        yield self._own(StepKind.HARDWARE, _hardware(deployment))
        if deployment.gpus and deployment.gpu_memory:
            words = f"{thousandths(deployment.gpu_memory)} GiB per GPU"
            yield self._own(StepKind.GPU_MEMORY, words)
        yield _Part(StepKind.STATE, "a node that takes new replicas", self.accepting)
        yield _Part(StepKind.ROOM, "one more replica beside what runs", free)

    def _own(self, kind: StepKind, words: str) -> _Part:
        return _Part(kind, words, self._standing.every - self.own[kind.value].keys())

    def _refused(self, rule: Constraint) -> Iterator[tuple[str, str]]:
        catalog = self._standing.catalog
        for group in catalog.node_groups:
            message = rule.refuses(self._deployment, group, catalog)
            if message is not None:
                yield group.name, message


@dataclass(frozen=True, slots=True)
class _Part:
    """A step before it is known what is left after it."""

    kind: StepKind
    words: str
    allowed: Names
    type: str | None = None
    level: Level | None = None
    policies: tuple[str, ...] = ()


def _remaining(catalog: Catalog, names: Names, *, ready: bool) -> Remaining:
    """Count what is in some node groups; with ``ready``, only nodes that take new replicas."""
    nodes = gpus = 0
    countries = set()
    for group in (catalog.groups_by_name[name] for name in names):
        count = catalog.accepting(group) if ready else group.count
        nodes += count
        gpus += count * sum(group.gpu_slots)
        countries.add(group.region.country)
    return Remaining(len(names), nodes, gpus, len(countries))


def _united(policies: Sequence[Policy]) -> str:
    """Return what policies allow together; of several, which allows what."""
    if len(policies) == 1:
        return policies[0].options()
    return " or ".join(f"{policy.name} ({policy.options()})" for policy in policies)


def _flavors(deployment: ModelDeployment) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.name for entry in deployment.flavors))


def _hardware(deployment: ModelDeployment) -> str:
    """Return what one replica takes of one node."""
    asked = [(CPUS, deployment.cpus), (MEMORY, deployment.memory)]
    asked += [(EXTRA + name, value) for name, value in sorted(deployment.extra.items())]
    words = [amount(resource, value) for resource, value in asked if value]
    if deployment.is_share:
        return ", ".join((f"{thousandths(deployment.gpus)} of a GPU", *words))
    gpus = amount(GPUS, deployment.gpus) if deployment.gpus else "no GPU"
    return ", ".join((gpus, *words))
