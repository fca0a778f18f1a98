"""What the nodes of a catalog hold when nothing runs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.reach.fit import Free, fits_by, free_on
from placement.reach.sets import GroupSet, from_mask, to_mask
from placement.workspace.fields import MAX_REPLICAS
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.linting.scene import Wish
    from placement.workspace.workspace import ModelDeployment

    Ints = NDArray[np.int64]


class EmptyNodes:
    """Answers for sets of node groups on arrays; single nodes only where some are reserved."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._table = catalog.table

    def accepting(self, groups: GroupSet) -> int:
        """Return how many nodes of some node groups take new replicas."""
        return int(self._accepting[self._mask(groups)].sum())

    def domains(self, groups: GroupSet, over: Domain) -> int:
        """Return how many domains have a node of some node groups that may hold a replica."""
        import numpy as np

        holding = np.where(self._mask(groups), self._holding, 0)
        if over is Domain.NODE:
            return int(holding.sum())
        _, codes = self._table.texts[over.value]
        return len(np.unique(codes[holding > 0]))

    def within(self, groups: GroupSet, over: Domain) -> GroupSet:
        """Return the node groups that share a domain with one of some node groups."""
        import numpy as np

        if over is Domain.NODE or not groups:
            return groups
        _, codes = self._table.texts[over.value]
        return from_mask(np.isin(codes, codes[self._mask(groups)]))

    def alone(self, wishes: Iterable[Wish]) -> Iterator[tuple[list[ModelDeployment], int]]:
        """Yield deployments alike in numbers and spread, and how many replicas could fit at most.

        With nothing else running. Each limit of spread is counted by itself, so that even fewer
        may fit. Deployments that may use no node that takes replicas are left out.
        """
        for wish in wishes:
            if self.accepting(wish.groups):
                fits = self._fits(wish)
                for same in variants(wish.deployments):
                    yield same, self._most(same[0], *fits)

    def _fits(self, wish: Wish) -> tuple[Ints, Ints, list[tuple[int, int]]]:
        """Return fits per node and nodes by node group, and (group, fit) of reserved nodes."""
        import numpy as np

        mask = self._mask(wish.groups)
        fit = np.where(mask, self._fit(wish.first), 0)
        single = [
            (number, min([MAX_REPLICAS, *fits_by(free, wish.first).values()]))
            for number, free in self._reserved
            if mask[number]
        ]
        return fit, np.where(mask, self._whole_nodes, 0), single

    def _most(
        self,
        one: ModelDeployment,
        fit: Ints,
        nodes: Ints,
        single: list[tuple[int, int]],
    ) -> int:
        import numpy as np

        caps = [(entry.over, entry.max_per_domain) for entry in one.spread if entry.max_per_domain]
        per_node = min([MAX_REPLICAS, *(cap for over, cap in caps if over is Domain.NODE)])
        total = np.minimum(fit, per_node) * nodes
        for number, alone in single:
            total[number] += min(alone, per_node)
        most = int(total.sum())
        for over, cap in caps:
            if over is not Domain.NODE:
                _, codes = self._table.texts[over.value]
                most = min(most, int(np.minimum(np.bincount(codes, total), cap).sum()))
        return most

    def _fit(self, one: ModelDeployment) -> Ints:
        """Return how many replicas an empty node of every node group takes."""
        import numpy as np

        table = self._table
        fit = np.full(len(table), MAX_REPLICAS, np.int64)
        demands = [(one.cpus, table.cpus), (one.memory, table.memory)]
        demands += [(n, table.extra[name]) for name, n in one.extra.items() if name in table.extra]
        for wanted, there in demands:
            if wanted:
                np.minimum(fit, there // wanted, out=fit)
        if one.is_share:
            np.minimum(fit, table.gpu_count * (table.slot // one.gpus), out=fit)
        elif one.gpus:
            np.minimum(fit, table.gpu_count * UNIT // one.gpus, out=fit)
        return fit

    def _mask(self, groups: GroupSet) -> NDArray[np.bool_]:
        return to_mask(groups, len(self._table))

    @cached_property
    def _accepting(self) -> Ints:
        return self._counts(self._catalog.accepting)

    @cached_property
    def _holding(self) -> Ints:
        return self._counts(self._catalog.holding)

    @cached_property
    def _whole_nodes(self) -> Ints:
        """Accepting nodes by node group, without those that have a reservation."""
        found = self._accepting.copy()
        for number, _ in self._reserved:
            found[number] -= 1
        return found

    @cached_property
    def _reserved(self) -> list[tuple[int, Free]]:
        """Node group and free capacity of every accepting node with a reservation."""
        numbers = {group.name: n for n, group in enumerate(self._catalog.node_groups)}
        found = []
        for node, reserved in self._catalog.reserved.items():
            place = self._catalog.find_node(node)
            if place is not None and self._catalog.state_of(*place).accepts:
                found.append((numbers[place[0].name], free_on(place[0], reserved)))
        return found

    def _counts(self, count: Callable[[NodeGroup], int]) -> Ints:
        import numpy as np

        return np.array([count(group) for group in self._catalog.node_groups], np.int64)


def variants(deployments: Iterable[ModelDeployment]) -> Iterator[list[ModelDeployment]]:
    """Yield deployments that are alike in replicas, minReplicas and spread, together."""
    found: dict[tuple[object, ...], list[ModelDeployment]] = {}
    for one in deployments:
        found.setdefault((one.replicas, one.min_replicas, one.spread), []).append(one)
    yield from found.values()
