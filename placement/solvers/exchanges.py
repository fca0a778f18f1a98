"""Replicas change places between two nodes: a few steps that neither counts nor a pass can take.

The sums over the nodes of a cell promise more than single nodes hold. What that loses is mostly won
back by two exchanges, both of which leave every deployment with as many replicas as before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from placement.catalog.rows import UNIT
from placement.problem.problem import Ints
from placement.solvers.greedy import Greedy
from placement.solvers.node_arrays import Put

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
TRIES = 20
"""Ways to make room that are tried for one replica."""
NOWHERE = np.iinfo(np.int64).max // 4
"""What a replica costs where it may not be."""


class Exchange(ABC):
    """One round of exchanges among whole replicas without rules.

    Replicas are listed as entries: some of one deployment on one node.

    Parameters
    ----------
    state : Greedy
        Its nodes tell no single GPUs apart.
    costs : int array
        Per pair what one replica adds to the last tier.
    worth : float array
        Per cell what one GPU is worth, in the unit of the costs.
    movable : bool array
        Per deployment, whether its replicas may go elsewhere at all.
    """

    MOST: ClassVar[int]
    """Nodes or entries that one round looks at."""

    def __init__(self, state: Greedy, costs: Ints, worth: Floats, movable: Mask) -> None:
        self.state, self.builder = state, state.builder
        self.costs, self.worth = costs, worth
        self.cell = state.nodes.cell
        names = list(state.nodes.free)
        sums = [dict(demand.sums) for demand in state.demands]
        self.demand = np.array([[own.get(n, 0) for n in names] for own in sums], np.int64)
        self.gpus = np.array([demand.gpus // UNIT for demand in state.demands], np.int64)
        self.free = np.column_stack([state.nodes.free[name] for name in names])
        self.whole = state.nodes.whole.copy()
        unruled = np.array([not d.spread for d in self.builder.deployments], bool)
        self.plain = movable & unruled
        self._known: dict[int, Ints] = {}
        self._changes: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._list()

    def run(self, changed: Callable[[Ints], None], over: Callable[[], bool]) -> int:
        """Exchange what is of use; return how often.

        Parameters
        ----------
        changed : callable
            Told of the cells of which nodes have changed.
        over : callable
            True when the caller wants an end.
        """
        candidates = self._candidates()[: self.MOST]
        done = sum(self._improve(one) for one in candidates if not over())
        self._settle(changed)
        return done

    @abstractmethod
    def _candidates(self) -> Sequence[int]:
        """Return nodes or entries, those that promise most first."""

    @abstractmethod
    def _improve(self, one: int) -> int:
        """Make the exchanges of one candidate; return how many."""

    def _list(self) -> None:
        """List the entries: node, deployment, replicas, and what one of them costs there."""
        parts = [np.zeros((4, 0), np.int64)]
        for d in np.flatnonzero(self.plain).tolist():
            for put in self.state.puts[d]:
                paid = self._costs_of(d)[self.cell[put.nodes]]
                owner = np.full(len(put.nodes), d, np.int64)
                parts.append(np.stack([put.nodes, owner, put.replicas, paid]))
        self.node, self.owner, self.count, self.paid = np.concatenate(parts, axis=1)

    # ------------------------------------------------------------------- costs

    def _costs_of(self, d: int) -> Ints:
        """Return what a replica of a deployment costs in each cell."""
        if d not in self._known:
            pairs = self.builder.pairs_of(d)
            at = np.full(len(self.builder.cells), NOWHERE)
            at[self.builder.pair_cell[pairs]] = self.costs[pairs]
            self._known[d] = at
        return self._known[d]

    def _costs_in(self, cell: int) -> Ints:
        """Return what a replica of each deployment costs in one cell."""
        column = np.full(len(self.plain), NOWHERE)
        mine = self.builder.pair_cell == cell
        column[self.builder.pair_deployment[mine]] = self.costs[mine]
        return column

    # ---------------------------------------------------------------- changing

    def _move(self, entry: int, node: int, replicas: int = 1) -> None:
        """Move replicas of an entry to a node that has room once all moves are made."""
        d, before = int(self.owner[entry]), int(self.node[entry])
        self.count[entry] -= replicas
        self.node = np.append(self.node, node)
        self.owner = np.append(self.owner, d)
        self.count = np.append(self.count, replicas)
        self.paid = np.append(self.paid, self._costs_of(d)[self.cell[node]])
        self._change(d, before, -replicas)
        self._change(d, node, replicas)

    def _change(self, d: int, node: int, replicas: int) -> None:
        self.free[node] -= replicas * self.demand[d]
        self.whole[node] -= replicas * self.gpus[d]
        self._changes[d][node] += replicas

    def _settle(self, changed: Callable[[Ints], None]) -> None:
        """Take all exchanges over into the state."""
        state = self.state
        puts = {}
        for d, moved in self._changes.items():
            total = Counter(moved)
            for put in state.puts[d]:
                for n, count in zip(put.nodes.tolist(), put.replicas.tolist(), strict=True):
                    total[n] += count
            there = sorted((n, count) for n, count in total.items() if count)
            nodes, counts = np.array(there, np.int64).reshape(-1, 2).T
            puts[d] = Put(nodes, counts, None)
            changed(self.cell[list(moved)])
        for d in puts:
            state.remove(d)
        for d, put in puts.items():
            state.restore(d, [put])


class Admission(Exchange):
    """Makes room for a replica without a place.

    Some replicas of one other deployment leave a node for nodes that have room for them.
    """

    MOST = 64

    def _candidates(self) -> Sequence[int]:
        """Return the deployments that lack replicas, once for each."""
        return [d for d in np.flatnonzero(self.plain).tolist() for _ in range(self._lacks(d))]

    def _lacks(self, d: int) -> int:
        placed = self.state.placed[d]
        if placed + 1 < self.builder.deployments[d].min_replicas:
            return 0
        return max(0, min(self.builder.wanted[d] - placed, self.MOST))

    def _improve(self, one: int) -> int:
        there, cells = self._costs_of(one), self.cell[self.node]
        entries = np.flatnonzero((self.count > 0) & (there[cells] < NOWHERE))
        leaving = self._leaving(one, entries)
        enough = leaving <= self.count[entries]
        entries, leaving = entries[enough], leaving[enough]
        elsewhere = {d: self._elsewhere(d) for d in np.unique(self.owner[entries]).tolist()}
        price = np.array([elsewhere[d] for d in self.owner[entries].tolist()], np.int64)
        known = price < NOWHERE
        price = (price - self.paid[entries]) * leaving + there[self.cell[self.node[entries]]]
        for best in np.flatnonzero(known)[np.argsort(price[known], kind="stable")][:TRIES].tolist():
            if self._make_room(int(entries[best]), int(leaving[best])):
                self._change(one, int(self.node[entries[best]]), 1)
                return 1
        return 0

    def _leaving(self, d: int, entries: Ints) -> Ints:
        """Return how many replicas of each entry have to leave for one of a deployment."""
        nodes, owners = self.node[entries], self.owner[entries]
        asked = np.column_stack([self.demand, self.gpus])
        lack = asked[d] - np.column_stack([self.free, self.whole])[nodes]
        each = asked[owners]
        needed = np.where(lack > 0, -(-lack // np.maximum(each, 1)), 0)
        needed = np.where((lack > 0) & (each == 0), NOWHERE, needed)
        found: Ints = np.maximum(needed.max(axis=1), 1)
        return found

    def _elsewhere(self, d: int) -> int:
        """Return what the next replica of a deployment costs at least where there is room."""
        costs = self._costs_of(d)[self.cell]
        return int(costs[self._room(d) > 0].min(initial=NOWHERE))

    def _room(self, d: int) -> Ints:
        """Return how many more replicas of a deployment each node takes."""
        asked = np.append(self.demand[d], self.gpus[d])
        used = np.flatnonzero(asked)
        free = np.column_stack([self.free, self.whole])[:, used]
        room: Ints = np.maximum((free // asked[used]).min(axis=1), 0)
        room[self._costs_of(d)[self.cell] >= NOWHERE] = 0
        room[~self.builder.accepts[self.cell]] = 0
        return room

    def _make_room(self, entry: int, leaving: int) -> bool:
        """Move replicas of an entry to the cheapest nodes with room, if there is enough."""
        d = int(self.owner[entry])
        room = self._room(d)
        room[self.node[entry]] = 0
        nodes = np.flatnonzero(room)
        nodes = nodes[np.argsort(self._costs_of(d)[self.cell[nodes]], kind="stable")]
        moved = np.clip(leaving - (np.cumsum(room[nodes]) - room[nodes]), 0, room[nodes])
        if moved.sum() < leaving:
            return False
        for node, replicas in zip(nodes.tolist(), moved.tolist(), strict=True):
            if replicas:
                self._move(entry, node, replicas)
        return True


class Relief(Exchange):
    """Makes stranded GPUs useful.

    On a node that has GPUs left, and too little of something else to go with them, a replica
    changes places with a leaner one of as many GPUs from a node that has no GPUs left.
    """

    MOST = 2_000
    ON_ONE_NODE: ClassVar[int] = 8
    """Replicas that change places for one node."""

    def _candidates(self) -> Sequence[int]:
        """Return the nodes whose free GPUs are worth most, among those that lack something."""
        priced = self.worth[self.cell]
        nodes = np.flatnonzero((self.whole > 0) & (priced > 0))
        self.usual = {c: self._usual(c) for c in np.unique(self.cell[nodes]).tolist()}
        nodes = nodes[[bool(self._needs(n).any()) for n in nodes.tolist()]]
        self.is_hole = np.zeros(len(self.cell), bool)
        self.is_hole[nodes] = True
        self.idle = ~self.is_hole & ((self.whole == 0) | (priced <= 0))
        order = np.lexsort((nodes, -priced[nodes] * self.whole[nodes]))
        return nodes[order].tolist()  # type: ignore[no-any-return]

    def _usual(self, cell: int) -> Ints:
        """Return what goes with one GPU of a usual deployment in a cell: the median."""
        owner = self.builder.pair_deployment[self.builder.pair_cell == cell]
        owner = owner[self.gpus[owner] > 0]
        if not len(owner):
            return np.zeros(self.demand.shape[1], np.int64)
        per_gpu = self.demand[owner] // self.gpus[owner][:, None]
        found: Ints = np.median(per_gpu, axis=0).astype(np.int64)
        return found

    def _needs(self, node: int) -> Ints:
        """Return what a node lacks to give its free GPUs to usual replicas."""
        usual = self.usual[int(self.cell[node])]
        needs: Ints = np.maximum(usual * self.whole[node] - self.free[node], 0)
        return needs

    def _improve(self, one: int) -> int:
        done = 0
        while done < self.ON_ONE_NODE and self._needs(one).any():
            mine = np.flatnonzero((self.node == one) & (self.count > 0)).tolist()
            best = max((offer for e in mine if (offer := self._offer(e))), default=None)
            if best is None:
                break
            _, entry, other = best
            far = int(self.node[other])
            self._move(entry, far)
            self._move(other, one)
            done += 1
        return done

    def _offer(self, entry: int) -> tuple[float, int, int] | None:
        """Return (gain, entry, other): the best exchange of a replica of an entry, if any."""
        d, node = int(self.owner[entry]), int(self.node[entry])
        home, there = int(self.cell[node]), self._costs_of(d)
        at_home, needs = self._costs_in(home), self._needs(node)
        usual = np.maximum(self.usual[home], 1)
        alike = (self.count > 0) & self.idle[self.node] & (self.gpus[self.owner] == self.gpus[d])
        alike &= (at_home[self.owner] < NOWHERE) & (there[self.cell[self.node]] < NOWHERE)
        others = np.flatnonzero(alike)
        more = self.demand[d] - self.demand[self.owner[others]]
        least = np.minimum(usual * self.whole[node], self.free[node])
        fits = (self.free[self.node[others]] >= more).all(axis=1)
        fits &= (self.free[node] + more >= least).all(axis=1)
        relief = (np.clip(more, 0, needs) / usual).sum(axis=1)
        fits &= relief > 0
        others, relief = others[fits], relief[fits]
        if not len(others):
            return None
        price = there[self.cell[self.node[others]]] - there[home]
        price = price + at_home[self.owner[others]] - self.paid[others]
        gain = relief * self.worth[home] - price
        best = int(gain.argmax())
        return (float(gain[best]), entry, int(others[best])) if gain[best] > 0 else None


class Return(Exchange):
    """Brings large replicas back to where they are cheaper.

    What had to give way while the smaller ones were placed changes places with several of them.
    """

    MOST = 200

    def _candidates(self) -> Sequence[int]:
        """Return the entries that could be cheapest elsewhere, at what GPUs are worth."""
        if not len(self.node):
            return ()
        regret = np.zeros(len(self.node))
        cell = self.cell[self.node]
        order = np.argsort(self.owner, kind="stable")
        owners, first = np.unique(self.owner[order], return_index=True)
        for d, mine in zip(owners.tolist(), np.split(order, first[1:]), strict=True):
            priced = self._costs_of(d) + self.worth * self.gpus[d]
            regret[mine] = priced[cell[mine]] - priced.min()
        found = np.flatnonzero((regret > 0) & (self.gpus[self.owner] > 1))
        return found[np.lexsort((found, -regret[found]))].tolist()  # type: ignore[no-any-return]

    def _improve(self, one: int) -> int:
        done = 0
        while self.count[one] > 0 and self._bring_back(one):
            done += 1
        return done

    def _bring_back(self, entry: int) -> bool:
        """Exchange one replica of an entry for smaller ones of the node where that pays most."""
        d, node = int(self.owner[entry]), int(self.node[entry])
        gpus, there, here = int(self.gpus[d]), self._costs_of(d), int(self.cell[node])
        priced = there + self.worth * gpus
        better = (there < NOWHERE) & (priced < priced[here])
        at_home = self._costs_in(here)
        small = (self.count > 0) & better[self.cell[self.node]]
        small &= (self.gpus[self.owner] > 0) & (self.gpus[self.owner] < gpus)
        small &= at_home[self.owner] < NOWHERE
        small &= self.whole[self.node] < gpus
        units = self._units(np.flatnonzero(small), gpus)
        if not len(units):
            return False
        price = at_home[self.owner[units]] - self.paid[units]
        order = np.lexsort((price / self.gpus[self.owner[units]], self.node[units]))
        units, price = units[order], price[order]
        nodes, first = np.unique(self.node[units], return_index=True)
        sums = _Prefixes(first, len(units))
        freed = self.whole[self.node[units]] + sums.of(self.gpus[self.owner[units]])
        out = self.demand[self.owner[units]]
        total = np.column_stack([sums.of(out[:, r]) for r in range(out.shape[1])])
        fits = (freed >= gpus) & (freed - self.whole[self.node[units]] <= gpus + self.whole[node])
        fits &= (self.free[self.node[units]] + total >= self.demand[d]).all(axis=1)
        fits &= (self.free[node] + self.demand[d] >= total).all(axis=1)
        change = sums.of(price) + there[self.cell[self.node[units]]] - there[here]
        best = int(np.where(fits, change, 0).argmin()) if len(units) else 0
        if not fits[best] or change[best] >= 0:
            return False
        far = int(self.node[units[best]])
        start = int(first[np.searchsorted(nodes, far)])
        self._move(entry, far)
        for unit in units[start : best + 1].tolist():
            self._move(unit, node)
        return True

    def _units(self, entries: Ints, gpus: int) -> Ints:
        """Return entries as often as replicas of them could be of use."""
        times = np.minimum(self.count[entries], gpus // self.gpus[self.owner[entries]])
        return np.repeat(entries, times)


class _Prefixes:
    """Running sums that begin anew at some positions."""

    def __init__(self, first: Ints, length: int) -> None:
        self._first = np.repeat(first, np.diff(np.append(first, length)))

    def of(self, values: Ints) -> Ints:
        sums = np.cumsum(values)
        found: Ints = sums - (sums - values)[self._first]
        return found
