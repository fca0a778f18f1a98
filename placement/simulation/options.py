"""What a caller may choose about a simulation, beside its scenarios."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TypedDict

from placement.options import Billing, CancelToken, SolveOptions


class Solving(TypedDict):
    """Keyword arguments that ``Planner.plan`` and ``Planner.transact`` both take."""

    objective: str
    billing: Billing
    gap: float
    seed: int
    time_limit: float | None
    cancel: CancelToken | None


@dataclass(frozen=True, slots=True)
class Options:
    """Options that every scenario of a call shares; they travel to other processes.

    Attributes
    ----------
    objective, billing, gap, seed
        As for ``Planner.plan``.
    allow_partial, evict, retry_unplaced : bool
        As for ``Planner.transact``.
    deadline : float or None
        Seconds since the epoch, at which everything ends.
    """

    objective: str = "cost"
    billing: Billing = Billing.SHARE
    gap: float = 0.0
    seed: int = 0
    allow_partial: bool = False
    evict: bool = False
    retry_unplaced: bool = False
    deadline: float | None = None

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline; below 0 after it, None if there is none."""
        return None if self.deadline is None else self.deadline - time.time()

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        left = self.remaining
        return left is not None and left <= 0

    def solving(self, cancel: CancelToken | None) -> Solving:
        """Return the options of a solve that begins now."""
        return Solving(
            objective=self.objective,
            billing=self.billing,
            gap=self.gap,
            seed=self.seed,
            time_limit=self._limit,
            cancel=cancel,
        )

    @property
    def _limit(self) -> float | None:
        left = self.remaining
        return None if left is None else max(left, LEAST)


LEAST = 0.001
"""Seconds that a solve gets at least: none at all is no limit that a planner takes."""


def deadline_of(time_limit: float | None) -> float | None:
    """Return when a call that begins now ends; a limit that means nothing is an InputError."""
    SolveOptions(time_limit=time_limit)
    return None if time_limit is None else time.time() + time_limit
