"""One change of a tiny world, and what it makes of everything that runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

from tests.worlds.rules import Rules
from tests.worlds.world import Deployment, Key, Row, World

LOSSY = ("capacity",)


@dataclass(frozen=True)
class Change:
    """``before`` becomes ``after``; both have the same running rows.

    ``kind`` is what is asked: ``release``, ``deploy``, ``apply``, ``policy`` or ``capacity``.
    """

    kind: str
    before: World
    after: World
    allow_partial: bool = False
    evict: bool = False
    shape: str = field(default="", compare=False)
    seed: int | None = field(default=None, compare=False)

    @cached_property
    def old(self) -> dict[Key, Deployment]:
        """The enabled deployments of before."""
        return {d.key: d for d in self.before.deployments if d.enabled}

    @cached_property
    def changed(self) -> frozenset[Key]:
        """Enabled deployments whose document is new or different."""
        return frozenset(
            d.key for d in self.after.deployments if d.enabled and self.old.get(d.key) != d
        )

    @cached_property
    def strict(self) -> frozenset[Key]:
        """Changed deployments that fit only whole: targets of a release, and occupied pairs."""
        if self.kind == "release":
            return self.changed
        return self.changed & frozenset(self.old)

    @cached_property
    def replaced(self) -> frozenset[Key]:
        """Changed deployments whose running rows are of an earlier template."""
        return frozenset(
            key
            for key in self.changed & {row.key for row in self.before.running}
            if template(self.before.deployment(key)) != template(self.after.deployment(key))
        )

    @property
    def is_lossy(self) -> bool:
        """Whether running replicas may be lost rather than the change refused."""
        return self.kind in LOSSY or self.evict

    @cached_property
    def rules(self) -> Rules:
        """The rules of after, where rows of an earlier template are no running replicas."""
        rows = tuple(row for row in self.after.running if row.key not in self.replaced)
        return Rules(replace(self.after, running=rows))

    @cached_property
    def alive(self) -> tuple[Row, ...]:
        """Running rows whose node is still there: those that hold something."""
        return tuple(row for row in self.before.running if self.is_there(row.node))

    def is_there(self, node: str) -> bool:
        name, _, index = node.rpartition("/")
        group = self.rules.groups.get(name)
        if group is None or int(index) >= group.count:
            return False
        return self.rules.state(group, node) != "lost"

    @cached_property
    def held(self) -> tuple[Row, ...]:
        """Old rows that keep their place for the whole transition: surge."""
        return tuple(
            row
            for row in self.alive
            if row.key in self.replaced and self.after.deployment(row.key).rollout == "surge"
        )

    def wanted(self, key: Key) -> int:
        """Return how many replicas of a deployment are to be placed at most."""
        if key in self.changed:
            return self.after.deployment(key).replicas
        return self.runs[key]

    @cached_property
    def runs(self) -> Counter[Key]:
        """Running replicas per deployment, wherever they are."""
        found: Counter[Key] = Counter()
        for row in self.before.running:
            found[row.key] += row.replicas
        return found

    def least(self, key: Key) -> int:
        """Return how many replicas have to be placed for the change to fit."""
        if key in self.strict:
            deployment = self.after.deployment(key)
            return max(1, deployment.min_replicas) if self.allow_partial else deployment.replicas
        if key in self.changed or self.is_lossy:
            return 0
        return self.wanted(key)


def template(deployment: Deployment) -> tuple[object, ...]:
    """Return what makes running replicas of a deployment what they are."""
    d = deployment
    resources = (d.demand, d.gpu_memory, d.cpus, d.memory, d.extra)
    return (d.version, resources, d.flavors)
