"""A node group gets nodes, or loses those with the highest numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from placement.catalog.edits import with_count
from placement.catalog.load import MOST_NODES
from placement.catalog.places import find_group
from placement.catalog.text import quote
from placement.simulation.codes import Code, senseless
from placement.simulation.edits.base import FleetEdit
from placement.workspace.fields import Name

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog

Nodes = Annotated[int, Field(strict=True, ge=1, le=MOST_NODES)]
"""A number of nodes."""


class AddNodes(FleetEdit):
    """Adds ``nodes`` nodes to ``nodeGroup``, in its state and at its price."""

    type: Literal["add"] = "add"
    node_group: Name
    nodes: Nodes

    def fleet(self, catalog: Catalog) -> Catalog:
        """Return the catalog with more nodes."""
        group = find_group(catalog, self.node_group)
        return with_count(catalog, group.name, group.count + self.nodes)

    def words(self) -> str:
        """Return ``add 3 nodes to g1``."""
        return f"add {_counted(self.nodes)} to {self.node_group}"


class RemoveNodes(FleetEdit):
    """Removes the ``nodes`` nodes with the highest numbers from ``nodeGroup``."""

    type: Literal["remove"] = "remove"
    node_group: Name
    nodes: Nodes

    def fleet(self, catalog: Catalog) -> Catalog:
        """Return the catalog with fewer nodes."""
        group = find_group(catalog, self.node_group)
        if self.nodes > group.count:
            name = quote(group.name)
            message = f"{name} has {_counted(group.count)}, {self.nodes} cannot be removed"
            raise senseless(Code.TOO_MANY_NODES, message)
        return with_count(catalog, group.name, group.count - self.nodes)

    def words(self) -> str:
        """Return ``remove 3 nodes from g1``."""
        return f"remove {_counted(self.nodes)} from {self.node_group}"


def _counted(nodes: int) -> str:
    return f"{nodes} node" + ("" if nodes == 1 else "s")
