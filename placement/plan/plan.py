"""A plan: the answer, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from placement.catalog.rows import UNIT
from placement.frozen import picklable
from placement.plan.document import COLUMNS, MICRO, plan_digest, to_json
from placement.plan.html import to_html
from placement.plan.prices import TierPrices
from placement.plan.rows import (
    Assignment,
    Basis,
    Certificate,
    Change,
    Forced,
    Observed,
    PolicyDifference,
    Status,
    Tier,
    TransitionRecord,
    Unplaced,
)

if TYPE_CHECKING:
    import pandas as pd

    from placement.workspace.refusal import Refusal

NUMBERS = {"replicas": "int64", "gpus": "float64", "gpu": "Int64", "costPerHour": "float64"}
"""Columns of a frame that are no text, and their types."""


@picklable
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
    waves : tuple of tuple of Change
        The changes in an order that never exceeds capacity; empty if nothing moves or goes.
    prices : tuple of TierPrices
        What proves the bounds of the tiers whose ``proof`` is ``dual``.
    transition : TransitionRecord or None
        What else changes with the plan, if it answers a change rather than a whole workspace.
    refusal : Refusal or None
        Why nothing changes.
    policy_difference : PolicyDifference or None
        Of a release.
    reproducible : bool
        False when a wall limit, a signal or a cancel cut the solve.
    stats : mapping
        Seconds, versions, options; no part of the digest. ``stats["options"]`` has
        ``objective`` and ``billing``.
    stated_digest : str or None
        What a document that was read back says its digest is; None for a plan of ours.
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
    waves: tuple[tuple[Change, ...], ...] = ()
    prices: tuple[TierPrices, ...] = ()
    transition: TransitionRecord | None = None
    refusal: Refusal | None = None
    policy_difference: PolicyDifference | None = None
    stats: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    stated_digest: str | None = field(default=None, compare=False)

    @cached_property
    def digest(self) -> str:
        """``sha256:`` over the document without ``digest`` and ``stats``, computed anew."""
        return plan_digest(self)

    def to_json(self) -> str:
        """Return the JSON document."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str, *, file: str = "<json>") -> Plan:
        """Read a plan back; raises InputError on a malformed document.

        The digest that the document states is kept in ``stated_digest`` and not compared:
        judging a plan is the verifier's work.
        """
        from placement.plan.reading import read_plan

        return read_plan(text, file=file)

    def to_frame(self) -> pd.DataFrame:
        """Return the assignments as a DataFrame, one row per assignment.

        Columns are named as in the document; ``gpu`` is missing where no share names one.
        """
        import pandas as pd

        rows = self.assignments
        texts = [key for key in COLUMNS if key not in NUMBERS]
        columns: dict[str, list[Any]] = {key: [getattr(row, key) for row in rows] for key in texts}
        columns["replicas"] = [row.replicas for row in rows]
        columns["gpus"] = [row.gpus / UNIT for row in rows]
        columns["gpu"] = [row.gpu for row in rows]
        columns["costPerHour"] = [row.cost / MICRO for row in rows]
        frame = pd.DataFrame({key: columns[key] for key in COLUMNS})
        return frame.astype({**dict.fromkeys(texts, "str"), **NUMBERS})

    def _repr_html_(self) -> str:
        """Return a short table for notebooks."""
        return to_html(self)
