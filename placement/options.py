"""What a caller may choose about a solve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from placement.errors import Diagnostic, FindingCode, InputError


class Code(FindingCode):
    """``PL6xx``: a choice that means nothing."""

    OBJECTIVE = (
        "PL601",
        "an objective is not known, or its weights cannot be read",
        "unknown objective `costs`; did you mean `cost`?",
    )
    BILLING = ("PL602", "a way of billing is not known", "unknown billing `nodes`")
    NUMBER = (
        "PL603",
        "a number is outside its range",
        "`gap` must be a finite number of at least 0, found -1",
    )
    TOO_FINE = (
        "PL604",
        "the weights of a mix make its values too large to be compared exactly",
        "the values of `mix:carbon=0.000000001,cost=1` may reach 2^53 steps, "
        "where they are not exact",
    )


class Billing(StrEnum):
    """``share``: a replica pays its share of the node; ``node``: a node in use is paid whole."""

    SHARE = "share"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of progress: the tier at work, its incumbent and bound, seconds so far."""

    tier: str
    value: float | None
    bound: float | None
    seconds: float


class Course:
    """What one solve reported, as its plan keeps it: what was new of each tier, in its order."""

    MOST = 100
    """Longer courses are thinned evenly; first and last report stay."""

    def __init__(self) -> None:
        self._reports: list[Progress] = []
        self._newest: dict[str, tuple[float | None, float | None]] = {}

    def note(self, progress: Progress) -> None:
        """Keep a report, unless it says of its tier what the one before said."""
        known = (progress.value, progress.bound)
        if self._newest.get(progress.tier) != known:
            self._newest[progress.tier] = known
            self._reports.append(progress)

    def told(self) -> list[dict[str, float | str | None]]:
        """Return the reports as documents have them: tier, value, bound, seconds."""
        found, most = self._reports, self.MOST
        if len(found) > most:
            found = [found[at * (len(found) - 1) // (most - 1)] for at in range(most)]
        return [
            {
                "tier": one.tier,
                "value": one.value,
                "bound": one.bound,
                "seconds": round(one.seconds, 3),
            }
            for one in found
        ]


class CancelToken(Protocol):
    """Anything with ``is_set()``, for instance a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether the solve should end now."""
        ...


@dataclass(frozen=True, slots=True)
class Rebalance:
    """Leave to move replicas that could stay, where that pays.

    Attributes
    ----------
    min_saving : Decimal
        The least that one moved GPU must save, in units of the objective (USD per hour).
    max_moves : Decimal
        The most GPUs that may move.

    Raises
    ------
    InputError
        If a number is below 0 or not finite.
    """

    min_saving: Decimal
    max_moves: Decimal

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        given = {"min_saving": self.min_saving, "max_moves": self.max_moves}
        found = [
            Diagnostic(
                "<python>",
                1,
                1,
                Code.NUMBER,
                f"`{name}` must be a finite number of at least 0, found {value}",
            )
            for name, value in given.items()
            if not value.is_finite() or value < 0
        ]
        if found:
            raise InputError(found)


@dataclass(frozen=True, slots=True)
class Leave:
    """What a caller allows a change to do.

    Attributes
    ----------
    partial : bool
        Fewer replicas than wanted of what must be placed whole, but ``minReplicas`` and one.
    evict : bool
        Running replicas that have no allowed place any more become unplaced.
    retry_unplaced : bool
        Replicas that were unplaced before are wanted again.
    rebalance : Rebalance or None
        Whether replicas may move to save, and how many.
    """

    partial: bool = False
    evict: bool = False
    retry_unplaced: bool = False
    rebalance: Rebalance | None = None


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """Options of one solve.

    Parameters
    ----------
    objective : str
        ``cost``, ``carbon``, ``latency`` or a mix such as ``mix:cost=1,carbon=0.05``.
    billing : Billing
    gap : float
        Relative gap of the last tier at which the solve may end; 0 asks for a proof.
    time_limit : float or None
        Wall limit in seconds; None leaves only the work budget.
    seed : int
    workers : int or None
        How many independent components are solved at once.
    confirm : bool
        Whether a second solver is asked about bounds that only a search proved.
    on_progress : callable or None
    cancel : CancelToken or None

    Raises
    ------
    InputError
        If a number is outside its range: a gap or limit below 0 would silently mean something.
    """

    objective: str = "cost"
    billing: Billing = Billing.SHARE
    gap: float = 0.0
    time_limit: float | None = None
    seed: int = 0
    workers: int | None = None
    confirm: bool = False
    on_progress: Callable[[Progress], None] | None = None
    cancel: CancelToken | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        found = [Diagnostic("<python>", 1, 1, Code.NUMBER, text) for text in self._faults()]
        if found:
            raise InputError(found)

    def _faults(self) -> Iterator[str]:
        if not _is_finite(self.gap) or self.gap < 0:
            yield f"`gap` must be a finite number of at least 0, found {self.gap}"
        limit = self.time_limit
        if limit is not None and (not _is_finite(limit) or limit <= 0):
            yield f"`time_limit` must be a finite number above 0, found {limit}"
        if not _is_whole(self.seed, low=0):
            yield f"`seed` must be a whole number from 0 to {_LARGEST}, found {self.seed}"
        if self.workers is not None and not _is_whole(self.workers, low=1):
            yield f"`workers` must be a whole number from 1 to {_LARGEST}, found {self.workers}"


_LARGEST = 2**31 - 1


def _is_finite(number: object) -> bool:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    return math.isfinite(number)


def _is_whole(number: object, *, low: int) -> bool:
    if isinstance(number, bool) or not isinstance(number, int):
        return False
    return low <= number <= _LARGEST
