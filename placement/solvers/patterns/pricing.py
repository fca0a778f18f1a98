"""The best content of a node of each kind at given gains, and how far from the best it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from placement.catalog.rows import UNIT
from placement.problem.problem import Ints, Problem
from placement.solvers.cpsat import Model
from placement.solvers.limits import Limits
from placement.solvers.patterns.contents import content_of
from placement.solvers.patterns.gpu_fills import Fill, fills_of, unbeaten
from placement.solvers.patterns.grid import LARGEST, Grid
from placement.solvers.patterns.kinds import Content, Kinds, Mask
from placement.solvers.patterns.rows import BELOW, small_problem

NODE_WORK = 0.5
"""Deterministic time of CP-SAT for one node."""


@dataclass(frozen=True)
class Priced:
    """A content of a node, its gain, and what no content of such a node exceeds."""

    content: Content
    gain: int
    most: int


@dataclass(frozen=True)
class _Item:
    """What a node may hold several times: replicas of a shape, or one GPU with its shares.

    ``slot`` is the free amount of the GPUs it uses ``gpus`` of.
    """

    parts: tuple[tuple[int, int], ...]
    demand: Ints
    gain: int
    most: int
    slot: int = UNIT
    gpus: int = 0


@dataclass(frozen=True)
class _Fills:
    """Contents of single GPUs by what the GPU has free, and the shapes that are in them only."""

    shapes: frozenset[int]
    by_free: dict[int, list[Fill]]


class Pricing:
    """Finds the best contents of nodes.

    Where amounts are few, one table has the answers of all kinds. Else CP-SAT decides for each
    kind, over contents of single GPUs where shares are among the shapes.

    Parameters
    ----------
    kinds : Kinds
    """

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds

    @cached_property
    def _grid(self) -> Grid | None:
        """The table, where one is small enough and no shape asks for a part of a GPU."""
        kinds = self.kinds
        if kinds.shares.any():
            return None
        whole = [slots.count(UNIT) * UNIT for slots in kinds.slots]
        demand = np.column_stack([kinds.demand, kinds.gpus])
        if not demand.any(axis=1).all():
            return None
        grid = Grid(demand, np.column_stack([kinds.capacity, np.array(whole, np.int64)]))
        return grid if grid.size <= LARGEST else None

    def best(self, gain: Ints, limits: Limits) -> list[Priced]:
        """Return the best content found for a node of each kind.

        Parameters
        ----------
        gain : int array, shape (kinds, shapes)
            Of one replica; a shape that gains nothing is left out.
        """
        asked = np.where(self.kinds.allowed, np.maximum(gain, 0), 0)
        groups: dict[bytes, list[int]] = {}
        for kind, row in enumerate(asked):
            groups.setdefault(row.tobytes(), []).append(kind)
        found: dict[int, Priced] = {}
        for members in groups.values():
            found.update(self._group(np.array(members), asked[members[0]], limits))
        return [found[kind] for kind in range(len(gain))]

    def _group(self, members: Ints, gain: Ints, limits: Limits) -> dict[int, Priced]:
        """Price the kinds on which every shape gains the same."""
        shapes = self._worth(members, gain)
        if not len(shapes):
            return {kind: Priced((), 0, 0) for kind in members.tolist()}
        if self._grid is not None:
            most = self.kinds.most[members].max(axis=0)
            best = self._grid.best(shapes, gain, most, members)
            return {
                kind: Priced(content_of((s, None, n) for s, n in own.items()), value, value)
                for kind, (value, own) in zip(members.tolist(), best, strict=True)
            }
        fills = self._fills(members, shapes, gain)
        return {kind: self._decided(kind, shapes, gain, fills, limits) for kind in members.tolist()}

    def _worth(self, members: Ints, gain: Ints) -> Ints:
        """Return the shapes that no other shape, of which there is plenty, beats."""
        kinds = self.kinds
        wanted = (gain > 0) & (kinds.wanted > 0)
        good = np.flatnonzero(wanted & (kinds.fits[members] > 0).any(axis=0))
        cost = np.column_stack([kinds.demand[good], kinds.gpus[good]])
        plenty = self._endless(members, good)
        best = good[plenty][unbeaten(cost[plenty], gain[good][plenty])]
        rare = good[~plenty]
        if len(rare) and len(best):
            best_cost = np.column_stack([kinds.demand[best], kinds.gpus[best]])
            cost = np.column_stack([kinds.demand[rare], kinds.gpus[rare]])
            below = (best_cost[None] <= cost[:, None]).all(axis=2)
            below &= gain[best][None] >= gain[rare][:, None]
            rare = rare[~below.any(axis=1)]
        worth: Ints = np.sort(np.concatenate([best, rare]))
        return worth

    def _endless(self, members: Ints, shapes: Ints) -> Mask:
        """Return which shapes are priced as if a node could hold as many as there is room for."""
        return (self._full(members) | self.kinds.shares)[shapes]

    def _full(self, members: Ints) -> Mask:
        """Return for which shapes nothing but room limits the replicas on a node."""
        full: Mask = (self.kinds.most[members] == self.kinds.fits[members]).all(axis=0)
        return full

    def _fills(self, members: Ints, shapes: Ints, gain: Ints) -> _Fills:
        """Return the contents of a GPU worth looking at, by what it has free."""
        kinds = self.kinds
        if not kinds.shares[shapes].any():
            return _Fills(frozenset(), {})
        single = shapes[(kinds.shares | ((kinds.gpus == UNIT) & self._full(members)))[shapes]]
        room = kinds.capacity[members].max(axis=0)
        frees = sorted({free for kind in members.tolist() for free in kinds.slots[kind] if free})
        by_free = {free: fills_of(kinds, single, gain, free, room) for free in frees}
        return _Fills(frozenset(single.tolist()), by_free)

    # ------------------------------------------------------------- one kind

    def _decided(
        self, kind: int, shapes: Ints, gain: Ints, fills: _Fills, limits: Limits
    ) -> Priced:
        items = self._items(kind, shapes, gain, fills)
        if not items:
            return Priced((), 0, 0)
        problem = _problem(self.kinds, kind, items)
        effort = replace(limits.effort(NODE_WORK), stopped=lambda: False)
        answer = Model(problem).minimise(problem.tiers[0], effort)
        most = sum(item.gain * item.most for item in items)
        if answer.bound is not None:
            most = min(most, -answer.bound)
        if answer.solution is None:
            return Priced((), 0, most)
        chosen = answer.solution.tolist()
        value = sum(item.gain * n for item, n in zip(items, chosen, strict=True))
        return Priced(self._seated(kind, items, chosen), value, max(most, value))

    def _items(self, kind: int, shapes: Ints, gain: Ints, fills: _Fills) -> list[_Item]:
        kinds, slots, room = self.kinds, self.kinds.slots[kind], self.kinds.capacity[kind]
        items = [
            _Item(fill.parts, fill.demand, fill.gain, slots.count(free), free, 1)
            for free, own in fills.by_free.items()
            for fill in own
            if free in slots and (fill.demand <= room).all()
        ]
        for shape in shapes.tolist():
            most, gpus = int(kinds.most[kind, shape]), int(kinds.gpus[shape]) // UNIT
            if most and shape not in fills.shapes:
                part = ((shape, 1),)
                items.append(_Item(part, kinds.demand[shape], int(gain[shape]), most, UNIT, gpus))
        return items

    def _seated(self, kind: int, items: Sequence[_Item], chosen: Sequence[int]) -> Content:
        """Say which GPU each share is on."""
        kinds = self.kinds
        free: dict[int, list[int]] = {}
        for slot, amount in enumerate(kinds.slots[kind]):
            free.setdefault(amount, []).append(slot)
        parts: list[tuple[int, int | None, int]] = []
        for item, times in zip(items, chosen, strict=True):
            for _ in range(times):
                if kinds.shares[item.parts[0][0]]:
                    slot = free[item.slot].pop(0)
                    parts += [(shape, slot, count) for shape, count in item.parts]
                else:
                    parts += [(shape, None, count) for shape, count in item.parts]
        return content_of(parts)


def _problem(kinds: Kinds, kind: int, items: Sequence[_Item]) -> Problem:
    """Return the problem of choosing items for one node."""
    demand = np.array([item.demand for item in items])
    most = np.array([item.most for item in items], np.int64)
    rows = [(demand[:, r], int(kinds.capacity[kind, r])) for r in range(demand.shape[1])]
    for free in sorted({item.slot for item in items}):
        gpus = [item.gpus if item.slot == free else 0 for item in items]
        rows.append((np.array(gpus, np.int64), kinds.slots[kind].count(free)))
    binding = [(row, BELOW, side) for row, side in rows if int(row @ most) > side]
    return small_problem(most, binding, -np.array([item.gain for item in items], np.int64))
