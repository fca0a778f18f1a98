"""What is in the way of one more replica of a deployment on nodes that it may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.rows import Reserved
from placement.constraints.capacity import node_faults
from placement.constraints.peers import PeerIndex, has_other, selects
from placement.plan.view import PlacedRow, domain_of
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.plan.view import PlanView
    from placement.workspace.workspace import ModelDeployment

OPEN = "open"
STAGES = ("full", "spread", "separation", "colocation", OPEN)
"""In the order in which they are asked; ``open`` says that nothing is in the way."""
NOTHING = Reserved()

Place = tuple[Domain, str]


class Obstacles:
    """Answers for one deployment in one plan."""

    def __init__(self, view: PlanView, peers: PeerIndex, deployment: ModelDeployment) -> None:
        self._view, self._peers, self._deployment = view, peers, deployment

    def on_group(self, group: NodeGroup, touched: Set[int]) -> str:
        """Return the first obstacle on the node of a group that gets furthest.

        Only nodes that take new replicas are asked.

        Parameters
        ----------
        group : NodeGroup
        touched : set of int
            Nodes of the group with rows, reservations or a state of their own; one of the
            others speaks for all.

        Returns
        -------
        str
            One of ``STAGES``.
        """
        best = STAGES[0]
        for index in self._nodes_to_try(group, touched):
            best = max(best, self._on_node(group, index), key=STAGES.index)
            if best == OPEN:
                break
        return best

    def _on_node(self, group: NodeGroup, index: int) -> str:
        if not self._fits(group, index):
            return "full"
        if self._lies_in(self._spread_full, group, index):
            return "spread"
        if self._lies_in(self._kept_apart, group, index):
            return "separation"
        return "colocation" if self._is_alone(group, index) else OPEN

    def _fits(self, group: NodeGroup, index: int) -> bool:
        node = group.node(index)
        there = self._view.rows_on.get(node, ())
        held = self._view.catalog.reserved.get(node, NOTHING)
        gpus = range(len(group.gpu_slots)) if self._deployment.is_share else (None,)
        more = (PlacedRow(self._deployment, group, index, gpu, 1) for gpu in gpus)
        return any(next(node_faults((*there, row), held), None) is None for row in more)

    @cached_property
    def _spread_full(self) -> set[Place]:
        rows = self._view.rows_of.get(self._deployment.key, ())
        found: set[Place] = set()
        for entry in self._deployment.spread:
            counts: Counter[str] = Counter()
            for row in rows:
                counts[row.domain(entry.over)] += row.replicas
            if entry.max_per_domain is not None:
                full = entry.max_per_domain
                found |= {(entry.over, name) for name, n in counts.items() if n >= full}
        return found

    @cached_property
    def _kept_apart(self) -> set[Place]:
        mine = self._deployment
        found: set[Place] = set()
        for entry in mine.separate_from:
            held = self._peers.placed_in(entry.selector, entry.over)
            found |= {
                (entry.over, name) for name, keys in held.items() if has_other(keys, mine.key)
            }
        for key, rows in self._view.rows_of.items():
            for entry in rows[0].deployment.separate_from:
                if key != mine.key and selects(entry.selector, mine):
                    found |= {(entry.over, row.domain(entry.over)) for row in rows}
        return found

    def _lies_in(self, places: set[Place], group: NodeGroup, index: int) -> bool:
        kinds = {over for over, _ in places}
        return any((over, domain_of(group, index, over)) in places for over in kinds)

    def _is_alone(self, group: NodeGroup, index: int) -> bool:
        for entry in self._deployment.together_with:
            held = self._peers.placed_in(entry.selector, entry.over)
            near = held.get(domain_of(group, index, entry.over), frozenset())
            if not has_other(near, self._deployment.key):
                return True
        return False

    def _nodes_to_try(self, group: NodeGroup, touched: Set[int]) -> Iterator[int]:
        untouched = next((index for index in range(group.count) if index not in touched), None)
        first = () if untouched is None else (untouched,)
        for index in (*first, *sorted(touched)):
            if self._view.catalog.state_of(group, index).accepts:
                yield index
