"""Node groups as columns, for everything that works on arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.rows import Gpu


@dataclass(frozen=True)
class NodeTable:
    """One row per node group, in the order of ``Catalog.node_groups``.

    Attributes
    ----------
    texts : dict of str to (values, codes)
        For each of ``name provider region zone country continent instance_type
        flavor_type flavor state``: the sorted distinct values and one int64 code per row.
        ``region`` is the key ``provider/code``; ``zone`` is ``provider/region/zone``.
    gpu_count, cpus, memory, price, count, carbon, slot : int64 arrays
        In the units of ``placement.catalog.rows``; unknown carbon is -1. ``slot`` is the
        capacity of one GPU in thousandths (1000, less on partial-GPU instances, 0 on CPU
        nodes); ``gpu_memory`` the memory of the whole GPU model in thousandths of a GiB.
    """

    texts: dict[str, tuple[tuple[str, ...], NDArray[np.int64]]]
    gpu_count: NDArray[np.int64]
    slot: NDArray[np.int64]
    gpu_memory: NDArray[np.int64]
    cpus: NDArray[np.int64]
    memory: NDArray[np.int64]
    price: NDArray[np.int64]
    count: NDArray[np.int64]
    carbon: NDArray[np.int64]
    gpus: Mapping[str, Gpu] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.count)

    def isin(self, column: str, wanted: Collection[str]) -> NDArray[np.bool_]:
        """Return the mask of rows whose text in ``column`` is one of ``wanted``."""
        import numpy as np

        values, codes = self.texts[column]
        chosen = np.fromiter((value in wanted for value in values), bool, len(values))
        return chosen[codes]
