"""What runs today and may stay: the state that a place is judged beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.constraints.eligibility import Eligibility
from placement.constraints.peers import PeerIndex
from placement.plan.room import Rooms
from placement.plan.running import running_state
from placement.plan.view import PlacedRow, PlanView

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.policies.base import Policy
    from placement.workspace.workspace import Workspace


class Standing:
    """A workspace on a catalog with the replicas that run and may stay.

    Replicas that have to leave anyway (their node is lost, their template changed, their deployment
    is gone) hold nothing. What is derived is kept, so that further questions are quick.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self.workspace, self.catalog = workspace, catalog
        self._allowed: dict[str, frozenset[str]] = {}

    @cached_property
    def eligibility(self) -> Eligibility:
        """Who may use which node group."""
        return Eligibility(self.workspace, self.catalog)

    @cached_property
    def view(self) -> PlanView:
        """The rows that stay, as a plan."""
        # What runs was sorted when it was looked through, in the order of rows.
        rows = tuple(self._staying())
        return PlanView(self.catalog, self.workspace, rows, self.workspace.running)

    @cached_property
    def peers(self) -> PeerIndex:
        """Which deployments are where, by selector."""
        return PeerIndex(self.view)

    @cached_property
    def rooms(self) -> Rooms:
        """What nodes have left."""
        return Rooms(self.view)

    @cached_property
    def rows_in(self) -> Mapping[str, tuple[PlacedRow, ...]]:
        """The rows by node group; those without rows are absent."""
        found: dict[str, list[PlacedRow]] = defaultdict(list)
        for row in self.view.rows:
            found[row.group.name].append(row)
        return MappingProxyType({name: tuple(rows) for name, rows in found.items()})

    @cached_property
    def every(self) -> frozenset[str]:
        """The names of all node groups."""
        return frozenset(self.catalog.groups_by_name)

    def allowed(self, policy: Policy) -> frozenset[str]:
        """Return the names of the node groups that a policy allows by itself."""
        if policy.meaning not in self._allowed:
            groups = self.catalog.node_groups
            self._allowed[policy.meaning] = frozenset(
                group.name for group in groups if policy.check(group, self.catalog)
            )
        return self._allowed[policy.meaning]

    def _staying(self) -> Iterator[PlacedRow]:
        state = running_state(self.workspace, self.catalog, eligibility=self.eligibility)
        for key, rows in state.wanted.items():
            deployment = self.workspace.by_key[key]
            for row in rows:
                found = self.catalog.find_node(row.node)
                if found is not None and state.old_on(key, row.node):
                    yield PlacedRow(deployment, *found, row.gpu, row.replicas)
