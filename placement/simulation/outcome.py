"""What becomes of today in a scenario: the difference, deployment by deployment and in all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from placement.plan.rows import Certificate, Change, Status, Tier, Unplaced

if TYPE_CHECKING:
    from placement.workspace.refusal import Refusal


class Verdict(StrEnum):
    """What a scenario does to what runs today."""

    UNCHANGED = "unchanged"  # nothing moves, nothing costs anything else
    SURVIVES = "survives"  # whatever runs keeps a place inside its policies
    LOSES = "loses"  # some replicas that run have no place any more
    REFUSED = "refused"  # a change that would not be made
    UNKNOWN = "unknown"  # not computed, or no answer within the limit


class Fate(StrEnum):
    """What becomes of one deployment."""

    UNTOUCHED = "untouched"
    MOVED = "moved"  # as many replicas as before, some of them on other nodes
    GROWN = "grown"
    SHRUNK = "shrunk"  # fewer are asked for
    REPLACED = "replaced"  # another version, or another template
    NEW = "new"
    REDUCED = "reduced"  # some replicas have no place any more
    LOST = "lost"  # none has


GONE = frozenset({Fate.REDUCED, Fate.LOST})
"""Fates of what does not survive."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What everything that runs comes to.

    Attributes
    ----------
    cost : int
        Micro-USD per hour.
    carbon : int
        Milligrams of CO2 equivalent per hour.
    latency : Fraction or None
        Mean milliseconds; None if nothing that runs names where its users are.
    """

    cost: int
    carbon: int
    latency: Fraction | None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What becomes of one deployment.

    Attributes
    ----------
    today, after : int
        Replicas that run.
    moved : int
        Replicas on another node than today.
    forced : int
        Of today's replicas those that cannot stay: their node is gone or not allowed.
    """

    model: str
    environment: str
    fate: Fate
    today: int
    after: int
    moved: int = 0
    forced: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """(model, environment)."""
        return (self.model, self.environment)


@dataclass(frozen=True)
class Outcome:
    """What one scenario does to today.

    Attributes
    ----------
    scenario : str
    edits : tuple of str
        What is imagined, in words.
    verdict : Verdict
    status, certificate
        Of the plan after the change: what is proved about it.
    today, after : Amounts
        ``after`` equals ``today`` if the change is refused or not known.
    deployments : tuple of Deployment
        All that run or are asked for, sorted.
    changes : tuple of Change
        What is placed, moved and removed, and where.
    unplaced : tuple of Unplaced
        Replicas without a place beyond those that have none today, with reasons.
    tiers : tuple of Tier
        Of the whole state after the change, each with its bound; empty if there is no plan.
    refusal : Refusal or None
    stopped_by : str or None
        ``time-limit``, ``cancel``, ``budget`` or ``gap`` if the solve was cut.
    warnings : tuple of str
    seconds : float
        What it took; no part of the digest.
    """

    scenario: str
    edits: tuple[str, ...]
    verdict: Verdict
    status: Status
    certificate: Certificate
    today: Amounts
    after: Amounts
    deployments: tuple[Deployment, ...] = ()
    changes: tuple[Change, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    tiers: tuple[Tier, ...] = ()
    refusal: Refusal | None = None
    stopped_by: str | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    @cached_property
    def fates(self) -> Counter[Fate]:
        """How many deployments meet each fate."""
        return Counter(row.fate for row in self.deployments)

    @property
    def touched(self) -> tuple[Deployment, ...]:
        """The deployments that something happens to."""
        return tuple(row for row in self.deployments if row.fate is not Fate.UNTOUCHED)

    @property
    def surviving(self) -> int:
        """Deployments that run today and lose no replica that is still asked for."""
        return self.running - sum(self.fates[fate] for fate in GONE)

    @property
    def running(self) -> int:
        """Deployments that run today."""
        return sum(row.today > 0 for row in self.deployments)

    @property
    def moved(self) -> int:
        """Replicas on another node than today."""
        return sum(row.moved for row in self.deployments)

    @property
    def forced(self) -> int:
        """Replicas that cannot stay where they are."""
        return sum(row.forced for row in self.deployments)

    @property
    def lost(self) -> int:
        """Replicas that run today, are still asked for, and have no place any more."""
        return sum(row.today - row.after for row in self.deployments if row.fate in GONE)

    @cached_property
    def digest(self) -> str:
        """``sha256:`` over the document without the seconds."""
        from placement.simulation.document import digest

        return digest(self)

    def to_document(self) -> dict[str, Any]:
        """Return the document: plain values, decimals exact."""
        from placement.simulation.document import to_document

        return to_document(self)

    def to_json(self) -> str:
        """Return the document as JSON."""
        from placement.plan.json_text import readable

        return readable(self.to_document())
