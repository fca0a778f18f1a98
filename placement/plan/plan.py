"""A plan: the answer, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.plan.rows import (
    Assignment,
    Basis,
    Certificate,
    Change,
    Forced,
    Observed,
    Status,
    Tier,
    Unplaced,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plan:
    """The answer to one snapshot.

    Attributes
    ----------
    assignments : tuple of Assignment
        Sorted by (model, environment, node group, node index, gpu).
    tiers : tuple of Tier
        In lexicographic order.
    stopped_by : str or None
        ``time-limit``, ``signal``, ``cancel``, ``budget`` or ``gap`` if the solve was cut.
    reproducible : bool
        False when a wall limit, a signal or a cancel cut the solve.
    stats : mapping
        Seconds, versions, options; no part of the digest. ``stats["options"]`` has
        ``objective`` and ``billing``.
    """

    status: Status
    certificate: Certificate
    tiers: tuple[Tier, ...]
    assignments: tuple[Assignment, ...]
    unplaced: tuple[Unplaced, ...]
    changes: tuple[Change, ...]
    basis: Basis
    reproducible: bool = True
    stopped_by: str | None = None
    warnings: tuple[str, ...] = ()
    observed: tuple[Observed, ...] = ()
    forced: tuple[Forced, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def digest(self) -> str:
        """``sha256:`` over the document without ``digest`` and ``stats``."""
        raise NotImplementedError

    def to_json(self) -> str:
        """Return the JSON document."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan back; raises InputError on a malformed document."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return the assignments as a DataFrame, one row per assignment."""
        raise NotImplementedError
