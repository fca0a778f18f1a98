"""Amounts of resources as people write them: ``1 GPU``, ``0.5 GPUs``, ``16 GiB of memory``."""

from __future__ import annotations

from placement.catalog.rows import UNIT
from placement.constraints.base import thousandths
from placement.plan.prices import CPUS, EXTRA, GPUS, MEMORY

WORDS = {GPUS: ("GPU", "GPUs"), CPUS: ("CPU", "CPUs"), MEMORY: ("GiB of memory",) * 2}


def amount(resource: str, value: int) -> str:
    """Return thousandths of a resource, one of ``placement.plan.prices``, in words."""
    name = f"`{resource.removeprefix(EXTRA)}`"
    one, many = WORDS.get(resource, (name, name))
    return f"{thousandths(value)} {one if value == UNIT else many}"
