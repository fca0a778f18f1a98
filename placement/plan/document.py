"""A plan as the JSON document that is stored, compared and signed by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from placement.catalog.rows import UNIT
from placement.plan.json_text import Rendered, compact, readable
from placement.plan.numbers import shown
from placement.plan.row_text import COLUMNS, MICRO, RowText

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.plan.prices import CapacityPrice, TierPrices
    from placement.plan.rows import (
        Change,
        Forced,
        Observed,
        PolicyDifference,
        Tier,
        TransitionRecord,
        Unplaced,
    )
    from placement.workspace.assignment import Assignment
    from placement.workspace.refusal import Conflict, Refusal

__all__ = [
    "API_VERSION",
    "COLUMNS",
    "KIND",
    "MICRO",
    "assignment_row",
    "change_document",
    "plan_digest",
    "refusal_document",
    "rows_digest",
    "running_digest",
    "running_digest_of",
    "sha256",
    "tier_document",
    "to_document",
    "to_json",
    "unplaced_document",
]

API_VERSION = "placement/v1"
KIND = "Plan"
UNSIGNED = ("digest", "stats")
"""Keys that are no part of the digest."""


def to_document(plan: Plan) -> dict[str, Any]:
    """Return the document of a plan without its digest, keys in their order."""
    assignments = [assignment_row(row) for row in plan.assignments]
    return _document(plan, assignments, [change_document(row) for row in plan.changes])


def _document(plan: Plan, assignments: object, changes: object) -> dict[str, Any]:
    optional = {
        "warnings": list(plan.warnings),
        "observed": [_observed(row) for row in plan.observed],
        "forced": [_forced(row) for row in plan.forced],
        "waves": [[change_document(row) for row in wave] for wave in plan.waves],
        "prices": [_prices(row) for row in plan.prices],
        "transition": plan.transition and _transition(plan.transition),
        "refusal": plan.refusal and refusal_document(plan.refusal),
        "policyDifference": plan.policy_difference and _difference(plan.policy_difference),
    }
    basis = plan.basis
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "status": str(plan.status),
        "certificate": str(plan.certificate),
        "tiers": [tier_document(tier) for tier in plan.tiers],
        "assignments": assignments,
        "unplaced": [unplaced_document(row) for row in plan.unplaced],
        "changes": changes,
        **{key: value for key, value in optional.items() if value},
        "basis": {
            "catalog": basis.catalog,
            "workspace": basis.workspace,
            "running": basis.running,
            "serial": basis.serial,
        },
        "reproducible": plan.reproducible,
        "stoppedBy": plan.stopped_by,
        "stats": plan.stats,
    }


def to_json(plan: Plan) -> str:
    """Return the JSON text of a plan, with its digest."""
    text, between, end = RowText(), ",\n    ", "\n  ]"
    rows = [
        Rendered(f"[\n    {between.join(lines)}{end}" if lines else "[]")
        for lines in (
            [text.assignment(row) for row in plan.assignments],
            [text.change(row) for row in plan.changes],
        )
    ]
    return readable({**_document(plan, *rows), "digest": plan.digest})


def plan_digest(plan: Plan) -> str:
    """Return ``sha256:...`` over the document of a plan without ``digest`` and ``stats``.

    The bytes are UTF-8 JSON with sorted keys and no spaces.
    """
    text = RowText(sort=True)
    assignments = ",".join([text.assignment(row) for row in plan.assignments])
    changes = ",".join([text.change(row) for row in plan.changes])
    document = _document(plan, Rendered(f"[{assignments}]"), Rendered(f"[{changes}]"))
    signed = {key: value for key, value in document.items() if key not in UNSIGNED}
    return sha256(compact(signed, sort=True))


def running_digest(rows: Iterable[Assignment]) -> str:
    """Return ``sha256:...`` over today's rows in any order, without what they cost."""
    found: dict[tuple[str, str], list[Assignment]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    text = _uncosted()
    return running_digest_of({key: _rows_digest(lot, text) for key, lot in found.items()})


def rows_digest(rows: Iterable[Assignment]) -> str:
    """Return ``sha256:...`` over the rows of one deployment, without what they cost."""
    return _rows_digest(rows, _uncosted())


def _uncosted() -> RowText:
    return RowText(sort=True, without=("costPerHour",))


def _rows_digest(rows: Iterable[Assignment], text: RowText) -> str:
    return sha256("\n".join(sorted(map(text.assignment, rows))))


def running_digest_of(digests: Mapping[tuple[str, str], str]) -> str:
    """Return the digest of all rows, given that of the rows of each deployment that has any."""
    return sha256("\n".join(sorted(digests.values())))


def sha256(text: str) -> str:
    """Return the digest of a text as UTF-8."""
    return f"sha256:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"


def assignment_row(row: Assignment) -> dict[str, Any]:
    """Return an assignment as a row of the document; ``gpu`` only for shares."""
    return {
        "model": row.model,
        "environment": row.environment,
        "version": row.version,
        "node": row.node,
        "provider": row.provider,
        "region": row.region,
        "zone": row.zone,
        "country": row.country,
        "continent": row.continent,
        "flavor": row.flavor,
        "replicas": row.replicas,
        "gpus": shown(row.gpus, UNIT),
        **({} if row.gpu is None else {"gpu": row.gpu}),
        "costPerHour": shown(row.cost, MICRO),
    }


def tier_document(tier: Tier) -> dict[str, Any]:
    """Return a tier as it stands in the document; the bound is null if none is known."""
    bound = None if tier.bound is None else shown(tier.bound, tier.scale)
    row: dict[str, Any] = {
        "name": tier.name,
        "value": shown(tier.value, tier.scale),
        "bound": bound,
    }
    extras = {
        "unit": tier.unit,
        "proof": tier.proof,
        "confirmedBy": tier.confirmed_by,
        "conditional": tier.conditional or None,
        "scope": tier.scope,
    }
    return row | {key: value for key, value in extras.items() if value is not None}


def unplaced_document(row: Unplaced) -> dict[str, Any]:
    """Return a row of what is not placed as it stands in the document."""
    return {
        "model": row.model,
        "environment": row.environment,
        "replicas": row.replicas,
        "reasons": list(row.reasons),
    }


def change_document(row: Change) -> dict[str, Any]:
    """Return a step as it stands in the document."""
    return {
        "action": str(row.action),
        "model": row.model,
        "environment": row.environment,
        "version": row.version,
        "replicas": row.replicas,
        "fromNode": row.from_node,
        "toNode": row.to_node,
    }


def _observed(row: Observed) -> dict[str, Any]:
    return {
        "policy": row.policy,
        "model": row.model,
        "environment": row.environment,
        "node": row.node,
        "replicas": row.replicas,
    }


def _forced(row: Forced) -> dict[str, Any]:
    return {
        "model": row.model,
        "environment": row.environment,
        "node": row.node,
        "replicas": row.replicas,
        "reason": row.reason,
    }


def _prices(prices: TierPrices) -> dict[str, Any]:
    return {
        "tier": prices.tier,
        "scale": prices.scale,
        "earlier": prices.earlier,
        "capacity": [_price(row) for row in prices.capacity],
    }


def _price(row: CapacityPrice) -> dict[str, Any]:
    return {
        "nodeGroup": row.node_group,
        **({} if row.nodes is None else {"nodes": [list(pair) for pair in row.nodes]}),
        "resource": row.resource,
        **({} if row.size is None else {"size": row.size}),
        "price": row.price,
    }


def _transition(record: TransitionRecord) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "arguments": record.arguments,
        "put": list(record.put),
        "delete": list(record.delete),
        "replaced": [
            {"model": model, "environment": environment} for model, environment in record.replaced
        ],
        "uncallable": [
            {"model": model, "environment": environment, "version": version}
            for model, environment, version in record.uncallable
        ],
        "costBefore": shown(record.cost_before, MICRO),
        "costAfter": shown(record.cost_after, MICRO),
    }


def refusal_document(refusal: Refusal) -> dict[str, Any]:
    """Return why nothing changes as it stands in the document."""
    return {
        "reason": str(refusal.reason),
        "message": refusal.message,
        "conflicts": [_conflict(row) for row in refusal.conflicts],
        "repairs": [repair.message for repair in refusal.repairs],
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "kind": conflict.kind,
        "members": list(conflict.members),
        "message": conflict.message,
        "proved": conflict.proved,
        **({} if conflict.minimal else {"minimal": False}),
    }


def _difference(difference: PolicyDifference) -> dict[str, Any]:
    return {"added": list(difference.added), "removed": list(difference.removed)}
