"""The constraints there are: one line each, sorted by name."""

from __future__ import annotations

from placement.constraints.base import Constraint
from placement.constraints.capacity import Capacity
from placement.constraints.colocation import Colocation
from placement.constraints.demand import Demand
from placement.constraints.enabled import Enabled
from placement.constraints.flavors import Flavors
from placement.constraints.gpu_memory import GpuMemory
from placement.constraints.gpu_share import GpuShare
from placement.constraints.hardware import Hardware
from placement.constraints.separation import Separation
from placement.constraints.spread import Spread
from placement.constraints.state import State

CONSTRAINTS: tuple[Constraint, ...] = (
    Capacity(),
    Colocation(),
    Demand(),
    Enabled(),
    Flavors(),
    GpuMemory(),
    GpuShare(),
    Hardware(),
    Separation(),
    Spread(),
    State(),
)
"""Every constraint, sorted by name."""
