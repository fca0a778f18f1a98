"""What can be minimised: one line each. The tiers come in this order, and one objective last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.objectives.base import Objective
from placement.objectives.carbon import Carbon
from placement.objectives.cost import Cost
from placement.objectives.displaced import displaced
from placement.objectives.latency import Latency
from placement.objectives.moves import moves
from placement.objectives.unplaced import unplaced

if TYPE_CHECKING:
    from placement.plan.view import PlanView

OBJECTIVES: Mapping[str, Objective] = MappingProxyType(
    {
        "carbon": Carbon(),
        "cost": Cost(),
        "latency": Latency(),
    }
)
"""What the last tier may be, by name; ``cost`` here is billed by share."""

TIERS: tuple[Callable[[PlanView], dict[str, int]], ...] = (displaced, unplaced, moves)
"""The tiers before the last one, in lexicographic order; each gives values by tier name."""
