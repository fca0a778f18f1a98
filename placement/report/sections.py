"""What a report tells, in the order in which it is read."""

from __future__ import annotations

from placement.report.content import Section
from placement.report.numbers import amount, counted, usd
from placement.report.permissions import allowed
from placement.report.places import full, paid, where
from placement.report.proofs import findings, good, sources
from placement.report.steps import changed, missing
from placement.report.subject import Subject


def sections(subject: Subject) -> tuple[Section, ...]:
    """Return everything that a page tells of its subject; of a change, what changes comes first."""
    steps = (changed(subject), missing(subject))
    places = (where(subject), allowed(subject), full(subject), paid(subject))
    is_change = subject.plan.transition is not None or subject.plan.refusal is not None
    return (
        *(steps + places if is_change else places + steps),
        good(subject),
        findings(subject),
        sources(subject),
    )


def headline(subject: Subject) -> str:
    """Return what was asked and what came of it, in one line."""
    plan = subject.plan
    return f"{subject.title}: {plan.status} (certificate: {plan.certificate})"


def figures_of_merit(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return the few numbers that a reader wants first, each with its name."""
    broken = len(subject.verdict.violations)
    return (
        ("replicas placed", f"{subject.placed:,} of {subject.wanted:,}"),
        ("GPUs in use", amount(subject.gpus)),
        ("USD per hour", usd(subject.cost)),
        ("regions", f"{len(subject.regions):,}"),
        ("verifier", counted(broken, "violation") if broken else "no rule broken"),
    )
