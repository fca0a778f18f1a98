"""What of one node of a cluster becomes nodes of a catalog.

As a rule that is one node. One with MIG slices becomes several: the GPUs that are whole, and each
slice for itself, with their shares of its CPUs, memory and price.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from placement.catalog.hardware import find_cpu
from placement.catalog.importers.imported import Reason
from placement.catalog.importers.kubernetes.accelerators import (
    Accelerators,
    Devices,
    Unusable,
    is_accelerator,
)
from placement.catalog.importers.kubernetes.nodes import KubernetesNode
from placement.catalog.load import MOST_CAPACITY, MOST_CPUS
from placement.catalog.node_hardware import MOST_GPUS
from placement.catalog.rows import UNIT, Gpu, Region
from placement.catalog.text import quote

GIB = 1024**3


@dataclass(frozen=True)
class Part:
    """A node of a catalog, not yet priced; quantities in the units of ``catalog.rows``.

    Attributes
    ----------
    share : Fraction
        Of the price of the node of the cluster.
    gpu : Gpu or None
        Its GPU model; None on a CPU node.
    devices : Devices or None
        What of the node it is; a slice has ``fraction`` and counts once.
    """

    flavor: str
    gpu_count: int
    cpus: int
    memory: int
    share: Fraction
    gpu: Gpu | None = None
    devices: Devices | None = None
    extra: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def fraction(self) -> Fraction | None:
        """The part of a GPU that a slice is."""
        return self.devices.fraction if self.devices else None


@dataclass(frozen=True)
class Machine:
    """A node of a cluster that can be taken: where it is, and its parts."""

    node: KubernetesNode
    region: Region
    zone: str
    instance_type: str
    parts: tuple[Part, ...]

    @property
    def gpu_count(self) -> int:
        """Its whole GPUs; 0 if it has slices, of which nobody says how many GPUs they are of."""
        return self.parts[0].gpu_count if len(self.parts) == 1 else 0


def parts_of(node: KubernetesNode, found: Accelerators | None) -> tuple[Part, ...] | Unusable:
    """Return the parts of a node, or why there are none."""
    operating_system = node.first("kubernetes.io/os", "beta.kubernetes.io/os")
    if operating_system not in ("", "linux"):
        return Unusable(Reason.OPERATING_SYSTEM, f"its system is {quote(operating_system)}")
    arch = node.first("kubernetes.io/arch", "beta.kubernetes.io/arch")
    cpu = find_cpu(arch or "amd64")
    if cpu is None:
        return Unusable(Reason.ARCHITECTURE, f"its architecture is {quote(arch)}")
    size = _size(node)
    if isinstance(size, Unusable):
        return size
    extra = _extra(node)
    if isinstance(extra, Unusable):
        return extra
    if found is None:
        return (Part(cpu, 0, *size, Fraction(1), extra=extra),)
    return _with_gpus(found, size, extra)


def _size(node: KubernetesNode) -> tuple[int, int] | Unusable:
    cpus = node.allocatable.get("cpu", Fraction(0))
    memory = node.allocatable.get("memory", Fraction(0)) / GIB
    if cpus * UNIT < 1:
        return Unusable(Reason.NO_CAPACITY, "it has no CPUs allocatable")
    if cpus > MOST_CPUS:
        return Unusable(Reason.NO_CAPACITY, f"it has more than {MOST_CPUS} CPUs")
    if memory > MOST_CAPACITY:
        return Unusable(Reason.NO_CAPACITY, f"it has more than {MOST_CAPACITY} GiB of memory")
    return int(cpus * UNIT), int(memory * UNIT)


def _extra(node: KubernetesNode) -> Mapping[str, int] | Unusable:
    """Return further resources, which are those with a domain of their own."""
    found = {
        name: amount
        for name, amount in node.allocatable.items()
        if "/" in name and not is_accelerator(name) and amount
    }
    large = next((name for name, amount in found.items() if amount > MOST_CAPACITY), None)
    if large is not None:
        return Unusable(Reason.NO_CAPACITY, f"it has more than {MOST_CAPACITY} of {quote(large)}")
    return {name: int(amount * UNIT) for name, amount in found.items()}


def _with_gpus(
    found: Accelerators, size: tuple[int, int], extra: Mapping[str, int]
) -> tuple[Part, ...] | Unusable:
    whole = [one for one in found.devices if one.fraction is None]
    slices = [one for one in found.devices if one.fraction is not None]
    if max(one.number for one in found.devices) > MOST_GPUS:
        return Unusable(Reason.SEVERAL_GPUS, f"it has more than {MOST_GPUS} GPUs or slices")
    if len(whole) > 1:
        listed = " and ".join(quote(one.resource) for one in whole)
        return Unusable(Reason.SEVERAL_GPUS, f"it counts whole GPUs as {listed}")
    if not slices:
        one = whole[0]
        return (Part(found.gpu.name, one.number, *size, Fraction(1), found.gpu, one, extra),)
    parts = tuple(_shares(found.gpu, [*whole, *slices], size))
    if any(part.cpus == 0 for part in parts):
        return Unusable(Reason.NO_CAPACITY, "it has less than a thousandth of a CPU for a slice")
    return parts


def _shares(gpu: Gpu, devices: list[Devices], size: tuple[int, int]) -> Iterator[Part]:
    """Yield the whole GPUs together, then each slice: CPUs, memory and price by GPUs.

    Further resources cannot be shared out, and are left out.
    """
    total = sum((one.fraction or 1) * one.number for one in devices)
    for one in devices:
        count = one.number if one.fraction is None else 1
        share = Fraction((one.fraction or 1) * count) / total
        cpus, memory = (int(amount * share) for amount in size)
        part = Part(gpu.name, count, cpus, memory, share, gpu, one)
        yield from [part] * (one.number // count)
