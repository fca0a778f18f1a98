"""How many replicas of one deployment nodes take, by what is free on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT, Reserved

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.plan.view import PlacedRow
    from placement.workspace.workspace import ModelDeployment

NOTHING = Reserved()


@dataclass(frozen=True, slots=True)
class Free:
    """What one node has left, in thousandths.

    Attributes
    ----------
    slots : tuple of int
        Of every GPU, before replicas with whole GPUs take theirs.
    taken : int
        GPUs that replicas with whole GPUs have; which ones is open.
    """

    cpus: int
    memory: int
    extra: Mapping[str, int]
    slots: tuple[int, ...]
    taken: int = 0


def free_on(group: NodeGroup, reserved: Reserved = NOTHING, rows: Iterable[PlacedRow] = ()) -> Free:
    """Return what is left on a node of a group beside a reservation and some rows."""
    cpus, memory = group.cpus - reserved.cpus, group.memory - reserved.memory
    extra, taken = dict(group.extra), 0
    held = reserved.gpu_slots or (0,) * len(group.gpu_slots)
    slots = [full - part for full, part in zip(group.gpu_slots, held, strict=True)]
    for row in rows:
        one, replicas = row.deployment, row.replicas
        cpus -= one.cpus * replicas
        memory -= one.memory * replicas
        for name, amount in one.extra.items():
            extra[name] = extra.get(name, 0) - amount * replicas
        if not one.is_share:
            taken += one.gpus // UNIT * replicas
        elif row.gpu is not None and 0 <= row.gpu < len(slots):
            slots[row.gpu] -= one.gpus * replicas
    return Free(cpus, memory, extra, tuple(slots), taken)


def fits_by(free: Free, deployment: ModelDeployment) -> dict[str, int]:
    """Return how many replicas each resource alone lets a node take.

    Resources that a replica does not ask for are left out; extra ones are named ``x_NAME``, as
    the columns of a catalog.
    """
    wanted = {"cpus": (deployment.cpus, free.cpus), "memory": (deployment.memory, free.memory)}
    extra = sorted(deployment.extra.items())
    wanted |= {f"x_{name}": (n, free.extra.get(name, 0)) for name, n in extra}
    found = {"gpus": _by_gpus(free, deployment)} if deployment.gpus else {}
    return found | {name: max(0, left // n) for name, (n, left) in wanted.items() if n}


def _by_gpus(free: Free, deployment: ModelDeployment) -> int:
    idle = max(0, free.slots.count(UNIT) - free.taken)
    if not deployment.is_share:
        return idle * UNIT // deployment.gpus
    broken = sum(max(0, slot) // deployment.gpus for slot in free.slots if slot != UNIT)
    return broken + idle * (UNIT // deployment.gpus)
