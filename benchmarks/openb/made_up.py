"""A tiny trace in the format of the real one, for tests and for a first look."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from benchmarks.openb.trace import GPU_NODES, PODS

if TYPE_CHECKING:
    from pathlib import Path

NODES = (
    ("A", 64_000, 262_144, 8, 3),
    ("A", 32_000, 131_072, 4, 4),
    ("B", 96_000, 262_144, 2, 5),
    ("C", 48_000, 131_072, 2, 1),
)
"""GPU model, CPUs, memory, GPUs, and how many such nodes."""
PODS_OF = (
    (4_000, 8_192, 0, 0, "", 4),
    (3_000, 4_096, 1, 810, "", 5),
    (8_000, 16_384, 1, 470, "", 6),
    (4_000, 8_192, 1, 160, "B", 3),
    (9_000, 32_768, 1, 1000, "", 8),
    (6_000, 32_768, 1, 1000, "A|C", 4),
    (20_000, 65_536, 2, 1000, "", 3),
    (40_000, 131_072, 8, 1000, "A", 1),
)
"""CPUs, memory, GPUs, thousandths of each, models, and how often the shape is drawn."""


def write(folder: Path, *, workload: str = "default", pods: int = 60, seed: int = 1) -> Path:
    """Write a node list and a pod list, and return the folder."""
    lists = folder / "csv"
    lists.mkdir(parents=True, exist_ok=True)
    hardware = [(cpu, memory, gpus, kind) for kind, cpu, memory, gpus, n in NODES for _ in range(n)]
    nodes = [",".join(map(str, (f"node-{i:02}", *h))) for i, h in enumerate(hardware)]
    _file(lists / f"{GPU_NODES}.csv", "sn,cpu_milli,memory_mib,gpu,model", nodes)
    drawn = Random(seed).choices(PODS_OF, weights=[shape[-1] for shape in PODS_OF], k=pods)
    rows = [",".join(map(str, (f"pod-{i:02}", *shape[:-1]))) for i, shape in enumerate(drawn)]
    header = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec"
    _file(lists / f"{PODS}{workload}.csv", header, rows)
    return folder


def _file(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows, ""]))
