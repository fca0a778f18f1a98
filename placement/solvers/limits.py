"""What ends a solve early: a wall limit, a caller who wants an end, a gap that is good enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from placement.solvers.cpsat import Effort


@dataclass(frozen=True)
class Limits:
    """What ends a solve early.

    Attributes
    ----------
    deadline : float or None
        On the clock of ``time.monotonic``.
    slack : int
        Distance of the last tier's value and bound that is good enough, in its steps.
    seed : int
    stopped : callable
        True when the caller wants an end.
    """

    deadline: float | None = None
    slack: int = 0
    seed: int = 0
    stopped: Callable[[], bool] = lambda: False

    def over(self) -> bool:
        """Whether the solve should end now."""
        late = self.deadline is not None and time.monotonic() >= self.deadline
        return late or self.stopped()

    def seconds_left(self) -> float | None:
        """Return the seconds until the deadline, None without one."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def effort(self, work: float, *, slack: int = 0) -> Effort:
        """Return the effort of one solve within these limits."""
        return Effort(work, deadline=self.deadline, seed=self.seed, slack=slack, stopped=self.over)
