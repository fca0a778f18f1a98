"""Outcomes as documents, and as people read them: one in full, or many in a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from placement.cli import output
from placement.cli.documents import exact_text, plain
from placement.cli.output import Format
from placement.cli.plan_table import tier_rows_table
from placement.cli.table import Column, render
from placement.cli.wording import refusal_lines
from placement.plan.document import API_VERSION, MICRO
from placement.simulation.document import MILLI
from placement.simulation.outcome import GONE, Deployment, Outcome, Verdict

SHOWN = 30
"""Deployments of one scenario that are shown to people; the documents have all."""

COLUMNS = (
    "scenario",
    "verdict",
    "status",
    "certificate",
    "running",
    "surviving",
    "moved",
    "forced",
    "lost",
    "costToday",
    "costAfter",
    "carbonToday",
    "carbonAfter",
    "latencyToday",
    "latencyAfter",
    "stoppedBy",
    "seconds",
)
_AMOUNTS = (
    Column(""),
    Column("TODAY", right=True),
    Column("AFTER", right=True),
    Column("DIFFERENCE", right=True),
    Column("UNIT"),
)
_DEPLOYMENTS = (
    Column("MODEL"),
    Column("ENVIRONMENT"),
    Column("FATE"),
    Column("TODAY", right=True),
    Column("AFTER", right=True),
    Column("MOVED", right=True),
    Column("FORCED", right=True),
)
_SCENARIOS = (
    Column("SCENARIO"),
    Column("VERDICT"),
    Column("SURVIVE", right=True),
    Column("MOVED", right=True),
    Column("LOST", right=True),
    Column("USD/H", right=True),
    Column("GCO2EQ/H", right=True),
    Column("PROVED"),
)
_LATENCY = Column("MS", right=True)


def rendered(outcomes: Sequence[Outcome], form: Format, *, is_single: bool) -> str:
    """Return outcomes in a form."""
    match form:
        case Format.TABLE if is_single:
            return "".join(_page(outcome) for outcome in outcomes)
        case Format.TABLE:
            return _overview(outcomes)
        case Format.CSV:
            return output.as_csv(COLUMNS, map(_flat, outcomes))
        case Format.JSON | Format.YAML:
            document = {
                "apiVersion": API_VERSION,
                "kind": "Simulation",
                "outcomes": [outcome.to_document() for outcome in outcomes],
            }
            return exact_text(document, form)


# ---------------------------------------------------------------- one scenario


def _page(outcome: Outcome) -> str:
    parts = [
        _head(outcome),
        "" if outcome.refusal else render(_AMOUNTS, list(_amounts(outcome))),
        _touched(outcome),
        _unplaced(outcome),
        tier_rows_table(outcome.tiers) if outcome.tiers else "",
        "".join(f"warning: {warning}\n" for warning in outcome.warnings),
    ]
    return "\n".join(part for part in parts if part)


def _head(outcome: Outcome) -> str:
    stopped = f", stopped by {outcome.stopped_by}" if outcome.stopped_by else ""
    proof = f"{outcome.status} (certificate: {outcome.certificate}{stopped})"
    lines = [f"What if: {'; '.join(outcome.edits)}", f"{_sentence(outcome)}; {proof}"]
    if outcome.refusal is not None:
        lines += refusal_lines(outcome.refusal)
    return "".join(f"{line}\n" for line in lines)


def _sentence(outcome: Outcome) -> str:
    """Say the verdict with its numbers."""
    match outcome.verdict:
        case Verdict.UNCHANGED:
            return "Nothing changes"
        case Verdict.REFUSED:
            return "The change would be refused, and nothing changes"
        case Verdict.UNKNOWN:
            return "Not known"
        case Verdict.SURVIVES | Verdict.LOSES:
            lost = f", {outcome.lost} lose their place" if outcome.lost else ""
            return (
                f"{outcome.surviving} of {outcome.running} deployments survive inside their "
                f"policies; {outcome.forced} replicas cannot stay, {outcome.moved} move{lost}"
            )


def _amounts(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    today, after = outcome.today, outcome.after
    yield _amount("cost", today.cost / MICRO, after.cost / MICRO, "USD/h")
    yield _amount("carbon", today.carbon / MILLI, after.carbon / MILLI, "gCO2eq/h")
    if today.latency is not None and after.latency is not None:
        yield _amount("latency", float(today.latency), float(after.latency), "ms")


def _amount(name: str, today: float, after: float, unit: str) -> tuple[str, ...]:
    return (name, f"{today:,.4f}", f"{after:,.4f}", f"{after - today:+,.4f}", unit)


def _touched(outcome: Outcome) -> str:
    rows = sorted(outcome.touched, key=_by_harm)
    if not rows:
        return ""
    table = render(_DEPLOYMENTS, [_deployment(row) for row in rows[:SHOWN]])
    more = len(rows) - SHOWN
    return table + (f"and {more} more; -o json has all\n" if more > 0 else "")


def _by_harm(row: Deployment) -> tuple[bool, str, str]:
    return (row.fate not in GONE, row.model, row.environment)


def _deployment(row: Deployment) -> tuple[str, ...]:
    numbers = (row.today, row.after, row.moved, row.forced)
    return (row.model, row.environment, str(row.fate), *map(str, numbers))


def _unplaced(outcome: Outcome) -> str:
    if not outcome.unplaced:
        return ""
    lines = (
        f"  {row.model} in {row.environment}: {row.replicas} missing; {'; '.join(row.reasons)}\n"
        for row in outcome.unplaced
    )
    return "Not placed, beyond what is not placed today\n" + "".join(lines)


# -------------------------------------------------------------- many scenarios


def _overview(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each scenario that does something, and how many do nothing."""
    told = [outcome for outcome in outcomes if outcome.verdict is not Verdict.UNCHANGED]
    parts = [_lines(told)]
    parts.append("".join(_losses(told)))
    parts.append("".join(_summary(outcomes)))
    return "\n".join(part for part in parts if part)


def _lines(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each; latency only where a deployment says where its users are."""
    if not outcomes:
        return ""
    has_latency = any(outcome.today.latency is not None for outcome in outcomes)
    columns = (*_SCENARIOS, _LATENCY) if has_latency else _SCENARIOS
    return render(columns, [_line(outcome)[: len(columns)] for outcome in outcomes])


def _line(outcome: Outcome) -> tuple[str, ...]:
    today, after = outcome.today, outcome.after
    latency = ""
    if today.latency is not None and after.latency is not None:
        latency = f"{float(after.latency - today.latency):+,.2f}"
    return (
        outcome.scenario,
        str(outcome.verdict),
        f"{outcome.surviving} of {outcome.running}",
        str(outcome.moved),
        str(outcome.lost),
        f"{(after.cost - today.cost) / MICRO:+,.4f}",
        f"{(after.carbon - today.carbon) / MILLI:+,.1f}",
        outcome.stopped_by or str(outcome.certificate),
        latency,
    )


def _losses(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what does not survive, and why."""
    for outcome in outcomes:
        if outcome.refusal is not None:
            lines = list(refusal_lines(outcome.refusal))
            yield f"{outcome.scenario}: {lines[0]}\n"
        for row in outcome.unplaced:
            yield (
                f"{outcome.scenario}: {row.model} in {row.environment} lacks {row.replicas} more; "
                f"{'; '.join(row.reasons)}\n"
            )


def _summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    counts = Counter(outcome.verdict for outcome in outcomes)
    listed = ", ".join(f"{verdict} {counts[verdict]}" for verdict in Verdict if counts[verdict])
    yield f"{len(outcomes)} scenarios: {listed or 'none'}\n"
    if counts[Verdict.UNCHANGED]:
        yield "unchanged: nothing that runs is concerned, and nothing costs anything else\n"


def _flat(outcome: Outcome) -> dict[str, Any]:
    row = plain(outcome.to_document())
    sides = {
        f"{name}{side.capitalize()}": row.get(name, {}).get(side)
        for name in ("cost", "carbon", "latency")
        for side in ("today", "after")
    }
    return {**row, **row["replicas"], **sides}
