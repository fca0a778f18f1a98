"""Node lists and pod lists of the trace, as arrays."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MILLI = 1000
"""Parts of a GPU and of a CPU in which the trace counts."""
MIB = 1024
"""MiB of a GiB."""
SLOTS = 8
"""GPUs of the largest node of the trace."""
GPU_NODES = "openb_node_list_gpu_node"
PODS = "openb_pod_list_"


class Shape(NamedTuple):
    """What one pod asks for.

    Attributes
    ----------
    cpu, memory : int
        Thousandths of a CPU, and of a GiB (rounded up).
    gpus : int
        How many GPUs; 0 for a pod without.
    milli : int
        Thousandths of each of them; less than 1000 only if ``gpus`` is 1.
    models : tuple of str
        GPU models that will do, sorted; empty if any will.
    """

    cpu: int
    memory: int
    gpus: int
    milli: int
    models: tuple[str, ...]

    @property
    def gpu_milli(self) -> int:
        """Thousandths of GPUs in all."""
        return self.gpus * self.milli


class Hardware(NamedTuple):
    """What one node has: thousandths of CPUs and GiB, GPUs and their model (empty without)."""

    cpu: int
    memory: int
    gpus: int
    model: str


@dataclass(frozen=True)
class Nodes:
    """A node list."""

    names: tuple[str, ...]
    hardware: tuple[Hardware, ...]

    @cached_property
    def models(self) -> tuple[str, ...]:
        """GPU models, sorted."""
        return tuple(sorted({h.model for h in self.hardware if h.gpus}))

    @cached_property
    def gpu_milli(self) -> int:
        """Thousandths of GPUs of all nodes."""
        return MILLI * sum(h.gpus for h in self.hardware)

    def permuted(self, order: NDArray[np.int64]) -> Nodes:
        """Return the same nodes in another order."""
        return Nodes(tuple(self.names[i] for i in order), tuple(self.hardware[i] for i in order))


@dataclass(frozen=True)
class Pods:
    """A pod list: its distinct shapes, and the shape of each pod in the order of the list."""

    shapes: tuple[Shape, ...]
    of: NDArray[np.int64]

    @cached_property
    def gpu_milli(self) -> NDArray[np.int64]:
        """Thousandths of GPUs by shape."""
        return np.array([shape.gpu_milli for shape in self.shapes], dtype=np.int64)


def read_nodes(data: Path, name: str = GPU_NODES) -> Nodes:
    """Read a node list."""
    rows = list(_rows(data / "csv" / f"{name}.csv"))
    hardware = (
        Hardware(int(r["cpu_milli"]), _gib(r) // MIB, int(r["gpu"]), r["model"] or "") for r in rows
    )
    return Nodes(tuple(r["sn"] for r in rows), tuple(hardware))


def read_pods(data: Path, workload: str) -> Pods:
    """Read the pod list of a workload such as ``default`` or ``gpuspec33``."""
    found: dict[Shape, int] = {}
    path = data / "csv" / f"{PODS}{workload}.csv"
    of = [found.setdefault(_shape(row), len(found)) for row in _rows(path)]
    return Pods(tuple(found), np.array(of, dtype=np.int64))


def _shape(row: dict[str, str]) -> Shape:
    spec = row.get("gpu_spec") or ""
    gpus = int(row["num_gpu"])
    return Shape(
        int(row["cpu_milli"]),
        -(-_gib(row) // MIB),
        gpus,
        int(row["gpu_milli"]) if gpus else 0,
        tuple(sorted({model for model in spec.split("|") if model})),
    )


def _gib(row: dict[str, str]) -> int:
    """Return memory in parts of which ``MIB`` are a thousandth of a GiB."""
    return int(row["memory_mib"]) * MILLI


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def published(data: Path, arrived: int = 130) -> dict[str, dict[str, float]]:
    """Return the published unallocated share in percent, by workload and policy."""
    path = data / "fgd_expected_results" / f"summary_unallocated_gpu_pct_at_{arrived}.csv"
    found = {}
    for row in _rows(path):
        workload = row.pop("workload").removeprefix(PODS)
        found[workload] = {name.split("-")[1]: float(value) for name, value in row.items()}
    return found
