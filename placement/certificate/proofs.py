"""What each price list of a plan proves, and how long it took to see."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.certificate.bounds import Bounds
    from placement.objectives.mix import Mix
    from placement.plan.prices import TierPrices
    from placement.plan.view import PlanView


@dataclass(frozen=True, slots=True)
class Proof:
    """What the prices of one tier prove.

    Attributes
    ----------
    tier : str
    bound : int or None
        In the steps in which the tier is counted; None if the prices have faults.
    faults : tuple of str
        Why the prices prove nothing.
    seconds : float
        How long it took.
    """

    tier: str
    bound: int | None
    faults: tuple[str, ...] = ()
    seconds: float = 0.0


def recheck(
    view: PlanView, prices: Sequence[TierPrices], objective: Mix, values: Mapping[str, int]
) -> tuple[Proof, ...]:
    """Return what each of some price lists proves.

    Parameters
    ----------
    view : PlanView
        Of the catalog and the workspace that the plan answers, with what runs today.
    prices : sequence of TierPrices
    objective : Mix
        The last tier, with the billing that counts.
    values : mapping of str to int
        The value of each tier of the plan, in its steps.
    """
    if not prices:
        return ()
    from placement.certificate.bounds import Bounds

    bounds = Bounds(view, objective)
    return tuple(_proof(bounds, row, values) for row in prices)


def _proof(bounds: Bounds, prices: TierPrices, values: Mapping[str, int]) -> Proof:
    started = time.perf_counter()
    faults = tuple(bounds.faults(prices))
    bound = None if faults else bounds.bound(prices, values)
    return Proof(prices.tier, bound, faults, time.perf_counter() - started)
