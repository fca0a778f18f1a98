"""Every GPU that a model uses, or its share of one, has at least the memory it asks for.

A share of a GPU has that share of its memory. A deployment without GPUs is not concerned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from placement.catalog.rows import UNIT
from placement.constraints.base import SingleReplicaRule, thousandths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable
    from placement.workspace.workspace import ModelDeployment


class GpuMemory(SingleReplicaRule):
    """``gpuMemoryGiB`` is at most the GPU's memory times min(1, GPUs of a replica)."""

    name: ClassVar[str] = "gpu_memory"

    def eligible(
        self, deployment: ModelDeployment, table: NodeTable, catalog: Catalog
    ) -> NDArray[np.bool_] | None:
        """Return the mask of node groups whose GPU has the memory asked for."""
        if not deployment.gpus or not deployment.gpu_memory:
            return None
        part = min(UNIT, deployment.gpus)
        return table.gpu_memory * part >= deployment.gpu_memory * UNIT

    def refuses(
        self, deployment: ModelDeployment, group: NodeGroup, catalog: Catalog
    ) -> str | None:
        """Return wanted and available memory per GPU, if the latter is less."""
        if not deployment.gpus or not deployment.gpu_memory:
            return None
        gpu = catalog.gpus.get(group.flavor)
        memory = 0 if gpu is None else gpu.memory
        part = min(UNIT, deployment.gpus)
        if deployment.gpu_memory * UNIT <= memory * part:
            return None
        share = f"{thousandths(part)} of a " if part < UNIT else ""
        return (
            f"a replica needs {thousandths(deployment.gpu_memory)} GiB per GPU, "
            f"{share}`{group.flavor}` has {thousandths(memory * part // UNIT)}"
        )
