"""What a caller may choose about a solve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from placement.errors import FindingCode


class Code(FindingCode):
    """``PL6xx``: a choice that means nothing."""

    OBJECTIVE = (
        "PL601",
        "an objective is not known, or its weights cannot be read",
        "unknown objective `costs`; did you mean `cost`?",
    )
    BILLING = ("PL602", "a way of billing is not known", "unknown billing `nodes`")


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


class CancelToken(Protocol):
    """Anything with ``is_set()``, for instance a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether the solve should end now."""
        ...


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
    on_progress : callable or None
    cancel : CancelToken or None
    """

    objective: str = "cost"
    billing: Billing = Billing.SHARE
    gap: float = 0.0
    time_limit: float | None = None
    seed: int = 0
    workers: int | None = None
    on_progress: Callable[[Progress], None] | None = None
    cancel: CancelToken | None = None
