"""What exists: regions, GPUs, node groups and what of them is reserved.

All quantities are integers so that every sum is exact:

=============  ==========================================
quantity       unit
=============  ==========================================
GPUs           thousandths of one GPU
CPUs           thousandths of one CPU
memory         thousandths of one GiB
price          nano-USD per hour (1e-9 USD/h)
carbon         milligrams CO2eq per kWh
latency        microseconds round trip
=============  ==========================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from placement.frozen import picklable

UNIT = 1000
"""Integer steps per GPU, CPU and GiB."""

NANO = 10**9
"""Integer steps per USD."""


class NodeState(StrEnum):
    """What a node group may be used for."""

    READY = "ready"
    CORDONED = "cordoned"  # keeps what runs there, takes nothing new
    DRAINING = "draining"  # what runs there must move
    LOST = "lost"  # does not exist any more

    @property
    def accepts(self) -> bool:
        """Whether new replicas may be placed here."""
        return self is NodeState.READY

    @property
    def holds(self) -> bool:
        """Whether running replicas may stay here."""
        return self in (NodeState.READY, NodeState.CORDONED)


@dataclass(frozen=True, slots=True)
class Region:
    """A provider's region.

    Attributes
    ----------
    provider, code : str
        Together the key ``provider/code``.
    country, continent : str
        ISO 3166-1 alpha-2 code and continent code (``NA`` is North America).
    carbon : int or None
        Grid intensity in mg CO2eq per kWh; None when unknown.
    partition : str
        ``commercial``, ``government``, ``china`` or ``sovereign``.
    """

    provider: str
    code: str
    name: str
    country: str
    continent: str
    latitude: float
    longitude: float
    carbon: int | None = None
    partition: str = "commercial"

    @property
    def key(self) -> str:
        """``provider/code``, unique in a catalog."""
        return f"{self.provider}/{self.code}"


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU model; ``memory`` in thousandths of a GiB."""

    name: str
    vendor: str
    memory: int
    architecture: str
    aliases: tuple[str, ...] = ()
    family: str | None = None
    tdp_w: int | None = None


@picklable
@dataclass(frozen=True, slots=True)
class NodeGroup:
    """``count`` identical nodes, named ``{name}/{index}`` from index 0.

    Attributes
    ----------
    flavor_type : str
        ``gpu`` or ``cpu``.
    flavor : str
        GPU name, or ``x86_64`` / ``arm64``.
    gpu_count : int
        Physical GPUs (1 for a partial-GPU instance, 0 on CPU nodes).
    gpu_fraction : Fraction or None
        Part of the one GPU that a partial-GPU instance has.
    cpus, memory, price : int
        In the units of the module docstring, per node.
    extra : mapping of str to int
        Further additive capacities (columns ``x_<resource>``), in thousandths.
    """

    name: str
    region: Region
    zone: str
    instance_type: str
    flavor_type: str
    flavor: str
    gpu_count: int
    cpus: int
    memory: int
    price: int
    count: int
    gpu_fraction: Fraction | None = None
    state: NodeState = NodeState.READY
    extra: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def gpu_slots(self) -> tuple[int, ...]:
        """Capacity of each GPU of one node, in thousandths of a GPU."""
        if self.gpu_fraction is not None:
            return (int(self.gpu_fraction * UNIT),)
        return (UNIT,) * self.gpu_count

    def node(self, index: int) -> str:
        """Return the name of one node."""
        return f"{self.name}/{index}"

    def index_of(self, node: str) -> int | None:
        """Return the index in the name of one of this group's nodes, else None."""
        group, _, text = node.rpartition("/")
        if group != self.name or not text.isascii() or not text.isdigit() or len(text) > 9:
            return None
        index = int(text)
        return index if text == str(index) and index < self.count else None


@dataclass(frozen=True, slots=True)
class Reserved:
    """Capacity of one node that others use.

    ``gpu_slots[i]`` is what others hold of GPU ``i``. Reserved GPUs are taken from the
    highest index downwards: whole ones first, then a share of the next.
    """

    gpu_slots: tuple[int, ...] = ()
    cpus: int = 0
    memory: int = 0

    @classmethod
    def of(cls, group: NodeGroup, *, gpus: int = 0, cpus: int = 0, memory: int = 0) -> Reserved:
        """Return the reservation of so many thousandths on a node of a group."""
        held = []
        for size in reversed(group.gpu_slots):
            held.append(min(size, gpus))
            gpus -= held[-1]
        return cls(tuple(reversed(held)), cpus, memory)
