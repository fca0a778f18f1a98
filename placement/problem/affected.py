"""What a change concerns, and the problem of it with everything else where it is.

A deployment is concerned if its own document changed, if some of its replicas cannot stay where
they are, if its node is over capacity, or if a rule ties it to one that is concerned. What the
others use is taken off the nodes, and so is what old replicas hold until the new ones are there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from placement.constraints.peers import selects
from placement.objectives.cost import Cost
from placement.problem.cells import cells_at
from placement.problem.compiler import Compiled, Mask, eligible_masks
from placement.problem.fleet import Ints
from placement.problem.ledger import Held, Key, Ledger
from placement.problem.running import Resident
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.objectives.mix import Mix
    from placement.plan.view import PlacedRow
    from placement.problem.state import State
    from placement.problem.stranding import Kinds
    from placement.workspace.assignment import Assignment
    from placement.workspace.transitions.transition import Transition
    from placement.workspace.workspace import ModelDeployment, Workspace


Parts = Mapping[Key, Collection[int]]
"""Deployments of which only the replicas on some nodes are free."""


@dataclass(frozen=True)
class Lot:
    """Running replicas of one deployment on one node (slot), and whether they may stay there."""

    row: Held
    node: int
    may_stay: bool


class Affected:
    """One change, as the problem sees it.

    Parameters
    ----------
    state : State
        Before the change, counted on the catalog that holds after it.
    transition : Transition
    objective : Mix
    bill_nodes : bool
    masks : dict
        Policy masks by meaning, reused between calls on one catalog.
    anew : bool
        Whether the catalog changed, so that any replica may have lost its place.
    retry : bool
        Whether replicas that were unplaced before are wanted again.
    rebalance : tuple of (int, int), optional
        As of ``Compiled``: everything that runs is concerned then.
    kinds : Kinds, optional
        What should find room later: it decides among nodes that are equally good.

    Attributes
    ----------
    keys : tuple of (model, environment)
        The enabled deployments that the change concerns, sorted.
    freed : list of (row, deployment)
        Rows that are gone before anything else happens.
    held : list of (row, deployment)
        Rows that stay until the replicas that replace them are placed.
    compiled : Counter
        Deployments and (deployment, cell) pairs that went into problems so far.
    """

    def __init__(
        self,
        state: State,
        transition: Transition,
        *,
        objective: Mix,
        bill_nodes: bool,
        masks: dict[str, Mask],
        anew: bool = False,
        retry: bool = False,
        rebalance: tuple[int, int] | None = None,
        kinds: Kinds | None = None,
    ) -> None:
        self.state = state
        self.fleet = state.ledger.fleet
        self.transition = transition
        self.after: Workspace = transition.after
        self.objective = objective
        self.bill_nodes = bill_nodes
        self.masks = masks
        self.anew = anew
        self.retry = retry
        self.rebalance = rebalance
        self.kinds = kinds
        self.changed = frozenset(transition.changed)
        self.freed, self.held = self._outgoing()
        self.ledger: Ledger = state.ledger.changed(off=self.freed)
        self._masks: dict[Key, Mask] = {}
        self._lots: dict[Key, tuple[Lot, ...]] = {}
        self.compiled = Counter({"deployments": 0, "pairs": 0})
        concerned = {*self.changed, *(k for k in state.stale if self._runs(k))}
        if anew or transition.edits_policies or state.is_astray:
            concerned |= self._unsettled()
        concerned |= self._crowded()
        if retry:
            concerned |= {d.key for d in self.after.deployments if self._lacks(d)}
        if rebalance is not None:
            concerned |= {key for key in state.rows_of if self._runs(key)}
        self.keys = self.closed(concerned)

    @property
    def catalog(self) -> Catalog:
        """The catalog after the change."""
        return self.fleet.catalog

    def _runs(self, key: Key) -> bool:
        deployment = self.after.by_key.get(key)
        return deployment is not None and deployment.enabled

    def _lacks(self, deployment: ModelDeployment) -> bool:
        return deployment.enabled and self.state.placed.get(deployment.key, 0) < deployment.replicas

    def _outgoing(self) -> tuple[list[Held], list[Held]]:
        """Return the rows that go at once and those that go last."""
        freed = [held for key in self.transition.removed for held in self.state.held(key)]
        held: list[Held] = []
        for key in sorted(self.changed & self.after.replaced):
            surge = self.after.by_key[key].rollout is Rollout.SURGE
            (held if surge else freed).extend(self.state.held(key))
        return freed, held

    def _unsettled(self) -> set[Key]:
        """Return the deployments that may not stay as they are under other rules or nodes."""
        found = set()
        for key, rows in self.state.rows_of.items():
            if not self._runs(key):
                continue
            skewed = any(entry.max_skew for entry in self.after.by_key[key].spread)
            if skewed or not all(self._may_stay(key, row.node) for row in rows):
                found.add(key)
        return found

    def _may_stay(self, key: Key, node: str) -> bool:
        number = self.fleet.number(node)
        if number is None or not self.fleet.holds[number]:
            return False
        return bool(self.eligible(key)[self.fleet.group_of[number]])

    def _crowded(self) -> set[Key]:
        """Return the deployments on nodes that have less than is used on them."""
        ledger = self.ledger
        over = (ledger.cpus < 0) | (ledger.memory < 0) | (ledger.whole < 0)
        for free in ledger.extra.values():
            over |= free < 0
        over[[n for n, slots in ledger.slots.items() if min(slots, default=0) < 0]] = True
        nodes = np.flatnonzero(over).tolist()
        self._crowded_nodes = frozenset(nodes)
        return {
            row.key for n in nodes for row, _ in ledger.rows_on.get(n, ()) if self._runs(row.key)
        }

    # ------------------------------------------------------------ deployments

    @cached_property
    def _ruled(self) -> Mapping[Key, frozenset[Key]]:
        """Deployments that a rule ties together, each with the others."""
        tied: defaultdict[Key, set[Key]] = defaultdict(set)
        known = self.after.deployments
        ruling = [d for d in known if (d.separate_from or d.together_with) and d.enabled]
        enabled = [d for d in known if d.enabled] if ruling else []
        for deployment in ruling:
            for entry in (*deployment.separate_from, *deployment.together_with):
                for other in enabled:
                    if other is not deployment and selects(entry.selector, other):
                        tied[deployment.key].add(other.key)
                        tied[other.key].add(deployment.key)
        return {key: frozenset(others) for key, others in tied.items()}

    def closed(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """Return some deployments and all that rules tie to them, sorted."""
        found: set[Key] = set()
        left = list(keys)
        while left:
            key = left.pop()
            if key not in found:
                found.add(key)
                left += self._ruled.get(key, ())
        return tuple(sorted(found))

    def contenders(self, *, most: int | None = None) -> tuple[Key, ...] | None:
        """Return the concerned deployments and all that could make room for them, sorted.

        Those that run where a concerned one may go, those that run where these may go, and so on.

        Parameters
        ----------
        most : int, optional
            None is returned once they have more (deployment, node) pairs than this.
        """
        found, last = set(self.keys), set(self.keys)
        usable = np.zeros(len(self.fleet), bool)
        pairs = 0
        while last:
            pairs += self.reach(last)
            if most is not None and pairs > most:
                return None
            before = usable.copy()
            for key in last:
                usable |= self.eligible(key)[self.fleet.group_of]
            last = self._running_on(np.flatnonzero(usable & ~before)) - found
            last = set(self.closed(last)) - found
            found |= last
        return tuple(sorted(found))

    def reach(self, keys: Iterable[Key]) -> int:
        """Return how many (deployment, node) pairs some deployments have."""
        sizes = self.catalog.table.count
        return sum(int(sizes[self.eligible(key)].sum()) for key in keys)

    def _running_on(self, nodes: Ints) -> set[Key]:
        """Return the deployments with replicas on some nodes that count after the change."""
        there = self.ledger.rows_on
        keys = {row.key for n in nodes.tolist() if n in there for row, _ in there[n]}
        return {key for key in keys if self._runs(key) and self.rows(key)}

    def eligible(self, key: Key) -> Mask:
        """Return the mask of node groups that a deployment may use after the change."""
        if key not in self._masks:
            deployment = self.after.by_key[key]
            (self._masks[key],) = eligible_masks(
                self.after, self.catalog, (deployment,), self.masks
            )
        return self._masks[key]

    def rows(self, key: Key) -> tuple[Assignment, ...]:
        """Return the running rows that count as replicas of a deployment after the change."""
        if key in self.after.replaced or key in self.state.stale:
            return ()
        return self.state.rows_of.get(key, ())

    def wanted(self, key: Key) -> int:
        """Return how many replicas of a deployment this change is to place.

        What runs of an earlier template is replaced, though it is not this change that made it so.
        """
        deployment = self.after.by_key[key]
        if key in self.changed or key in self.state.stale or self.retry:
            return deployment.replicas
        return min(deployment.replicas, sum(row.replicas for row in self.rows(key)))

    def lots(self, key: Key) -> tuple[Lot, ...]:
        """Return the running replicas of a deployment on nodes that exist."""
        if key not in self._lots:
            self._lots[key] = tuple(self._find_lots(key))
        return self._lots[key]

    def _find_lots(self, key: Key) -> Iterator[Lot]:
        deployment = self.after.by_key[key]
        for row in self.rows(key):
            number = self.fleet.number(row.node)
            if number is not None:
                yield Lot((row, deployment), number, self._may_stay(key, row.node))

    # ---------------------------------------------------------------- problem

    def without(self, keys: Iterable[Key], *, parts: Parts | None = None) -> Ledger:
        """Return what is left on the nodes when all free replicas of some deployments are off."""
        off = [held for key in keys for held in self._own(key, parts or {})]
        return self.ledger.changed(off=off)

    def _own(self, key: Key, parts: Parts) -> list[Held]:
        if key in self.after.replaced:
            return []
        if key not in parts:
            return self.state.held(key)
        return [lot.row for lot in self.lots(key) if lot.node in parts[key]]

    def loose_parts(self) -> Parts:
        """Return where the concerned deployments are free if no replica moves that may stay.

        Those that a rule ties, that want fewer replicas than they run, or whose staying replicas
        are too few to stay alone, are free everywhere.
        """
        crowded = self._crowded_nodes
        parts: dict[Key, frozenset[int]] = {}
        for key in self.keys:
            nodes = frozenset(
                lot.node for lot in self.lots(key) if not lot.may_stay or lot.node in crowded
            )
            if self.is_free_in_part(key, nodes):
                parts[key] = nodes
        return parts

    def is_free_in_part(self, key: Key, nodes: Collection[int]) -> bool:
        """Whether a deployment may be free on some nodes only, whatever becomes of it there."""
        stay = sum(row.replicas for row in self.pinned(key, {key: nodes}))
        alone = not stay or stay >= self.after.by_key[key].min_replicas
        return self.is_loose(key) and bool(self.rows(key)) and alone and stay <= self.wanted(key)

    def target(self, key: Key, parts: Parts) -> int:
        """Return how many replicas of a deployment the problem is to place."""
        return self.wanted(key) - sum(row.replicas for row in self.pinned(key, parts))

    def pinned(self, key: Key, parts: Parts) -> tuple[Assignment, ...]:
        """Return the rows of a deployment that stay put while a part of it is free."""
        if key not in parts:
            return ()
        return tuple(lot.row[0] for lot in self.lots(key) if lot.node not in parts[key])

    def may_move(self, node: int, parts: Parts) -> list[Held]:
        """Return the rows on a node that could make room, besides those that are free anyhow.

        Parameters
        ----------
        parts : mapping
            The concerned deployments of which only the replicas on some nodes are free.
        """
        rows = self.ledger.rows_on.get(node, ())
        return [held for held in rows if self._stays(held[0].key, node, parts)]

    def _stays(self, key: Key, node: int, parts: Parts) -> bool:
        if key in self._concerned and node in parts.get(key, (node,)):
            return False
        return self._runs(key) and bool(self.rows(key))

    def is_loose(self, key: Key) -> bool:
        """Whether single replicas of a deployment may move: no rule looks at several of them."""
        return not self.after.by_key[key].spread and key not in self._ruled

    @cached_property
    def _concerned(self) -> frozenset[Key]:
        return frozenset(self.keys)

    def values(self, key: Key) -> Ints:
        """Return per node group what one replica of a deployment adds to the last tier."""
        deployment, table = self.after.by_key[key], self.catalog.table
        total = np.zeros(len(table), np.int64)
        for term in self.objective.terms:
            total += term.factor * term.objective.compile(deployment, table, self.catalog)
        return total

    def value_of(self, rows: Iterable[PlacedRow]) -> int:
        """Return what rows of free deployments add to the last tier in the problem."""
        total = 0
        values: dict[Key, Ints] = {}
        opened: dict[int, int] = {}
        for row in rows:
            key, group = row.deployment.key, self.fleet.position[row.group.name]
            if key not in values:
                values[key] = self.values(key)
            total += int(values[key][group]) * row.replicas
            opened[int(self.fleet.offset[group]) + row.index] = group
        paid = self._in_use(self.without(values))
        prices = self._node_values
        return total + sum(int(prices[g]) for node, g in opened.items() if node not in paid)

    @cached_property
    def _node_values(self) -> Ints:
        """Return per node group what a node in use adds to the last tier by itself."""
        table = self.catalog.table
        total = np.zeros(len(table), np.int64)
        for term in self.objective.terms:
            if isinstance(term.objective, Cost):
                total += term.factor * term.objective.compile_nodes(table)
        return total

    def _leaving(self, keys: Sequence[Key]) -> Mapping[int, frozenset[int]]:
        """Return the GPUs, by node, of shares that have to leave the node."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for key in keys:
            for lot in self.lots(key):
                gpu = lot.row[0].gpu
                if gpu is not None and not lot.may_stay:
                    found[lot.node].add(gpu)
        return {node: frozenset(gpus) for node, gpus in found.items()}

    def _in_use(self, ledger: Ledger) -> frozenset[int]:
        """Return the nodes with rows that will still be there after the change."""
        if not self.bill_nodes:
            return frozenset()
        going = {row.key for row, _ in self.held}
        return frozenset(
            node
            for node, rows in ledger.rows_on.items()
            if any(row.key not in going for row, _ in rows)
        )

    def floor(self, key: Key, ledger: Ledger, parts: Parts) -> int:
        """Return what a deployment adds to the last tier at least if nothing moves.

        Parameters
        ----------
        ledger : Ledger
            What is left for it, and for others.
        """
        values, groups, wanted = self.values(key), self.fleet.group_of, self.target(key, parts)
        staying = [
            int(values[groups[lot.node]])
            for lot in self.lots(key)
            if lot.may_stay and (key not in parts or lot.node in parts[key])
            for _ in range(lot.row[0].replicas)
        ]
        total = sum(sorted(staying)[:wanted])
        left = max(wanted - len(staying), 0)
        room = ledger.room(self.after.by_key[key]) * self.fleet.accepts
        most = np.bincount(groups, weights=room, minlength=len(values)) * self.eligible(key)
        for group in np.argsort(values, kind="stable").tolist():
            taken = min(left, int(most[group]))
            total += taken * int(values[group])
            left -= taken
            if not left:
                break
        return total

    def compile(
        self, keys: Sequence[Key], landing: Ints, *, parts: Parts | None = None
    ) -> Compiled:
        """Return the problem in which some deployments are free and all others stay put.

        Parameters
        ----------
        keys : sequence of (model, environment)
            Sorted, and closed under rules.
        landing : int array
            Nodes that new replicas may come to, besides those that the deployments run on.
        parts : mapping of (model, environment) to collection of int, optional
            Deployments of ``keys``, tied by no rule, that are free on these nodes only: the
            problem sees them as deployments of so many replicas.
        """
        parts = parts or {}
        deployments = tuple(self._seen(key, parts) for key in keys)
        residents = self._residents(keys, parts)
        ledger = self.without(keys, parts=parts)
        nodes = sorted({*landing.tolist(), *residents})
        cells = cells_at(
            ledger,
            nodes,
            residents,
            in_use=self._in_use(ledger),
            leaving=self._leaving(keys),
        )
        eligible = tuple(self.eligible(key) for key in keys)
        running = [0] * len(keys)
        for rows in residents.values():
            for resident in rows:
                running[resident.deployment] += resident.replicas
        compiled = Compiled(
            catalog=self.catalog,
            objective=self.objective,
            bill_nodes=self.bill_nodes,
            deployments=deployments,
            eligible=eligible,
            cells=cells,
            movable=tuple(running),
            priorities=self.priorities,
            wanted=tuple(self.target(key, parts) for key in keys),
            strict=self._strict(keys),
            rebalance=self.rebalance,
        )
        self.compiled.update({"deployments": len(keys), "pairs": compiled.pairs})
        return compiled

    def _strict(self, keys: Sequence[Key]) -> frozenset[int]:
        """Return the deployments that come first, if others may want the same room.

        What must be placed whole, and what runs and is no part of the change.
        """
        strict = frozenset(i for i, key in enumerate(keys) if self._is_strict(key))
        others = self.changed - self.transition.strict
        return strict if self.retry or any(key in others for key in keys) else frozenset()

    def _is_strict(self, key: Key) -> bool:
        if key in self.changed:
            return key in self.transition.strict
        return not (self.retry and self._lacks(self.after.by_key[key]))

    @cached_property
    def priorities(self) -> tuple[int, ...]:
        """The priority classes after the change, high to low."""
        found = {d.priority for d in self.after.deployments if d.enabled}
        return tuple(sorted(found or {0}, reverse=True))

    def _seen(self, key: Key, parts: Parts) -> ModelDeployment:
        """Return a deployment as the problem sees it."""
        deployment = self.after.by_key[key]
        if key not in parts:
            return deployment
        free = self.target(key, parts)
        least = max(0, deployment.min_replicas - (self.wanted(key) - free))
        return deployment.model_copy(update={"replicas": free, "min_replicas": least})

    def _residents(self, keys: Sequence[Key], parts: Parts) -> dict[int, tuple[Resident, ...]]:
        found: defaultdict[int, list[Resident]] = defaultdict(list)
        for d, key in enumerate(keys):
            for lot in self.lots(key):
                if lot.may_stay and (key not in parts or lot.node in parts[key]):
                    row = lot.row[0]
                    found[lot.node].append(Resident(d, row.gpu, row.replicas))
        return {node: tuple(rows) for node, rows in found.items()}
