"""A replica runs only on the kind of node it asks for, and only where it fits an empty node.

A deployment with GPUs needs a GPU node; one without needs a CPU node, or a GPU node that its
`flavors` list. CPUs, memory, extra resources and GPUs of one replica are at most the node's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from placement.catalog.rows import UNIT
from placement.constraints.base import SingleReplicaRule, thousandths
from placement.constraints.flavors import admits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable
    from placement.workspace.workspace import ModelDeployment


class Hardware(SingleReplicaRule):
    """Kind of node, and one replica on an empty node."""

    name: ClassVar[str] = "hardware"

    def eligible(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.bool_] | None:
        """Return the mask of node groups of the right kind on which one replica fits."""
        fits = (table.cpus >= deployment.cpus) & (table.memory >= deployment.memory)
        on_gpu = table.isin("flavor_type", {"gpu"})
        if deployment.is_share:
            fits &= on_gpu & (table.slot >= deployment.gpus)
        elif deployment.gpus:
            whole = table.slot == UNIT
            fits &= on_gpu & whole & (table.gpu_count * UNIT >= deployment.gpus)
        elif not any(entry.type == "gpu" for entry in deployment.flavors):
            fits &= ~on_gpu
        for name, wanted in sorted(deployment.extra.items()):
            there = [group.extra.get(name, 0) >= wanted for group in catalog.node_groups]
            fits = fits & there
        return fits

    def refuses(
        self, deployment: ModelDeployment, group: NodeGroup, catalog: Catalog
    ) -> str | None:
        """Return the first reason why one replica cannot be on an empty node of the group."""
        return (
            _wrong_kind(deployment, group, catalog)
            or _too_few_gpus(deployment, group)
            or _too_small(deployment, group)
        )


def _wrong_kind(deployment: ModelDeployment, group: NodeGroup, catalog: Catalog) -> str | None:
    if deployment.gpus:
        return None if group.flavor_type == "gpu" else "the deployment needs a gpu node"
    if group.flavor_type == "cpu":
        return None
    gpu_entries = (entry for entry in deployment.flavors if entry.type == "gpu")
    if any(admits(entry, group, catalog) for entry in gpu_entries):
        return None
    return "the deployment uses no GPU and lists no gpu flavor, so it needs a cpu node"


def _too_few_gpus(deployment: ModelDeployment, group: NodeGroup) -> str | None:
    wanted = deployment.gpus
    if not wanted:
        return None
    if deployment.is_share:
        slot = max(group.gpu_slots, default=0)
        if wanted <= slot:
            return None
        return f"a replica needs {thousandths(wanted)} of a GPU, the node has {thousandths(slot)}"
    if group.gpu_fraction is not None:
        return f"a replica needs whole GPUs, the node has {group.gpu_fraction} of one"
    if wanted <= group.gpu_count * UNIT:
        return None
    return f"a replica needs {thousandths(wanted)} GPUs, the node has {group.gpu_count}"


def _too_small(deployment: ModelDeployment, group: NodeGroup) -> str | None:
    fits = deployment.cpus <= group.cpus and deployment.memory <= group.memory
    if fits and not deployment.extra:
        return None
    amounts = [
        ("CPUs", deployment.cpus, group.cpus),
        ("GiB of memory", deployment.memory, group.memory),
    ]
    amounts += [
        (f"`{name}`", wanted, group.extra.get(name, 0))
        for name, wanted in sorted(deployment.extra.items())
    ]
    for what, wanted, there in amounts:
        if wanted > there:
            return (
                f"a replica needs {thousandths(wanted)} {what}, the node has {thousandths(there)}"
            )
    return None
