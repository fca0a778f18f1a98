"""Plays waves through, node by node, and says where something is over capacity.

A row of a wave names nodes, not GPUs. Where shares of one deployment leave or reach several GPUs of
a node in several waves, it is enough that some choice of them works.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from placement.catalog.rows import Reserved
from placement.constraints.capacity import node_faults
from placement.plan.rows import Action, Change
from placement.plan.running import node_order, same_template
from placement.plan.view import PlacedRow
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

Key = tuple[str, str]
Counts = tuple[int, ...]
"""Replicas on each GPU of a pool."""
Choice = tuple[Counts, ...]
"""What is left in each pool."""
NOTHING = Reserved()
MANY = 10_000
"""Choices of GPUs that are followed at a time on one node."""


@dataclass(frozen=True)
class Pool:
    """Replicas of one deployment that leave one node, or that come to it.

    Attributes
    ----------
    deployment : ModelDeployment
        What one of them demands.
    gpus : tuple of int or None
        Where they are, or will be.
    counts : tuple of int
        How many on each GPU.
    first, last : mapping of int to int
        By wave, how many leave at its start and at its end; those that come do so at its start.
    comes : bool
    """

    deployment: ModelDeployment
    gpus: tuple[int | None, ...]
    counts: Counts
    first: Mapping[int, int]
    last: Mapping[int, int]
    comes: bool

    def present(self, left: Counts) -> Iterator[tuple[int | None, int]]:
        """Yield (GPU, replicas) on the node when so many are left to leave, or to come."""
        for gpu, count, rest in zip(self.gpus, self.counts, left, strict=True):
            there = count - rest if self.comes else rest
            if there:
                yield gpu, there


def replay(
    catalog: Catalog, before: Workspace, after: Workspace, plan: Plan
) -> Iterator[tuple[str, str]]:
    """Yield (node, what is wrong) for each node that is over capacity during some wave.

    The waves do every step once. Only nodes on which something arrives are looked at: elsewhere
    there is less and less.
    """
    steps: dict[str, list[tuple[int, Change]]] = defaultdict(list)
    for number, wave in enumerate(plan.waves):
        for change in wave:
            for node in {change.from_node, change.to_node} - {None}:
                steps[node or ""].append((number, change))
    reached = {change.to_node for wave in plan.waves for change in wave}
    old, new = _on(before.running, reached), _on(plan.assignments, reached)
    for node in sorted(old.keys() | new.keys(), key=node_order):
        scene = _Scene(catalog, before, after, node, old[node], new[node], steps[node])
        message = scene.fault(len(plan.waves))
        if message is not None:
            yield node, message


def _on(rows: Iterable[Assignment], nodes: set[str | None]) -> Mapping[str, list[Assignment]]:
    found: dict[str, list[Assignment]] = defaultdict(list)
    for row in rows:
        if row.node in nodes:
            found[row.node].append(row)
    return found


class _Scene:
    """One node with all that happens on it."""

    def __init__(
        self,
        catalog: Catalog,
        before: Workspace,
        after: Workspace,
        node: str,
        old: Sequence[Assignment],
        new: Sequence[Assignment],
        steps: Sequence[tuple[int, Change]],
    ) -> None:
        self._place = catalog.find_node(node)
        self._reserved = catalog.reserved.get(node, NOTHING)
        self._before, self._after, self._node, self._steps = before, after, node, steps
        self._arrivals = {number for number, change in steps if change.to_node == node}
        self._stay: list[tuple[ModelDeployment, int | None, int]] = []
        self._pools: list[Pool] = []
        for key in sorted({row.key for row in (*old, *new)}):
            self._add(key, [r for r in old if r.key == key], [r for r in new if r.key == key])

    def fault(self, waves: int) -> str | None:
        """Return what is wrong in the first wave that goes wrong whatever GPUs are chosen."""
        choices = {tuple(pool.counts for pool in self._pools)}
        for wave in range(waves):
            fine, text = set(), "its steps do not add up"
            for during, left in (pair for choice in choices for pair in self._play(wave, choice)):
                message = self._message(wave, during)
                if message is None:
                    fine.add(left)
                text = message or text
            if not fine:
                return f"wave {wave + 1}: {text}"
            choices = set(islice(sorted(fine), MANY))
        return None

    def _play(self, wave: int, choice: Choice) -> Iterator[tuple[Choice, Choice]]:
        """Yield what can be left in the pools during a wave and after it."""
        starts = (_takes(left, pool.first.get(wave, 0)) for pool, left in self._each(choice))
        for during in product(*starts):
            ends = (_takes(left, pool.last.get(wave, 0)) for pool, left in self._each(during))
            for left in product(*ends):
                yield during, left

    def _each(self, choice: Choice) -> Iterator[tuple[Pool, Counts]]:
        return zip(self._pools, choice, strict=True)

    def _message(self, wave: int, during: Choice) -> str | None:
        """Return how the node is over capacity in a wave; it is not if nothing arrives."""
        if wave not in self._arrivals:
            return None
        if self._place is None:
            return "there is no such node"
        there = [
            *self._stay,
            *(
                (pool.deployment, gpu, count)
                for pool, left in self._each(during)
                for gpu, count in pool.present(left)
            ),
        ]
        rows = [PlacedRow(one, *self._place, gpu, count) for one, gpu, count in there]
        return next(node_faults(rows, self._reserved), None) if rows else None

    def _add(self, key: Key, old: Sequence[Assignment], new: Sequence[Assignment]) -> None:
        """Sort the rows of one deployment into those that stay, leave and come."""
        asked = self._after.by_key.get(key)
        ran = self._before.by_key.get(key) or asked
        kept = [row for row in old if not _is_gone(row, asked, self._after)]
        runs, plans = _gpus(kept), _gpus(new)
        recreate = asked is not None and asked.rollout is Rollout.RECREATE
        if asked is not None:
            self._stay += [(asked, gpu, count) for gpu, count in (runs & plans).items()]
            self._pool(asked, plans - runs, self._coming(key), Counter(), comes=True)
        if ran is not None:
            gone = [row for row in old if row not in kept]
            versions = {row.version for row in gone}
            removed = self._leaving(key, lambda row: row.action is Action.REMOVE)
            of_gone = self._leaving(
                key, lambda row: row.action is Action.REMOVE and row.version in versions
            )
            of_gone = _first(of_gone, sum(row.replicas for row in gone))
            moves = self._leaving(key, lambda row: row.action is Action.MOVE)
            first, last = (moves, Counter[int]()) if recreate else (Counter[int](), moves)
            self._pool(ran, _gpus(gone), of_gone, Counter())
            self._pool(ran, runs - plans, first + (removed - of_gone), last)

    def _leaving(self, key: Key, is_meant: Callable[[Change], bool]) -> Counter[int]:
        """Return by wave how many replicas of a deployment leave the node by certain rows."""
        rows = ((wave, row) for wave, row in self._steps if row.from_node == self._node)
        return _counted((wave, row) for wave, row in rows if is_meant(row) and _key(row) == key)

    def _coming(self, key: Key) -> Counter[int]:
        """Return by wave how many replicas of a deployment come to the node."""
        rows = ((wave, row) for wave, row in self._steps if row.to_node == self._node)
        return _counted((wave, row) for wave, row in rows if _key(row) == key)

    def _pool(
        self,
        deployment: ModelDeployment,
        places: Counter[int | None],
        first: Counter[int],
        last: Counter[int],
        *,
        comes: bool = False,
    ) -> None:
        if places:
            gpus = tuple(sorted(places, key=lambda gpu: -1 if gpu is None else gpu))
            counts = tuple(places[gpu] for gpu in gpus)
            self._pools.append(Pool(deployment, gpus, counts, first, last, comes))


def _is_gone(row: Assignment, asked: ModelDeployment | None, after: Workspace) -> bool:
    """Whether a row is of an earlier template, or of a deployment that is gone or disabled."""
    if asked is None or not asked.enabled or row.key in after.replaced:
        return True
    return not same_template(row, asked)


def _gpus(rows: Iterable[Assignment]) -> Counter[int | None]:
    found: Counter[int | None] = Counter()
    for row in rows:
        found[row.gpu] += row.replicas
    return found


def _key(change: Change) -> Key:
    return (change.model, change.environment)


def _counted(rows: Iterable[tuple[int, Change]]) -> Counter[int]:
    found: Counter[int] = Counter()
    for wave, change in rows:
        found[wave] += change.replicas
    return found


def _first(by_wave: Counter[int], count: int) -> Counter[int]:
    """Return the first so many of what happens wave by wave."""
    found: Counter[int] = Counter()
    for wave in sorted(by_wave):
        found[wave] = min(by_wave[wave], count)
        count -= found[wave]
    return found


def _takes(left: Counts, count: int) -> Iterator[Counts]:
    """Yield what can be left after taking so many from anywhere."""
    if not left:
        if not count:
            yield ()
        return
    head, *tail = left
    for taken in range(max(0, count - sum(tail)), min(head, count) + 1):
        for rest in _takes(tuple(tail), count - taken):
            yield (head - taken, *rest)
