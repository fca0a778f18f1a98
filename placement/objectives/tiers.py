"""The tiers of a plan by names: displaced, unplaced, moves, and the chosen objective last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.objectives.registry import TIERS
from placement.plan.rows import Tier

if TYPE_CHECKING:
    from placement.objectives.mix import Mix
    from placement.plan.view import PlanView


def tiers_of(view: PlanView, objective: Mix) -> tuple[Tier, ...]:
    """Return every tier of a plan with its exact value and no bound, in lexicographic order."""
    first = [
        Tier(name, value, None, scale=UNIT)
        for values in TIERS
        for name, value in values(view).items()
    ]
    scale = objective.scale * objective.denominator(view)
    last = Tier(objective.name, objective.check(view), None, objective.unit, scale)
    return (*first, last)
