"""A flavor policy lets a model run only on the GPU models and CPU architectures it lists.

A GPU entry admits nodes with that GPU and no others, a CPU entry nodes without GPUs of that
architecture. The name of a GPU family stands for all its members.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.catalog.hardware import find_cpu, gpu_index, hardware_key
from placement.policies.base import Document, NameKind, NameReference, Policy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable


class FlavorOption(Document):
    """One allowed kind of hardware, ``{type: gpu, name: T4}``."""

    type: Literal["cpu", "gpu"]
    name: str

    @property
    def kind(self) -> NameKind:
        """What the name refers to."""
        return NameKind(self.type)

    def holds(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether a node group has this hardware; unknown hardware is on no node."""
        if group.flavor_type != self.type:
            return False
        if self.type == "cpu":
            return group.flavor == find_cpu(self.name)
        return group.flavor in catalog.find_gpus(self.name)


class FlavorPolicy(Policy):
    """Allows the node groups that have one of ``flavors``."""

    type: Literal["flavor"] = "flavor"
    flavors: tuple[FlavorOption, ...] = Field(min_length=1)

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of rows with a wanted GPU or a wanted architecture."""
        import numpy as np

        on_gpu = table.isin("flavor_type", {"gpu"})
        gpus = table.isin("flavor", self._gpus(table))
        return np.where(on_gpu, gpus, table.isin("flavor", self._cpus()))

    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Whether one entry holds the node group."""
        return any(entry.holds(group, catalog) for entry in self.flavors)

    def options(self) -> str:
        """Return the allowed hardware in the order written."""
        return ", ".join(dict.fromkeys(entry.name for entry in self.flavors))

    def references(self) -> Iterator[NameReference]:
        """Yield each entry's name."""
        for index, entry in enumerate(self.flavors):
            yield NameReference(entry.kind, entry.name, ("flavors", index, "name"))

    def _gpus(self, table: NodeTable) -> set[str]:
        known = gpu_index((gpu.name, gpu.aliases, gpu.family) for gpu in table.gpus.values())
        return {gpu for name in self._names("gpu") for gpu in known.get(hardware_key(name), ())}

    def _cpus(self) -> set[str]:
        found = {find_cpu(name) for name in self._names("cpu")}
        return {cpu for cpu in found if cpu is not None}

    def _names(self, wanted: str) -> list[str]:
        return [entry.name for entry in self.flavors if entry.type == wanted]
