"""A flavor policy lets a model run only on the GPU models and CPU architectures it lists.

A GPU entry admits nodes with that GPU and no others, a CPU entry nodes without GPUs of that
architecture. The name of a GPU family stands for all its members.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from placement.catalog.geography import fold
from placement.catalog.hardware import find_gpus
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
            return fold(group.flavor) == fold(self.name)
        return group.flavor in catalog.find_gpus(self.name)


class FlavorPolicy(Policy):
    """Allows the node groups that have one of ``flavors``."""

    type: Literal["flavor"] = "flavor"
    flavors: tuple[FlavorOption, ...] = Field(min_length=1)

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return the mask of rows with a wanted GPU or a wanted architecture."""
        on_gpu = table.isin("flavor_type", {"gpu"})
        gpus = {gpu for name in self._names("gpu") for gpu in find_gpus(name, table.gpus)}
        wanted = {fold(name) for name in self._names("cpu")}
        cpus = {value for value in table.texts["flavor"][0] if fold(value) in wanted}
        return (on_gpu & table.isin("flavor", gpus)) | (~on_gpu & table.isin("flavor", cpus))

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

    def _names(self, wanted: str) -> list[str]:
        return [entry.name for entry in self.flavors if entry.type == wanted]
