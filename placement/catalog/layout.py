"""The files of a catalog and their columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a file must and may have; every file may have ``source`` (not read)."""

    file: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    prefix: str | None = None

    def knows(self, column: str) -> bool:
        """Whether the column belongs in the file."""
        if self.prefix and column.startswith(self.prefix) and column != self.prefix:
            return True
        return column in self.required or column in self.optional or column == "source"


REGIONS = Layout(
    "regions.csv",
    ("provider", "region", "name", "country", "latitude", "longitude", "carbon_g_per_kwh"),
    ("partition",),
)
GPUS = Layout(
    "gpus.csv",
    ("gpu", "vendor", "memory_gib", "architecture", "aliases"),
    ("kind", "tdp_w", "family"),
)
NODES = Layout(
    "nodes.csv",
    (
        *("node_group", "provider", "region", "zone", "instance_type", "flavor_type", "flavor"),
        *("gpu_count", "cpus", "memory_gib", "price_per_hour", "count"),
    ),
    ("gpu_fraction", "state"),
    prefix="x_",
)
RESERVED = Layout("reserved.csv", ("node", "gpus", "cpus", "memory_gib"))
STATES = Layout("states.csv", ("node", "state"))
LATENCY = Layout(
    "latency.csv", ("from_provider", "from_region", "to_provider", "to_region", "rtt_ms")
)
