"""Node groups as columns, for everything that works on arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT, Gpu, NodeGroup

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    extra : mapping of str to int64 array
        Further additive capacities, 0 where a node group has none.
    gpus : mapping of str to Gpu
        ``Catalog.gpus``: what the GPU names, families and aliases of a policy mean here.
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
    extra: Mapping[str, NDArray[np.int64]] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.count)

    def isin(self, column: str, wanted: Collection[str]) -> NDArray[np.bool_]:
        """Return the mask of rows whose text in ``column`` is one of ``wanted``."""
        import numpy as np

        values, codes = self.texts[column]
        chosen = np.fromiter((value in wanted for value in values), bool, len(values))
        return chosen[codes]


def make_table(groups: Sequence[NodeGroup], gpus: Mapping[str, Gpu]) -> NodeTable:
    """Return node groups as columns, in the given order; the arrays are read-only."""
    regions = [group.region for group in groups]
    names = sorted({name for group in groups for name in group.extra})
    return NodeTable(
        texts={
            "name": _codes([group.name for group in groups]),
            "provider": _codes([region.provider for region in regions]),
            "region": _codes([region.key for region in regions]),
            "zone": _codes([f"{group.region.key}/{group.zone}" for group in groups]),
            "country": _codes([region.country for region in regions]),
            "continent": _codes([region.continent for region in regions]),
            "instance_type": _codes([group.instance_type for group in groups]),
            "flavor_type": _codes([group.flavor_type for group in groups]),
            "flavor": _codes([group.flavor for group in groups]),
            "state": _codes([group.state.value for group in groups]),
        },
        gpu_count=_integers([group.gpu_count for group in groups]),
        slot=_integers([_slot(group) for group in groups]),
        gpu_memory=_integers(
            [gpus[g.flavor].memory if g.flavor_type == "gpu" else 0 for g in groups]
        ),
        cpus=_integers([group.cpus for group in groups]),
        memory=_integers([group.memory for group in groups]),
        price=_integers([group.price for group in groups]),
        count=_integers([group.count for group in groups]),
        carbon=_integers([-1 if r.carbon is None else r.carbon for r in regions]),
        extra={name: _integers([group.extra.get(name, 0) for group in groups]) for name in names},
        gpus=gpus,
    )


def _slot(group: NodeGroup) -> int:
    if group.gpu_fraction is not None:
        return int(group.gpu_fraction * UNIT)
    return UNIT if group.gpu_count else 0


def _codes(texts: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    values = sorted(set(texts))
    code = {value: i for i, value in enumerate(values)}
    return tuple(values), _integers([code[text] for text in texts])


def _integers(values: Sequence[int]) -> NDArray[np.int64]:
    import numpy as np

    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array
