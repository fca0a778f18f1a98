"""What each price list of a plan proves, and how long it took to see."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    return Recheck()(view, prices, objective, values)


class Recheck:
    """Answers as ``recheck`` does, and works nothing out twice.

    What a price list proves follows from catalog, workspace, what runs, objective, prices and
    values alone. So whoever states a bound and whoever judges it may ask the same one.
    """

    def __init__(self) -> None:
        self._snapshot: tuple[Any, ...] | None = None
        self._bounds: Bounds | None = None
        self._known: list[tuple[TierPrices, Mapping[str, int], Proof]] = []

    def __call__(
        self,
        view: PlanView,
        prices: Sequence[TierPrices],
        objective: Mix,
        values: Mapping[str, int],
    ) -> tuple[Proof, ...]:
        """Return what each of some price lists proves."""
        if not prices:
            return ()
        bounds = self._bounds_of(view, objective)
        return tuple(self._proof(bounds, row, values) for row in prices)

    def _bounds_of(self, view: PlanView, objective: Mix) -> Bounds:
        from placement.certificate.bounds import Bounds

        snapshot = (view.catalog, view.workspace, view.running, objective)
        if self._bounds is None or not _are_same(snapshot, self._snapshot):
            self._snapshot, self._bounds, self._known = snapshot, Bounds(view, objective), []
        return self._bounds

    def _proof(self, bounds: Bounds, prices: TierPrices, values: Mapping[str, int]) -> Proof:
        for asked, at, proof in self._known:
            if (asked, at) == (prices, values):
                return proof
        proof = _proof(bounds, prices, values)
        self._known.append((prices, dict(values), proof))
        return proof


def _are_same(snapshot: tuple[Any, ...], other: tuple[Any, ...] | None) -> bool:
    """Whether two snapshots are of the same values; objectives are small and compared."""
    if other is None:
        return False
    *values, objective = snapshot
    *others, other_objective = other
    same = all(one is another for one, another in zip(values, others, strict=True))
    return same and objective == other_objective


def _proof(bounds: Bounds, prices: TierPrices, values: Mapping[str, int]) -> Proof:
    started = time.perf_counter()
    faults = tuple(bounds.faults(prices))
    bound = None if faults else bounds.bound(prices, values)
    return Proof(prices.tier, bound, faults, time.perf_counter() - started)
