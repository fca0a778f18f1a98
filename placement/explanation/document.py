"""An explanation as plain data: camelCase keys, amounts and values in their units."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from placement.catalog.rows import UNIT
from placement.plan.document import API_VERSION

if TYPE_CHECKING:
    from placement.explanation.candidate import Candidate, Cause
    from placement.explanation.holders import Use
    from placement.explanation.values import (
        Attached,
        Explanation,
        Histogram,
        Place,
        Reason,
        Remaining,
        Runs,
        Step,
        Unit,
    )
    from placement.plan.room import Shortage

KIND = "Explanation"
DECIMALS = 6


def explanation_document(one: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data; places only if a candidate was asked for."""
    unit, asked = one.unit, one.candidate
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "model": one.model,
        "environment": one.environment,
        "version": one.version,
        "enabled": one.enabled,
        "replicas": one.replicas,
        "placed": one.placed,
        "policies": [_attached(item) for item in one.attached],
        "steps": [_step(step) for step in one.steps],
        "fleet": _histogram(one.histogram),
        "running": [_runs(runs) for runs in one.runs],
        "objective": unit.objective,
        "unit": unit.name,
        "cheapest": None if one.cheapest is None else place_row(one.cheapest, unit),
    }
    if asked is not None:
        document["candidate"] = _candidate(asked, unit)
        document["places"] = [_place(place, unit) for place in one.places]
    return document


def place_row(place: Place, unit: Unit) -> dict[str, Any]:
    """Return a judged node group as one flat row; ``first`` is the first thing against it."""
    return {
        "nodeGroup": place.node_group,
        "provider": place.provider,
        "region": place.region,
        "zone": place.zone,
        "country": place.country,
        "flavor": place.flavor,
        "node": place.node,
        "verdict": place.verdict.value,
        "first": place.reasons[0].label if place.reasons else None,
        "value": _number(unit.shown(place.value)) if place.fits else None,
    }


COLUMNS = (
    *("nodeGroup", "provider", "region", "zone", "country", "flavor"),
    *("node", "verdict", "first", "value"),
)
"""The keys of a flat row, in order."""


def _place(place: Place, unit: Unit) -> dict[str, Any]:
    reasons = [_reason(reason) for reason in place.reasons]
    return place_row(place, unit) | {
        "reasons": reasons,
        "needs": [_reason(reason) for reason in place.needs],
    }


def _attached(item: Attached) -> dict[str, Any]:
    return {
        "policy": item.policy,
        "type": item.type,
        "level": item.level.value,
        "attachedTo": item.to,
        "allows": item.allows,
        "nodeGroups": item.node_groups,
        "binds": item.binds,
        "leftOut": None if item.left_out is None else item.left_out.value,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.kind.value,
        "type": step.type,
        "level": None if step.level is None else step.level.value,
        "policies": list(step.policies),
        "allows": step.allows,
        "alone": step.alone,
        "left": _remaining(step.left),
    }


def _remaining(left: Remaining) -> dict[str, Any]:
    return {
        "nodeGroups": left.node_groups,
        "nodes": left.nodes,
        "gpus": _amount(left.gpus),
        "countries": left.countries,
    }


def _histogram(counts: Histogram) -> dict[str, Any]:
    return {
        "nodeGroups": counts.total,
        "free": counts.free,
        "refused": [
            {"by": share.label, "policies": list(share.policies), "nodeGroups": share.node_groups}
            for share in counts.refused
        ],
        "text": counts.text,
    }


def _runs(runs: Runs) -> dict[str, Any]:
    return {
        "nodeGroup": runs.node_group,
        "region": runs.region,
        "country": runs.country,
        "flavor": runs.flavor,
        "replicas": runs.replicas,
    }


def _candidate(asked: Candidate, unit: Unit) -> dict[str, Any]:
    best, running = asked.best, asked.above_running
    cheapest = asked.above_cheapest
    return {
        "region": asked.region,
        "country": asked.country,
        "flavors": list(asked.flavors),
        "node": asked.node,
        "verdict": asked.verdict.value,
        "nodeGroups": asked.node_groups,
        "feasible": asked.feasible,
        "causes": [_cause(cause) for cause in asked.causes],
        "needs": [_reason(reason) for reason in asked.needs],
        "best": None if best is None else place_row(best, unit),
        "aboveCheapest": None if cheapest is None else _number(unit.shown(cheapest)),
        "aboveRunning": None if running is None else _number(unit.shown(running)),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return _reason(cause.reason) | {
        "varies": cause.varies,
        "nodeGroups": cause.node_groups,
        "first": cause.first,
        "users": [_use(use) for use in cause.users],
        "reserved": _amount(cause.reserved),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule.value,
        "type": reason.type,
        "level": None if reason.level is None else reason.level.value,
        "policies": list(reason.policies),
        "message": reason.message,
        "short": [_shortage(shortage) for shortage in reason.shortages],
    }


def _shortage(shortage: Shortage) -> dict[str, Any]:
    return {
        "resource": shortage.resource,
        "wanted": _amount(shortage.wanted),
        "left": _amount(shortage.left),
        "short": _amount(shortage.short),
    }


def _use(use: Use) -> dict[str, Any]:
    return {
        "model": use.model,
        "environment": use.environment,
        "replicas": use.replicas,
        "amount": _amount(use.amount),
    }


def _amount(thousandths: int) -> int | float:
    """Return thousandths as a number, whole if it is."""
    whole, rest = divmod(thousandths, UNIT)
    return thousandths / UNIT if rest else whole


def _number(value: Fraction) -> float:
    return float(round(value, DECIMALS))
