"""Deployments that need more of one resource than all the node groups that they may use have.

A sum proves it, at any size: deployments that may use the same node groups are one demand, node
groups that the same deployments may use are one supply, and a minimum cut between them is a set
of deployments whose needs exceed what there is. Then as many deployments as possible are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import UNIT
from placement.solvers.flow import overdrawn
from placement.workspace.refusal import MemberKind

if TYPE_CHECKING:
    from placement.conflicts.case import Case
    from placement.problem.cells import Cell
    from placement.problem.compiler import Mask
    from placement.problem.problem import Ints
    from placement.workspace.refusal import Member
    from placement.workspace.workspace import ModelDeployment


@dataclass(frozen=True)
class Measure:
    """One way of counting: what a replica takes, and what a cell has, in the same unit."""

    takes: Callable[[ModelDeployment], int]
    has: Callable[[Cell], int]


@dataclass(frozen=True)
class Shortage:
    """Deployments that need more than their node groups have.

    Attributes
    ----------
    deployments : tuple of int
        By number in the case; without any one of them the others need no more than there is.
    groups : tuple of int
        The node groups that any of them may use.
    """

    deployments: tuple[int, ...]
    groups: tuple[int, ...]


def shortage(
    case: Case, numbers: Sequence[int], kept: Container[Member], *, last: Collection[int] = ()
) -> Shortage | None:
    """Return some of the deployments that together need too much of something, if any do.

    Parameters
    ----------
    kept : container of Member
        The members that have not been given up.
    last : collection of int
        Deployments to keep in it if there is a choice.
    """
    for measure in _measures([case.deployments[d] for d in numbers]):
        found = _Count(case, numbers, kept, measure).shortage(last)
        if found is not None:
            return found
    return None


def _measures(deployments: Sequence[ModelDeployment]) -> Iterator[Measure]:
    yield Measure(lambda d: d.gpus, lambda cell: sum(cell.slots))
    for size in sorted({d.gpus // UNIT for d in deployments if d.gpus > UNIT}, reverse=True):
        yield _pieces(size)
    yield Measure(lambda d: d.cpus, lambda cell: cell.cpus)
    yield Measure(lambda d: d.memory, lambda cell: cell.memory)
    for name in sorted({name for d in deployments for name in d.extra}):
        yield _extra(name)


def _pieces(size: int) -> Measure:
    """Count pieces of so many whole GPUs, none of which spans two nodes."""
    return Measure(lambda d: d.gpus // UNIT // size, lambda cell: cell.whole_gpus // size)


def _extra(name: str) -> Measure:
    return Measure(lambda d: d.extra.get(name, 0), lambda cell: dict(cell.extra).get(name, 0))


class _Count:
    """Demands and supplies of one measure."""

    def __init__(
        self, case: Case, numbers: Sequence[int], kept: Container[Member], measure: Measure
    ) -> None:
        self.amount: dict[int, int] = {}
        self.members: list[list[int]] = []
        masks: list[Mask] = []
        by_mask: dict[int, list[int]] = defaultdict(list)
        unlimited = case.unlimited(kept)
        for d in numbers:
            deployment = case.deployments[d]
            amount = measure.takes(deployment) * case.required[deployment.key]
            mask = case.allowed(d, kept)
            if amount and not (mask & unlimited).any():
                self.amount[d] = amount
                if id(mask) not in by_mask:
                    masks.append(mask)
                    self.members.append(by_mask[id(mask)])
                by_mask[id(mask)].append(d)
        groups = len(case.catalog.node_groups)
        self.masks = np.stack(masks) if masks else np.zeros((0, groups), bool)
        self.supply = np.zeros(groups, np.int64)
        for cell in case.existing(kept):
            if cell.accepts or cell.residents:
                self.supply[cell.group] += max(measure.has(cell), 0) * cell.size

    def shortage(self, last: Collection[int]) -> Shortage | None:
        """Return a shortage with as few deployments as possible, or None."""
        chosen = self._overdrawn(np.ones(len(self.masks), bool))
        if chosen is None:
            return None
        keep = {i for i, own in enumerate(self.members) if not set(own).isdisjoint(last)}
        # Those with the most deployments are left out first, so that what remains is told quickly.
        order = sorted(
            np.flatnonzero(chosen).tolist(), key=lambda i: (i in keep, -len(self.members[i]), i)
        )
        for i in order:
            if chosen[i]:
                rest = chosen.copy()
                rest[i] = False
                fewer = self._overdrawn(rest)
                chosen = chosen if fewer is None else fewer
        return self._fewest(chosen, last)

    def _overdrawn(self, among: Mask) -> Mask | None:
        """Return masks whose deployments need too much, among some of them."""
        rows = np.flatnonzero(among)
        if not len(rows):
            return None
        columns, code = np.unique(self.masks[rows], axis=1, return_inverse=True)
        supply = np.zeros(columns.shape[1], np.int64)
        np.add.at(supply, code.ravel(), self.supply)
        demand: Ints = np.array(
            [sum(self.amount[d] for d in self.members[i]) for i in rows.tolist()], np.int64
        )
        cut = overdrawn(demand, supply, columns)
        if cut is None:
            return None
        found = np.zeros(len(among), bool)
        found[rows[cut]] = True
        return found

    def _fewest(self, chosen: Mask, last: Collection[int]) -> Shortage:
        """Leave out deployments, the smallest first, as long as too much is needed."""
        inside = self.masks[chosen].any(axis=0)
        mine = [d for i in np.flatnonzero(chosen).tolist() for d in self.members[i]]
        excess = sum(self.amount[d] for d in mine) - int(self.supply[inside].sum())
        kept = []
        for d in sorted(mine, key=lambda d: (d in last, self.amount[d], d)):
            if self.amount[d] < excess:
                excess -= self.amount[d]
            else:
                kept.append(d)
        return Shortage(tuple(sorted(kept)), tuple(np.flatnonzero(inside).tolist()))


class Alike:
    """Which members of a shortage could change places with each other.

    Deployments that ask for the same and may use the same node groups, with the wishes of their
    own; and node groups that the same deployments may use, for who may use one that is unlimited
    needs nothing of the others.
    """

    def __init__(self, case: Case, numbers: Sequence[int], kept: Container[Member]) -> None:
        self._case = case
        masks = [case.allowed(d, kept) for d in numbers]
        columns = np.stack(masks).T
        names = [group.name for group in case.catalog.node_groups]
        self._columns = {name: row.tobytes() for name, row in zip(names, columns, strict=True)}

    def key(self, member: Member) -> Hashable:
        """Return what is equal for members that are alike."""
        if member.kind is MemberKind.CAPACITY:
            return (member.kind, self._columns[member.owner[0]])
        if len(member.owner) != 2 or member.kind not in ALIKE:
            return member
        deployment = self._case.workspace.by_key[member.owner[0], member.owner[1]]
        return (member.kind, deployment.shape, self._case.required[deployment.key])


ALIKE = (
    MemberKind.DEMAND,
    MemberKind.FLAVORS,
    MemberKind.GPU_MEMORY,
    MemberKind.HARDWARE,
)
