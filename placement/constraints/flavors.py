"""A model runs only on the hardware types that its deployment lists, or on any if it lists none.

A `gpu` entry may name one GPU, an alias of it, or a family; a family means every member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from placement.catalog.hardware import find_cpu
from placement.constraints.base import SingleReplicaRule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable
    from placement.workspace.workspace import FlavorEntry, ModelDeployment


class Flavors(SingleReplicaRule):
    """One entry of ``flavors`` has the node group's flavor type and flavor."""

    name: ClassVar[str] = "flavors"

    def eligible(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.bool_] | None:
        """Return the mask of node groups whose hardware is listed."""
        if not deployment.flavors:
            return None
        gpus = {
            gpu
            for entry in deployment.flavors
            if entry.type == "gpu"
            for gpu in catalog.find_gpus(entry.name)
        }
        cpus = {find_cpu(entry.name) for entry in deployment.flavors if entry.type == "cpu"}
        on_gpu = table.isin("flavor_type", {"gpu"})
        return (on_gpu & table.isin("flavor", gpus)) | (
            ~on_gpu & table.isin("flavor", {name for name in cpus if name})
        )

    def refuses(
        self, deployment: ModelDeployment, group: NodeGroup, catalog: Catalog
    ) -> str | None:
        """Return which flavors the deployment accepts, if this one is not among them."""
        entries = deployment.flavors
        if not entries or any(admits(entry, group, catalog) for entry in entries):
            return None
        wanted = ", ".join(sorted(f"{entry.type} `{entry.name}`" for entry in entries))
        return f"flavor is {group.flavor_type} `{group.flavor}`, the deployment lists {wanted}"


def admits(entry: FlavorEntry, group: NodeGroup, catalog: Catalog) -> bool:
    """Whether one flavor entry means the node group's hardware."""
    if entry.type != group.flavor_type:
        return False
    if entry.type == "cpu":
        return entry.name.casefold() == group.flavor.casefold()
    return group.flavor in catalog.find_gpus(entry.name)
