"""The nodes of a fleet with what runs on them, alike ones together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.rows import NodeState
from placement.constraints.eligibility import Eligibility
from placement.plan.running import running_state
from placement.plan.view import PlacedRow, PlanView, domain_of
from placement.reach.fit import NOTHING, fits_by, free_on
from placement.workspace.fields import MAX_REPLICAS
from placement.workspace.workspace import Domain

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.workspace.workspace import ModelDeployment, Workspace

_ANY = -1
"""Index of nodes that are all alike."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Alike nodes of one group, and what each has left for a deployment.

    Attributes
    ----------
    group : NodeGroup
    index : int or None
        Of a single node; None for nodes on which nothing runs and nothing is reserved.
    nodes : int
    state : NodeState
    own : int
        Replicas of the deployment on the node.
    by : mapping of str to int
        How many more replicas each resource lets the node take; see ``fits_by``.
    """

    group: NodeGroup
    index: int | None
    nodes: int
    state: NodeState
    own: int
    by: Mapping[str, int]

    def fit(self, without: str | None = None) -> int:
        """Return how many replicas one node takes, leaving one resource aside."""
        fits = (number for name, number in self.by.items() if name != without)
        return min([MAX_REPLICAS, *fits])

    def domain(self, over: Domain) -> str:
        """Return the domain that the nodes lie in; of nodes, that of the lot."""
        return domain_of(self.group, _ANY if self.index is None else self.index, over)


def running_view(workspace: Workspace, catalog: Catalog) -> PlanView:
    """Return what runs and is wanted as it is, as if it were a plan."""
    state = running_state(workspace, catalog, eligibility=Eligibility(workspace, catalog))
    rows = []
    for key, own in state.wanted.items():
        for row in own:
            place = catalog.find_node(row.node)
            if place is not None:
                rows.append(PlacedRow(workspace.by_key[key], *place, row.gpu, row.replicas))
    return PlanView(catalog, workspace, tuple(rows), workspace.running)


class Lots:
    """The nodes of each node group, as one deployment finds them.

    Parameters
    ----------
    view : PlanView
        What runs.
    deployment : ModelDeployment
    """

    def __init__(self, view: PlanView, deployment: ModelDeployment) -> None:
        self._view, self._catalog = view, view.catalog
        self._deployment = deployment
        self._known: dict[str, tuple[Lot, ...]] = {}

    def of(self, group: NodeGroup) -> tuple[Lot, ...]:
        """Return the lots of a node group, in every state."""
        if group.name not in self._known:
            self._known[group.name] = tuple(self._make(group))
        return self._known[group.name]

    def empty_fit(self, group: NodeGroup) -> int:
        """Return how many replicas a node of a group takes if nothing runs and all is free."""
        return min([MAX_REPLICAS, *fits_by(free_on(group), self._deployment).values()])

    def _make(self, group: NodeGroup) -> Iterator[Lot]:
        single: Set[int] = self._single.get(group.name, frozenset())
        if group.count > len(single):
            by = fits_by(free_on(group), self._deployment)
            yield Lot(group, None, group.count - len(single), group.state, 0, by)
        for index in sorted(single):
            node = group.node(index)
            rows = self._view.rows_on.get(node, ())
            free = free_on(group, self._catalog.reserved.get(node, NOTHING), rows)
            mine = sum(row.replicas for row in rows if row.deployment.key == self._deployment.key)
            state = self._catalog.state_of(group, index)
            yield Lot(group, index, 1, state, mine, fits_by(free, self._deployment))

    @cached_property
    def _single(self) -> Mapping[str, set[int]]:
        """Nodes that hold something, or are in a state of their own, by node group."""
        found: dict[str, set[int]] = defaultdict(set)
        for node in (*self._view.rows_on, *self._catalog.reserved, *self._catalog.states):
            place = self._catalog.find_node(node)
            if place is not None:
                found[place[0].name].add(place[1])
        return found
