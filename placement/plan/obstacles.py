"""What is in the way of one more replica of a deployment on nodes that it may use."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from placement.constraints.peers import PeerIndex, has_other
from placement.plan.view import domain_of
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.plan.room import Rooms
    from placement.plan.view import PlanView
    from placement.workspace.workspace import ModelDeployment

OPEN = "open"
STAGES = ("full", "spread", "separation", "colocation", OPEN)
"""In the order in which they are asked; ``open`` says that nothing is in the way."""

Place = tuple[Domain, str]


class Obstacles:
    """Answers for one deployment in one plan."""

    def __init__(
        self, view: PlanView, peers: PeerIndex, rooms: Rooms, deployment: ModelDeployment
    ) -> None:
        self._view, self._peers, self._rooms = view, peers, rooms
        self._deployment = deployment

    def on_group(self, group: NodeGroup) -> str:
        """Return the first obstacle, one of ``STAGES``, on the node that gets furthest.

        Only nodes that take new replicas are asked.
        """
        best = STAGES[0]
        for index in self._rooms.fitting(self._deployment, group):
            best = max(best, self._on_node(group, index), key=STAGES.index)
            if best == OPEN:
                break
        return best

    def _on_node(self, group: NodeGroup, index: int) -> str:
        if self._lies_in(self._spread_full, group, index):
            return "spread"
        if self._lies_in(self._kept_apart, group, index):
            return "separation"
        return "colocation" if self._is_alone(group, index) else OPEN

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
        for key, entry in self._peers.keeping_off(mine):
            rows = self._view.rows_of[key]
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
