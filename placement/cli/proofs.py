"""How each bound of a plan is proved, and what came of proving it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from placement.cli import output
from placement.cli.table import Column, render
from placement.plan.numbers import shown

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.verifier import Report

_COLUMNS = (
    Column("TIER"),
    Column("VALUE", right=True),
    Column("BOUND", right=True),
    Column("PROOF"),
    Column("CHECKED AGAIN"),
)


def proof_rows(plan: Plan, report: Report) -> list[dict[str, Any]]:
    """Return one row per tier; ``proved`` is what the prices prove, None without prices."""
    return list(_rows(plan, report))


def _rows(plan: Plan, report: Report) -> Iterator[dict[str, Any]]:
    scales = {tier.name: tier.scale for tier in report.tiers}
    proofs = {proof.tier: proof for proof in report.proofs}
    for tier in plan.tiers:
        proof = proofs.get(tier.name)
        proved = None if proof is None else proof.bound
        yield {
            "tier": tier.name,
            "value": output.number(shown(tier.value, tier.scale)),
            "bound": None if tier.bound is None else output.number(shown(tier.bound, tier.scale)),
            "proof": tier.proof,
            **({"confirmedBy": tier.confirmed_by} if tier.confirmed_by else {}),
            "proved": None
            if proved is None
            else output.number(shown(proved, scales.get(tier.name, tier.scale))),
            "seconds": None if proof is None else round(proof.seconds, 6),
        }


def proof_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as people read them."""
    return render(_COLUMNS, [_cells(row) for row in rows]) if rows else ""


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    bound = "unknown" if row["bound"] is None else f"{row['bound']:,}"
    return (row["tier"], f"{row['value']:,}", bound, _proof(row), _again(row))


def _proof(row: Mapping[str, Any]) -> str:
    if row["bound"] is None:
        return ""
    if "confirmedBy" in row:
        return f"{row['proof']}, confirmed by {row['confirmedBy']}"
    return row["proof"] or ("not said" if row["bound"] else "needs none")


def _again(row: Mapping[str, Any]) -> str:
    if row["seconds"] is None:
        return "no" if row["bound"] else "-"
    if row["proved"] is None:
        return "the prices are not valid"
    return f"its prices prove {row['proved']:,}"
