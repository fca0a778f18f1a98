"""The bound that a price list proves: weak duality in closed form, in whole numbers.

At the prices of the list each lot of replicas goes where it is cheapest, or stays without a place.
What that costs, less what all capacity is worth, less what the earlier tiers are worth at their
values, is at most the value of the tier in every plan with those values of the earlier tiers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.catalog.rows import UNIT
from placement.certificate.least import Owed, cheapest_domains, least_of_one, least_of_rows
from placement.certificate.lots import LARGEST, Bools, Ints, Lots, make_lots, times
from placement.certificate.nodes import NOTHING, Label, NodeSets, make_sets
from placement.objectives.cost import Cost
from placement.objectives.unplaced import priorities, tier_name
from placement.plan.prices import GPUS, LARGEST_SCALE, TierPrices
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.objectives.mix import Mix
    from placement.plan.view import PlanView
    from placement.workspace.workspace import Spread

DISPLACED, UNPLACED, MOVES = "displaced", "unplaced", "moves"
CHUNK = 2_000_000
"""Pairs of lots and node sets that are looked at together."""


@dataclass(frozen=True)
class Worths:
    """What a step of each tier is worth by itself in a price list, by the kind of tier.

    ``unplaced`` and ``displaced`` by priority; ``last`` is 1 step, or nothing.
    """

    unplaced: Mapping[int, int]
    displaced: Mapping[int, int]
    moves: int
    last: int


class Bounds:
    """The bounds of one snapshot that price lists prove.

    Parameters
    ----------
    view : PlanView
        Catalog, workspace and what runs today; its rows do not matter.
    objective : Mix
        The last tier, with the billing that counts.
    """

    def __init__(self, view: PlanView, objective: Mix) -> None:
        self.catalog = view.catalog
        self.objective = objective
        self.lots = make_lots(view, objective)
        classes = priorities(view.workspace)
        self.priority_of = {
            tier_name(word, priority, view.workspace): (word, priority)
            for word in (DISPLACED, UNPLACED)
            for priority in classes
        }
        self.tiers = (*self.priority_of, MOVES, objective.name)

    def faults(self, prices: TierPrices) -> Iterator[str]:
        """Yield what makes a price list prove nothing."""
        if prices.tier not in self.tiers:
            yield f"there is no tier `{prices.tier}`"
            return
        if not 0 <= prices.scale <= LARGEST_SCALE:
            yield f"the scale {prices.scale} is not between 0 and {LARGEST_SCALE}"
        before = self.tiers[: self.tiers.index(prices.tier)]
        for name, value in sorted(prices.earlier.items()):
            if name not in before:
                yield f"`{name}` is no tier before `{prices.tier}`"
            if value < 0:
                yield f"the worth {value} of `{name}` is negative"
        known = self.catalog.groups_by_name
        for row in prices.capacity:
            if row.node_group not in known:
                yield f"there is no node group `{row.node_group}`"
            if row.price < 0:
                yield f"the price {row.price} of {row.resource} on `{row.node_group}` is negative"
            if row.size is not None and row.size < 1:
                yield f"a piece of {row.size} thousandths of {row.resource} is not possible"

    def bound(self, prices: TierPrices, values: Mapping[str, int]) -> int:
        """Return a lower bound of a tier, in its steps.

        Parameters
        ----------
        prices : TierPrices
            Without faults.
        values : mapping of str to int
            The values of the earlier tiers, in their steps; 0 where absent.

        Returns
        -------
        int
            Rounded up to the next value that the tier can have.
        """
        step = self._step(prices.tier) << prices.scale
        return -(-self.proved(prices, values) // step) * step >> prices.scale if step else 0

    def proved(self, prices: TierPrices, values: Mapping[str, int]) -> int:
        """Return ``bound`` as it is before rounding, in ``2**-scale`` steps of the tier."""
        earlier = sum(worth * values.get(name, 0) for name, worth in prices.earlier.items())
        return _Sum(self, prices).least() - earlier

    def node_worths(self, prices: TierPrices) -> Mapping[int, int]:
        """Return what one more empty node is worth by number of its node group.

        In ``2**-scale`` steps of the tier, at the prices of the node of the group at which it is
        worth least, less what the node costs where nodes are billed whole.
        """
        sets = make_sets(self.catalog, prices.capacity)
        empty = replace(sets, reserved=[NOTHING] * len(sets))
        total: Any = np.zeros(len(sets), object)
        for label, column in sets.prices.items():
            total = total + column.astype(object) * empty.room(label)
        if prices.tier == self.objective.name:
            total = total - (self.node_costs.astype(object) << prices.scale)[sets.group]
        least: dict[int, int] = {}
        for g, worth in zip(sets.group.tolist(), total.tolist(), strict=True):
            least[g] = max(min(worth, least.get(g, worth)), 0)
        return least

    def _step(self, tier: str) -> int:
        """Return a number of which every value of a tier is a multiple."""
        lots = self.lots
        if tier == self.objective.name:
            return self._step_of_last
        word, priority = self.priority_of.get(tier, (tier, None))
        members = range(len(lots)) if word == UNPLACED else lots.kept
        return _gcd(
            int(lots.weight[lot]) for lot in members if priority in (None, int(lots.priority[lot]))
        )

    @cached_property
    def _step_of_last(self) -> int:
        lots, sets = self.lots, make_sets(self.catalog, ())
        reached: dict[int, Bools] = {}
        for rows in _chunks(np.arange(len(lots)), len(sets)):
            there = fit(lots, sets, rows) > 0
            for cost in np.unique(lots.cost[rows]).tolist():
                now = there[lots.cost[rows] == cost].any(axis=0)
                reached[cost] = reached[cost] | now if cost in reached else now
        found = 0
        for cost, columns in reached.items():
            groups = sets.group[columns]
            found = _gcd([found, *lots.costs[cost][groups].tolist()])
            found = _gcd([found, *self.node_costs[groups].tolist()])
        return found

    def domains(self, over: Domain) -> Ints:
        """Return the number of the domain of each node group (not for nodes)."""
        return self.catalog.table.texts[over.value][1]

    def nests(self, first: Domain, second: Domain) -> bool:
        """Whether every domain of one of two kinds lies in one of the other."""
        one, other = self.domains(first).tolist(), self.domains(second).tolist()
        both = len({*zip(one, other, strict=True)})
        return both in (len(set(one)), len(set(other)))

    @cached_property
    def node_costs(self) -> Ints:
        """Steps of the last tier per node in use of each node group."""
        total: Ints = np.zeros(len(self.catalog.node_groups), np.int64)
        for term in self.objective.terms:
            if isinstance(term.objective, Cost):
                nodes = term.objective.compile_nodes(self.catalog.table)
                total = total + times(nodes, term.factor)
        return total


def _gcd(values: Iterable[int]) -> int:
    return math.gcd(*values)


class _Sum:
    """The closed form for one price list."""

    def __init__(self, bounds: Bounds, prices: TierPrices) -> None:
        self.bounds = bounds
        self.lots = bounds.lots
        self.scale = prices.scale
        self.worths = _worths(bounds, prices)
        self.sets = make_sets(bounds.catalog, prices.capacity)
        lots = self.lots
        self.units = {label: _units(lots, label) for label in self.sets.prices}
        self.rooms = {label: self.sets.room(label) for label in self.sets.prices}
        self.is_small = self._largest() < LARGEST and int(lots.replicas.max(initial=0)) < 2**31
        worth = [self.worths.unplaced.get(p, 0) for p in lots.priority.tolist()]
        self.placing = [w * int(u) for w, u in zip(lots.weight.tolist(), worth, strict=True)]

    def least(self) -> int:
        """Return the least of everything that is priced, in ``2**-scale`` steps of the tier."""
        lots = self.lots
        placed: int = sum(
            replicas * count * worth
            for replicas, count, worth in zip(
                lots.replicas.tolist(), lots.times.tolist(), self.placing, strict=True
            )
        )
        return placed + self._owed() + self._of_lots() - self._of_capacity()

    def _largest(self) -> int:
        """Return a value that no cost of a replica exceeds."""
        lots = self.lots
        last = int(np.abs(lots.costs).max(initial=0)) * self.worths.last
        worth = max([*self.worths.unplaced.values(), *self.worths.displaced.values(), 0])
        placing = (worth + self.worths.moves) * int(lots.weight.max(initial=0))
        taken = 0
        for label, column in self.sets.prices.items():
            units, rooms = self.units[label], self.rooms[label]
            most = max(int(units.max(initial=0)), int(rooms.max(initial=0)))
            taken += most * int(column.max(initial=0))
        return last + placing + taken

    # ------------------------------------------------------------------ capacity

    def _of_capacity(self) -> int:
        """Return what all capacity is worth, less what nodes cost where they are billed whole."""
        total: Any = np.zeros(len(self.sets), object)
        for label, column in self.sets.prices.items():
            total = total + column.astype(object) * self.rooms[label].astype(object)
        nodes = self.bounds.node_costs.astype(object)[self.sets.group] * self.worths.last
        total = np.maximum(total - nodes, 0) * self.sets.size
        return int(total.sum())

    # ---------------------------------------------------------------------- lots

    def _owed(self) -> int:
        """Return what it is worth that today's replicas keep a place, all of it."""
        return sum(self._displaced(lot) * self.lots.owed(lot) for lot in self.lots.kept)

    def _displaced(self, lot: int) -> int:
        priority = int(self.lots.priority[lot])
        return self.worths.displaced.get(priority, 0) * int(self.lots.weight[lot])

    def _of_lots(self) -> int:
        lots = self.lots
        single = sorted({*lots.spread, *lots.kept})
        plain = np.setdiff1d(np.arange(len(lots)), single)
        # Lots without GPUs first: where they may go decides who else can fill a node.
        idle = np.zeros(len(self.sets), bool)
        cpu = np.flatnonzero(lots.gpus == 0)
        for rows in _chunks(cpu, len(self.sets)):
            idle |= (fit(lots, self.sets, rows) > 0).any(axis=0)
        self.idle = idle
        total = 0
        for rows in _chunks(plain, len(self.sets)):
            room = fit(lots, self.sets, rows) * np.where(self.sets.accepts, self.sets.size, 0)
            least = least_of_rows(self._costs(rows), room, lots.replicas[rows])
            total += sum(least)
        return total + sum(self._one(lot) * int(lots.times[lot]) for lot in single)

    def _costs(self, rows: Ints) -> Ints:
        """Return what a replica of some lots costs on each set, less what a place is worth."""
        lots, sets = self.lots, self.sets
        kind = np.int64 if self.is_small else object
        cost: Ints = lots.costs[lots.cost[rows]][:, sets.group].astype(kind) * self.worths.last
        cost = cost - np.array([self.placing[row] for row in rows.tolist()], kind)[:, None]
        alone = self._fills(rows)
        for label, column in sets.prices.items():
            units = self.units[label][rows].astype(kind)
            taken = units[:, None] * column.astype(kind)
            if label[0] != GPUS and alone.any():
                taken = np.where(alone, self.rooms[label].astype(kind) * column, taken)
            cost = cost + taken
        return cost

    def _fills(self, rows: Ints) -> Bools:
        """Return where one replica of a lot keeps everybody else off its node."""
        gpus = self.lots.gpus[rows, None]
        full = (gpus > 0) & (gpus == self.sets.gpus_left * UNIT)
        alone: Bools = full & ~self.idle
        return alone

    # -------------------------------------------------- deployments by themselves

    def _one(self, lot: int) -> int:
        """Return the least cost of a deployment that runs today or spreads its replicas.

        Its limits per domain, and each number of domains that it asks for, are seen to one at a
        time; the largest answer counts.
        """
        lots, sets = self.lots, self.sets
        rows = np.array([lot])
        most, cost = fit(lots, sets, rows)[0], self._costs(rows)[0]
        spread, replicas = lots.spread.get(lot, ()), int(lots.replicas[lot])
        for entry in spread:
            if entry.over is Domain.NODE and entry.max_per_domain is not None:
                most = np.minimum(most, entry.max_per_domain)
        at, cost, room = self._columns(lot, most, cost)
        slope = self.worths.moves * int(lots.weight[lot]) - self._displaced(lot)
        owed = Owed(lots.owed(lot), slope)
        limits = [(self._domains(over, at), limit) for over, limit in self._nested(spread)]
        found = [least_of_one(cost, room, replicas, owed, limits=limits)]
        for entry in spread:
            if entry.min_domains is not None:
                first = self._first(entry.over, at, cost, room, min(entry.min_domains, replicas))
                if first is None:
                    return 0
                found.append(least_of_one(cost, room, replicas, owed, first=first))
        return max(found)

    def _columns(self, lot: int, most: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
        """Return set, cost and room of each column: who stays has columns of its own."""
        stay: Counter[int] = Counter()
        for node, old in self.lots.kept.get(lot, {}).items():
            c = self.sets.at(node)
            if c is not None:
                stay[c] += min(old, int(most[c]))
        own = np.array(sorted(stay), np.int64)
        kept = np.array([stay[c] for c in own.tolist()], np.int64)
        saved = self.worths.moves * int(self.lots.weight[lot])
        room = np.where(self.sets.accepts, most * self.sets.size, 0)
        room[own] = np.where(self.sets.accepts[own], room[own] - kept, 0)
        at = np.concatenate([np.arange(len(room)), own])
        cost, room = np.concatenate([cost, cost[own] - saved]), np.concatenate([room, kept])
        there = room > 0
        return at[there], cost[there], room[there]

    def _first(
        self, over: Domain, at: Ints, cost: Ints, room: Ints, count: int
    ) -> list[int] | None:
        if over is not Domain.NODE:
            return cheapest_domains(cost, self._domains(over, at), count)
        nodes = np.minimum(self.sets.size[at], room)
        return cheapest_domains(cost, np.arange(len(at)), count, nodes)

    def _domains(self, over: Domain, at: Ints) -> Ints:
        return self.bounds.domains(over)[self.sets.group[at]]

    def _nested(self, spread: Sequence[Spread]) -> list[tuple[Domain, int]]:
        """Return the limits of which any two domains are nested or apart; nodes are seen to."""
        chosen: list[tuple[Domain, int]] = []
        for entry in spread:
            over, limit = entry.over, entry.max_per_domain
            if limit is None or over is Domain.NODE:
                continue
            if all(self.bounds.nests(over, other) for other, _ in chosen):
                chosen.append((over, limit))
        return chosen


def _chunks(rows: Ints, columns: int) -> list[Ints]:
    """Return some lots in parts that are not too large together."""
    parts = -(-len(rows) * columns // CHUNK)
    return np.array_split(rows, max(parts, 1)) if len(rows) else []


def fit(lots: Lots, sets: NodeSets, rows: Ints) -> Ints:
    """Return how many replicas of some lots one empty node of each set takes."""
    most = np.broadcast_to(lots.replicas[rows, None], (len(rows), len(sets))).copy()
    most[~lots.masks[lots.mask[rows]][:, sets.group]] = 0
    for resource, column in lots.demands.items():
        asked = column[rows]
        some = np.flatnonzero(asked)
        if len(some):
            there = sets.free(resource)[None, :] // asked[some, None]
            most[some] = np.minimum(most[some], there)
    gpus = lots.gpus[rows]
    whole = np.flatnonzero(gpus >= UNIT)
    if len(whole):
        most[whole] = np.minimum(most[whole], sets.whole * UNIT // gpus[whole, None])
    for share in np.unique(gpus[(gpus > 0) & (gpus < UNIT)]).tolist():
        most[gpus == share] = np.minimum(most[gpus == share], sets.shares(share))
    return most


def _worths(bounds: Bounds, prices: TierPrices) -> Worths:
    one = 1 << prices.scale
    unplaced: dict[int, int] = {}
    displaced: dict[int, int] = {}
    worth = {**prices.earlier, prices.tier: one}
    for name, (word, priority) in bounds.priority_of.items():
        into = unplaced if word == UNPLACED else displaced
        into[priority] = worth.get(name, 0)
    last = one if prices.tier == bounds.objective.name else 0
    return Worths(unplaced, displaced, worth.get(MOVES, 0), last)


def _units(lots: Lots, label: Label) -> Ints:
    """Return how much of what a label counts one replica of each lot takes."""
    resource, size = label
    if resource != GPUS:
        demand = lots.demands.get(resource, np.zeros(len(lots), np.int64))
        return demand if size is None else demand // size
    if size is None:
        return lots.gpus
    if size >= UNIT:
        return np.where(lots.gpus >= UNIT, lots.gpus // size, 0)
    whole = lots.gpus // UNIT * (UNIT // size)
    return np.where(lots.gpus >= UNIT, whole, lots.gpus // size)
