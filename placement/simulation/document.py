"""Outcomes as documents."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from placement.plan.document import (
    MICRO,
    change_document,
    refusal_document,
    sha256,
    tier_document,
    unplaced_document,
)
from placement.plan.json_text import compact
from placement.plan.numbers import shown
from placement.simulation.outcome import Fate

if TYPE_CHECKING:
    from placement.simulation.outcome import Amounts, Deployment, Outcome

UNSIGNED = ("digest", "seconds")
"""Keys that are no part of the digest."""
MILLI = 1_000


def to_document(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome with its digest, keys in their order."""
    return _document(outcome) | {"digest": outcome.digest}


def digest(outcome: Outcome) -> str:
    """Return ``sha256:`` over what does not depend on where and how fast it was computed."""
    signed = {key: value for key, value in _document(outcome).items() if key not in UNSIGNED}
    return sha256(compact(signed, sort=True))


def _document(outcome: Outcome) -> dict[str, Any]:
    optional = {
        "warnings": list(outcome.warnings),
        "refusal": outcome.refusal and refusal_document(outcome.refusal),
    }
    return {
        "scenario": outcome.scenario,
        "edits": list(outcome.edits),
        "verdict": str(outcome.verdict),
        "status": str(outcome.status),
        "certificate": str(outcome.certificate),
        **amounts_document(outcome.today, outcome.after),
        "running": outcome.running,
        "surviving": outcome.surviving,
        "replicas": {"moved": outcome.moved, "forced": outcome.forced, "lost": outcome.lost},
        "fates": {str(fate): outcome.fates[fate] for fate in Fate},
        "deployments": [_deployment(row) for row in outcome.touched],
        "changes": [change_document(row) for row in outcome.changes],
        "unplaced": [unplaced_document(row) for row in outcome.unplaced],
        "tiers": [tier_document(tier) for tier in outcome.tiers],
        **{key: value for key, value in optional.items() if value},
        "stoppedBy": outcome.stopped_by,
        "seconds": round(outcome.seconds, 3),
    }


def amounts_document(today: Amounts, after: Amounts) -> dict[str, Any]:
    """Return what everything comes to on both sides, and the difference."""
    found = {
        "cost": _pair(Fraction(today.cost, MICRO), Fraction(after.cost, MICRO), "USD/h"),
        "carbon": _pair(Fraction(today.carbon, MILLI), Fraction(after.carbon, MILLI), "gCO2eq/h"),
    }
    if today.latency is not None and after.latency is not None:
        found["latency"] = _pair(today.latency, after.latency, "ms")
    return found


def _pair(today: Fraction, after: Fraction, unit: str) -> dict[str, Any]:
    difference = after - today
    return {
        "today": shown(today.numerator, today.denominator),
        "after": shown(after.numerator, after.denominator),
        "difference": shown(difference.numerator, difference.denominator),
        "unit": unit,
    }


def _deployment(row: Deployment) -> dict[str, Any]:
    return {
        "model": row.model,
        "environment": row.environment,
        "fate": str(row.fate),
        "today": row.today,
        "after": row.after,
        "moved": row.moved,
        "forced": row.forced,
    }
