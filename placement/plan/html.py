"""A plan as a short HTML table for notebooks; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from placement.plan.document import MICRO
from placement.plan.numbers import number_text, shown

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.plan.rows import Assignment, Tier, Unplaced

SHOWN_ROWS = 20
HEAD = ("model", "environment", "version", "replicas", "node", "region", "flavor", "USD/h")
NUMBERS = ("replicas", "USD/h")
TIERS = ("tier", "value", "bound", "unit")
LEFT, RIGHT = "text-align:left", "text-align:right"


def to_html(plan: Plan) -> str:
    """Return what a plan is worth, what lacks a node, and the first rows."""
    cost = sum(row.cost for row in plan.assignments)
    replicas = sum(row.replicas for row in plan.assignments)
    head = f"{plan.status} (certificate: {plan.certificate})"
    said = [f"{replicas:,} replicas, {_usd(cost)} USD/h", *map(_missing, plan.unplaced)]
    if plan.refusal is not None:
        said = [f"refused ({plan.refusal.reason}): {plan.refusal.message}"]
    return (
        f"<div><p><b>{escape(head)}</b><br>{'<br>'.join(map(escape, _first(said)))}</p>"
        + _table(TIERS, map(_tier, plan.tiers), right=("value", "bound"))
        + _table(HEAD, map(_row, plan.assignments[:SHOWN_ROWS]), right=NUMBERS)
        + _more(len(plan.assignments) - SHOWN_ROWS)
        + "</div>"
    )


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN_ROWS
    return [*lines[:SHOWN_ROWS], *([f"and {more:,} more"] if more > 0 else [])]


def _missing(row: Unplaced) -> str:
    why = "; ".join(row.reasons)
    return f"{row.replicas:,} of {row.model} in {row.environment} not placed: {why}"


def _row(row: Assignment) -> tuple[str, ...]:
    return (
        row.model,
        row.environment,
        row.version,
        f"{row.replicas:,}",
        row.node,
        f"{row.provider}/{row.region}",
        row.flavor,
        _usd(row.cost),
    )


def _tier(tier: Tier) -> tuple[str, ...]:
    bound = "unknown" if tier.bound is None else number_text(shown(tier.bound, tier.scale))
    return (tier.name, number_text(shown(tier.value, tier.scale)), bound, tier.unit or "")


def _usd(micro: int) -> str:
    return number_text(shown(micro, MICRO))


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]], *, right: tuple[str, ...]) -> str:
    styles = [RIGHT if name in right else LEFT for name in head]
    lines = [_line("td", row, styles) for row in rows]
    return f"<table>{_line('th', head, styles)}{''.join(lines)}</table>" if lines else ""


def _line(tag: str, cells: Iterable[str], styles: list[str]) -> str:
    texts = (
        f'<{tag} style="{style}">{escape(cell)}</{tag}>'
        for cell, style in zip(cells, styles, strict=True)
    )
    return f"<tr>{''.join(texts)}</tr>"


def _more(rows: int) -> str:
    return f"<p>and {rows:,} more rows</p>" if rows > 0 else ""
