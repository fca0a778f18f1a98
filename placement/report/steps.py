"""The sections about what changes, and about what is not placed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from placement.plan.rows import Action
from placement.plan.wording import remarks
from placement.report.content import Figure, Section, table
from placement.report.flow import Flow, Kind, changes_running, flows
from placement.report.numbers import counted
from placement.report.ranking import summed

if TYPE_CHECKING:
    import altair as alt

    from placement.report.subject import Subject
    from placement.workspace.refusal import Refusal

MOST_ROWS = 40


def changed(subject: Subject) -> Section:
    """Return what moves from where to where."""
    title = "What changes"
    found = flows(subject)
    if not any(one.kind is not Kind.KEEP for one in found):
        return Section(title, ("nothing is placed, moved or removed", *remarks(subject.plan)))
    sentences = [_counts(subject), *_waves(subject), *remarks(subject.plan)]
    heads = ("step", "model", "environment", "version", "replicas", "from", "to")
    rows = [
        (
            one.kind,
            one.model,
            one.environment,
            one.version,
            f"{one.replicas:,}",
            one.source or "-",
            one.target or "-",
        )
        for one in found
    ]
    tables = table(heads, rows, right=("replicas",), most=MOST_ROWS)
    return Section(title, tuple(sentences), _slopes(found), tables)


def _slopes(found: Sequence[Flow]) -> tuple[Figure, ...]:
    if not changes_running(found):
        return ()

    def chart() -> alt.TopLevelMixin:
        from placement.report.slopes import slope_chart

        return slope_chart(found)

    caption = "a line is replicas of one kind; the thicker, the more"
    return (Figure("from where to where", chart, caption),)


def _counts(subject: Subject) -> str:
    count = summed((step.action, step.replicas) for step in subject.plan.changes)
    return "replicas: " + ", ".join(f"{action} {count.get(action, 0):,}" for action in Action)


def _waves(subject: Subject) -> list[str]:
    waves = subject.plan.waves
    if not waves:
        return []
    sizes = ", ".join(f"{sum(step.replicas for step in wave):,}" for wave in waves[:12])
    return [f"in {counted(len(waves), 'wave')} of {sizes}{', ...' if len(waves) > 12 else ''}"]


def missing(subject: Subject) -> Section:
    """Return what is not placed and why, or why a change is refused."""
    plan = subject.plan
    title = "What is not placed"
    if plan.refusal is not None:
        return _refused(plan.refusal)
    if not plan.unplaced:
        return Section(title, ("every replica that is asked for has a node",))
    rows = [
        (row.model, row.environment, f"{row.replicas:,}", "; ".join(row.reasons))
        for row in sorted(plan.unplaced, key=lambda row: (-row.replicas, row.key))
    ]
    heads = ("model", "environment", "missing", "why")
    return Section(title, (), (), table(heads, rows, right=("missing",), most=MOST_ROWS))


def _refused(refusal: Refusal) -> Section:
    rows = [
        (one.kind, one.message, ", ".join(one.members), "yes" if one.proved else "no")
        for one in refusal.conflicts
    ]
    tables = table(("conflict", "what", "between", "proved"), rows, most=MOST_ROWS)
    sentences = (
        f"refused ({refusal.reason}): {refusal.message}",
        *(f"would help: {repair.message}" for repair in refusal.repairs),
    )
    return Section("Why it is refused", sentences, (), tables)
