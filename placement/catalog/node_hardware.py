"""Flavor type, flavor, GPU count and GPU fraction of a node, which depend on one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from placement.catalog import cells
from placement.catalog.codes import Code
from placement.catalog.columns import Columns
from placement.catalog.hardware import CPU_FLAVORS, find_cpu, gpu_index, hardware_key
from placement.catalog.rows import Gpu
from placement.catalog.sheet import Fault
from placement.catalog.text import did_you_mean, quote

MOST_GPUS = 1024

Hardware = tuple[str, str, int, Fraction | None]
"""(flavor type, flavor, GPU count, GPU fraction)."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A column whose cell does not go with the others of its row."""

    column: str
    fault: Fault


@dataclass(frozen=True)
class NodeHardware:
    """Flavor type, flavor, GPU count and fraction of a node, which depend on one another."""

    columns: Columns
    gpus: Mapping[str, Gpu] | None

    def read(self) -> list[Hardware]:
        """Return (flavor type, flavor, GPU count, GPU fraction) of every row."""
        columns = self.columns
        index = gpu_index((g.name, g.aliases, g.family) for g in (self.gpus or {}).values())
        kind = cells.one_of(
            {"cpu": "cpu", "gpu": "gpu"}, Code.UNKNOWN_FLAVOR_TYPE, "flavor type", ("cpu", "gpu")
        )
        kinds = columns.read("flavor_type", kind)
        flavors = columns.read("flavor", cells.name)
        counts = columns.read("gpu_count", cells.number(unit=1, limit=MOST_GPUS))
        fractions = columns.read_if_there("gpu_fraction", cells.maybe(cells.gpu_fraction))
        seen: dict[tuple[str, str, int, Fraction | None], Hardware | Misfit] = {}
        result = []
        for row, given in enumerate(zip(kinds, flavors, counts, fractions, strict=True)):
            found = seen.get(given) or seen.setdefault(given, self._judge(index, *given))
            if isinstance(found, Misfit):
                columns.fault(row, found.column, found.fault)
            else:
                result.append(found)
        return result

    def _judge(
        self,
        index: Mapping[str, tuple[str, ...]],
        kind: str | None,
        flavor: str | None,
        count: int | None,
        fraction: Fraction | None,
    ) -> Hardware | Misfit:
        """Return the row's hardware, or the column and the fault."""
        if kind is None or flavor is None or count is None:
            return "", "", 0, None  # reported already
        wrong = _count_fault(kind, count, fraction)
        if wrong:
            return wrong
        if kind == "cpu":
            cpu = find_cpu(flavor)
            return (kind, cpu, 0, None) if cpu else Misfit("flavor", _unknown_cpu(flavor))
        if self.gpus is None:
            return kind, flavor, count, fraction
        names = index.get(hardware_key(flavor), ())
        if len(names) != 1:
            return Misfit("flavor", _unknown_gpu(flavor, names, self.gpus))
        return kind, names[0], count, fraction


def _count_fault(kind: str, count: int, fraction: Fraction | None) -> Misfit | None:
    if kind == "cpu" and count:
        advice = "write 0, or flavor_type gpu"
        return Misfit(
            "gpu_count", Fault(Code.GPU_COUNT, f"a cpu node cannot have {count} GPUs", advice)
        )
    if kind == "cpu" and fraction is not None:
        return Misfit(
            "gpu_fraction", Fault(Code.GPU_COUNT, "a cpu node cannot have a gpu_fraction")
        )
    if kind == "gpu" and not count:
        advice = "an instance with a part of a GPU has gpu_count 1 and a gpu_fraction"
        return Misfit("gpu_count", Fault(Code.GPU_COUNT, "a gpu node cannot have 0 GPUs", advice))
    if fraction is not None and count != 1:
        message = f"gpu_count is {count}, a node with a gpu_fraction has gpu_count 1"
        return Misfit("gpu_count", Fault(Code.GPU_COUNT, message))
    return None


def _unknown_gpu(text: str, meant: tuple[str, ...], gpus: Mapping[str, Gpu]) -> Fault:
    if meant:
        listed = " or ".join(quote(name) for name in meant)
        return Fault(
            Code.UNKNOWN_FLAVOR, f"{quote(text)} means {len(meant)} GPUs", f"write {listed}"
        )
    return Fault(
        Code.UNKNOWN_FLAVOR, f"unknown GPU {quote(text)}", lambda: did_you_mean(text, gpus)
    )


def _unknown_cpu(text: str) -> Fault:
    advice = "CPU flavors are " + " and ".join(quote(name) for name in sorted(CPU_FLAVORS))
    return Fault(Code.UNKNOWN_FLAVOR, f"unknown CPU flavor {quote(text)}", advice)
