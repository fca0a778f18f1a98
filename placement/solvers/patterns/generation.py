"""Column generation: new contents of nodes as long as the prices ask for some.

The prices of the programme jump about while columns are few. So contents are looked for at prices
between those and the ones of the best bound so far, which end the search in a fraction of the
rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placement.solvers.limits import Limits
from placement.solvers.patterns.master import Answer, Floats, Master, Prices
from placement.solvers.patterns.pricing import Priced, Pricing

ROUNDS = 400
"""Rounds after which the bound so far has to do."""
SMOOTHING = 0.5
"""Share of the prices of the best bound in those at which contents are looked for."""
ENOUGH = 5e-5
"""Relative distance of programme and bound at which no further columns are needed."""
NEGLIGIBLE = 1e-7
"""Reduced costs above minus so much are no gain."""


@dataclass
class Generation:
    """Adds columns to a master programme.

    Attributes
    ----------
    bound : int or None
        The best bound so far.
    prices, priced
        Those of the best bound, and the best contents at them.
    """

    master: Master
    pricing: Pricing
    bound: int | None = None
    prices: Prices | None = None
    priced: Sequence[Priced] = ()

    def run(self, limits: Limits, rounds: int = ROUNDS) -> None:
        """Add columns until the bound meets the programme or nothing is gained."""
        for _ in range(rounds):
            answer = None if limits.over() else self.master.solve()
            if answer is None or self._near(answer):
                return
            if not self.round(answer, limits, SMOOTHING if self.prices else 0.0):
                return

    def _near(self, answer: Answer) -> bool:
        if self.bound is None:
            return False
        value = self.master.costs.constant + answer.value
        return value - self.bound <= max(0.5, ENOUGH * abs(value))

    def round(self, answer: Answer, limits: Limits, smoothing: float) -> bool:
        """Look for columns; return whether some were added."""
        for share in dict.fromkeys((smoothing, 0.0)):
            shape, tier = self._between(answer, share)
            prices = self.master.rounded(shape, tier)
            priced = self.pricing.best(self.master.gains(prices), limits)
            self._note(prices, priced)
            if self._add(answer, priced):
                return True
        return False

    def _between(self, answer: Answer, share: float) -> tuple[Floats, Floats]:
        if self.prices is None or not share:
            return answer.shape, answer.tier
        unit = 2.0**-self.prices.scale
        shape = share * unit * self.prices.shape + (1 - share) * answer.shape
        own = np.array(self.prices.tier, float) * unit
        return shape, share * own + (1 - share) * answer.tier

    def _note(self, prices: Prices, priced: list[Priced]) -> None:
        bound = self.master.bound(prices, priced)
        if self.bound is None or bound > self.bound:
            self.bound, self.prices, self.priced = bound, prices, priced

    def _add(self, answer: Answer, priced: list[Priced]) -> bool:
        """Add the contents found, each also to the kinds of node that are no smaller."""
        added = False
        for kind, own in enumerate(priced):
            if own.content:
                added |= self.master.add(kind, own.content)
        return added
