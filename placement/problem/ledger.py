"""What runs on which node, and what every node has left: kept between changes, never recounted.

A ledger is a value: rows are taken off and put on by making another one that shares the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import UNIT
from placement.problem.fleet import Fleet, Ints

if TYPE_CHECKING:
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment

Key = tuple[str, str]
Held = tuple["Assignment", "ModelDeployment"]
"""A row with the deployment whose demand it has."""


@dataclass(frozen=True)
class Ledger:
    """Free capacity per node and rows by node.

    Attributes
    ----------
    fleet : Fleet
    cpus, memory, whole : int arrays, shape (nodes,)
        What is left; below 0 on a node that is over capacity.
    extra : dict of str to int array
    slots : dict of int to tuple of int
        Free thousandths of each GPU before whole-GPU replicas take theirs, of nodes with
        reservations or shares only.
    taken : int array, shape (nodes,)
        GPUs that whole-GPU replicas have.
    rows_on : mapping of int to tuple of (Assignment, ModelDeployment)
        What is counted, by node.
    """

    fleet: Fleet
    cpus: Ints
    memory: Ints
    whole: Ints
    taken: Ints
    extra: Mapping[str, Ints]
    slots: Mapping[int, tuple[int, ...]]
    rows_on: Mapping[int, tuple[Held, ...]]

    @classmethod
    def empty(cls, fleet: Fleet) -> Ledger:
        """Return the ledger of a fleet on which nothing runs."""
        return cls(
            fleet=fleet,
            cpus=fleet.cpus,
            memory=fleet.memory,
            whole=fleet.whole,
            taken=np.zeros(len(fleet), np.int64),
            extra=fleet.extra,
            slots=fleet.slots,
            rows_on={},
        )

    def changed(self, *, off: Iterable[Held] = (), on: Iterable[Held] = ()) -> Ledger:
        """Return the ledger with some rows taken off and others put on.

        Rows on nodes that do not exist count nowhere.
        """
        other = replace(
            self,
            cpus=self.cpus.copy(),
            memory=self.memory.copy(),
            whole=self.whole.copy(),
            taken=self.taken.copy(),
            extra={name: free.copy() for name, free in self.extra.items()},
            slots=dict(self.slots),
            rows_on=dict(self.rows_on),
        )
        for sign, rows in ((-1, off), (1, on)):
            for held in rows:
                number = self.fleet.number(held[0].node)
                if number is not None:
                    other._count(number, held, sign)  # noqa: SLF001
        return other

    def _count(self, number: int, held: Held, sign: int) -> None:
        """Put one row on (sign 1) or take it off (sign -1); only while the ledger is made."""
        row, deployment = held
        replicas = sign * row.replicas
        self.cpus[number] -= deployment.cpus * replicas
        self.memory[number] -= deployment.memory * replicas
        for name, amount in deployment.extra.items():
            if name in self.extra:
                self.extra[name][number] -= amount * replicas
        if deployment.is_share:
            self._count_share(number, row, deployment.gpus * replicas)
        else:
            self.taken[number] += deployment.gpus // UNIT * replicas
            self.whole[number] -= deployment.gpus // UNIT * replicas
        rows_on: dict[int, tuple[Held, ...]] = self.rows_on  # type: ignore[assignment]
        there = rows_on.get(number, ())
        rows_on[number] = (*there, held) if sign > 0 else _without(there, row)
        if not rows_on[number]:
            del rows_on[number]

    def _count_share(self, number: int, row: Assignment, part: int) -> None:
        slots: dict[int, tuple[int, ...]] = self.slots  # type: ignore[assignment]
        free = list(self.slots_of(number))
        if row.gpu is None or row.gpu >= len(free):
            return
        free[row.gpu] -= part
        slots[number] = tuple(free)
        self.whole[number] = free.count(UNIT) - self.taken[number]

    def slots_of(self, number: int) -> tuple[int, ...]:
        """Return the free thousandths of each GPU before whole-GPU replicas take theirs."""
        found = self.slots.get(number)
        return self.fleet.group(number).gpu_slots if found is None else found

    def room(self, deployment: ModelDeployment) -> Ints:
        """Return how many replicas of a deployment every node takes, whatever the rules say.

        Never below 0; ``deployment.replicas`` where nothing binds.
        """
        fit = np.full(len(self.fleet), deployment.replicas, np.int64)
        demands = [(deployment.cpus, self.cpus), (deployment.memory, self.memory)]
        none = np.zeros(len(self.fleet), np.int64)
        demands += [(a, self.extra.get(name, none)) for name, a in deployment.extra.items()]
        for demand, free in demands:
            if demand:
                np.minimum(fit, free // demand, out=fit)
        if deployment.gpus >= UNIT:
            np.minimum(fit, self.whole * UNIT // deployment.gpus, out=fit)
        elif deployment.gpus:
            np.minimum(fit, self._shares(deployment.gpus), out=fit)
        room: Ints = np.maximum(fit, 0)
        return room

    def _shares(self, share: int) -> Ints:
        groups = self.fleet.shares_by_group(share)[self.fleet.group_of]
        fit: Ints = np.maximum(groups - self.taken * (UNIT // share), 0)
        for number in self.slots:
            free = sorted(self.slots_of(number))
            idle = free.count(UNIT)
            whole = min(int(self.taken[number]), idle)
            fit[number] = sum(slot // share for slot in free) - whole * (UNIT // share)
        return fit


def _without(there: tuple[Held, ...], row: Assignment) -> tuple[Held, ...]:
    return tuple(held for held in there if held[0] is not row and held[0] != row)
