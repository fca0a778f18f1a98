"""A plan as a short HTML table for notebooks; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from placement.plan.document import MICRO
from placement.plan.numbers import number_text, shown

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.plan.rows import Tier

SHOWN_ROWS = 20
HEAD = ("model", "environment", "version", "node", "region", "flavor", "replicas", "USD/h")


def to_html(plan: Plan) -> str:
    """Return status and tiers on one line, and the first rows of a plan as a table."""
    body = "".join(
        _row(
            "td",
            (
                row.model,
                row.environment,
                row.version,
                row.node,
                row.region,
                row.flavor,
                str(row.replicas),
                number_text(shown(row.cost, MICRO)),
            ),
        )
        for row in plan.assignments[:SHOWN_ROWS]
    )
    more = len(plan.assignments) - SHOWN_ROWS
    rest = f"<p>and {more} more rows</p>" if more > 0 else ""
    tiers = "; ".join(_tier(tier) for tier in plan.tiers)
    return (
        f"<div><p><b>{escape(plan.status)}</b> {escape(tiers)}</p>"
        f"<table>{_row('th', HEAD)}{body}</table>{rest}</div>"
    )


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _tier(tier: Tier) -> str:
    unit = f" {tier.unit}" if tier.unit else ""
    return f"{tier.name} {number_text(shown(tier.value, tier.scale))}{unit}"
