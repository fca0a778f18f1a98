"""Who holds what is short: the deployments that run on some node groups, and reservations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.plan.prices import CPUS, EXTRA, GPUS, MEMORY

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup, Reserved
    from placement.explanation.standing import Standing
    from placement.explanation.values import Reason
    from placement.plan.view import Key, PlacedRow
    from placement.workspace.workspace import ModelDeployment


@dataclass(frozen=True, slots=True)
class Use:
    """What a deployment holds of one resource in some node groups, in thousandths."""

    model: str
    environment: str
    replicas: int
    amount: int


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one resource: by deployments, most first, and by reservations."""

    users: tuple[Use, ...] = ()
    reserved: int = 0


class Holders:
    """Looks up who is there; with ``index``, on that node of a node group alone.

    Nodes that take no new replicas do not count: nothing would be won on them.
    """

    def __init__(self, standing: Standing, index: int | None) -> None:
        self._standing, self._index = standing, index

    def of(self, reason: Reason, names: Collection[str]) -> Held:
        """Return who holds what a reason says is short, in some node groups."""
        if not reason.shortages:
            return Held()
        resource = reason.shortages[0].resource
        replicas: Counter[Key] = Counter()
        amounts: Counter[Key] = Counter()
        for row in self._rows(names):
            amount = _demand(row.deployment, resource) * row.replicas
            if amount:
                replicas[row.deployment.key] += row.replicas
                amounts[row.deployment.key] += amount
        order = sorted(amounts, key=lambda key: (-amounts[key], key))
        users = tuple(Use(*key, replicas[key], amounts[key]) for key in order)
        reserved = (_kept(one, resource) for one in self._reservations(names))
        return Held(users, sum(reserved))

    def _rows(self, names: Collection[str]) -> Iterator[PlacedRow]:
        for name in names:
            for row in self._standing.rows_in.get(name, ()):
                if self._counts(row.group, row.index):
                    yield row

    def _reservations(self, names: Collection[str]) -> Iterator[Reserved]:
        catalog, wanted = self._standing.catalog, frozenset(names)
        for node, reserved in catalog.reserved.items():
            found = catalog.find_node(node)
            if found is not None and found[0].name in wanted and self._counts(*found):
                yield reserved

    def _counts(self, group: NodeGroup, index: int) -> bool:
        if self._index not in (None, index):
            return False
        return self._standing.catalog.state_of(group, index).accepts


def _demand(deployment: ModelDeployment, resource: str) -> int:
    known = {GPUS: deployment.gpus, CPUS: deployment.cpus, MEMORY: deployment.memory}
    amount = known.get(resource)
    return deployment.extra.get(resource.removeprefix(EXTRA), 0) if amount is None else amount


def _kept(reserved: Reserved, resource: str) -> int:
    known = {GPUS: sum(reserved.gpu_slots), CPUS: reserved.cpus, MEMORY: reserved.memory}
    return known.get(resource, 0)
