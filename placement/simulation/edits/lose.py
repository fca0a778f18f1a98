"""A node, or every node of a place, is lost: what runs there has to find another one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from placement.catalog.edits import with_state
from placement.catalog.places import Scope, find_place
from placement.catalog.rows import NodeState
from placement.simulation.edits.base import FleetEdit, World
from placement.workspace.fields import Name

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog


class Over(StrEnum):
    """What can be lost, from small to large, as files and options write it."""

    NODE = "node"
    NODE_GROUP = "node-group"
    ZONE = "zone"
    REGION = "region"
    COUNTRY = "country"
    PROVIDER = "provider"

    @property
    def scope(self) -> Scope:
        """The same for catalogs."""
        return Scope(self.value.replace("-", " "))


class Lose(FleetEdit):
    """Loses ``name``; ``scope`` says what it is the name of, where it could be several things."""

    type: Literal["lose"] = "lose"
    scope: Over | None = None
    name: Name

    def fleet(self, catalog: Catalog) -> Catalog:
        """Return the catalog in which the nodes are lost."""
        return with_state(catalog, self.name, NodeState.LOST, scope=self._scope)

    def words(self) -> str:
        """Return ``lose region aws/us-east-1``."""
        return " ".join(filter(None, ("lose", self.scope, self.name)))

    def spares(self, world: World) -> bool:
        """Whether nothing runs there."""
        place = find_place(world.catalog, self.name, scope=self._scope)
        running = {row.node for row in world.workspace.running}
        if place.scope is Scope.NODE:
            return place.name not in running
        return not any(node.rpartition("/")[0] in place.node_groups for node in running)

    @property
    def _scope(self) -> Scope | None:
        return None if self.scope is None else self.scope.scope
