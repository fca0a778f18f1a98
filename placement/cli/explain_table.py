"""An explanation on one screen: the policies, the path, what the fleet says, and the place."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from placement.catalog.rows import UNIT
from placement.cli.table import Column, render
from placement.explanation.candidate import Candidate, Cause
from placement.explanation.values import (
    Attached,
    Explanation,
    Place,
    Step,
    StepKind,
    Unit,
    Verdict,
)
from placement.explanation.wording import amount

_POLICIES = (
    Column("POLICY"),
    Column("TYPE"),
    Column("ATTACHED TO"),
    Column("ALLOWS"),
    Column("NODE GROUPS", right=True),
    Column("BINDS"),
)
_STEPS = (
    Column("STEP"),
    Column("ALLOWS"),
    Column("ALONE", right=True),
    Column("NODE GROUPS", right=True),
    Column("NODES", right=True),
    Column("GPUS", right=True),
    Column("COUNTRIES", right=True),
)
_CAUSES = (
    Column("AGAINST IT"),
    Column("NODE GROUPS", right=True),
    Column("FIRST", right=True),
    Column("WHY"),
)
MOST = 3
"""How many of those who hold what is short are named, and where a deployment runs."""


def explain_table(found: Explanation) -> str:
    """Return the whole page."""
    parts = [_header(found), _policies(found), _steps(found), "".join(_fleet(found))]
    if found.candidate is not None:
        parts.append(_candidate(found.candidate, found.unit))
    return "\n".join(parts)


def _header(found: Explanation) -> str:
    state = "" if found.enabled else ", disabled"
    head = f"{found.model} in {found.environment}, version {found.version}{state}: "
    head += f"{found.placed:,} of {found.replicas:,} replicas run\n"
    most = sorted(found.runs, key=lambda one: (-one.replicas, one.node_group))
    lines = [f"  {one.replicas:,} on {one.node_group} ({one.region})\n" for one in most[:MOST]]
    more = len(most) - len(lines)
    return head + "".join(lines) + (f"  and more on {more:,} node groups\n" if more else "")


def _policies(found: Explanation) -> str:
    if not found.attached:
        return "No policy is attached: everything is allowed\n"
    return render(_POLICIES, [_policy_row(item) for item in found.attached])


def _policy_row(item: Attached) -> tuple[str, ...]:
    binds = "yes" if item.left_out is None else f"no: {item.left_out}"
    to = f"{item.level} {item.to}"
    return (item.policy, item.type, to, item.allows, f"{item.node_groups:,}", binds)


def _steps(found: Explanation) -> str:
    return render(_STEPS, [_step_row(step) for step in found.steps])


def _step_row(step: Step) -> tuple[str, ...]:
    left = step.left
    return (
        _step_name(step),
        step.allows,
        f"{step.alone:,}",
        f"{left.node_groups:,}",
        f"{left.nodes:,}",
        _gpus(left.gpus),
        f"{left.countries:,}",
    )


def _gpus(amount: int) -> str:
    whole, rest = divmod(amount, UNIT)
    return f"{amount / UNIT:,.3f}" if rest else f"{whole:,}"


def _step_name(step: Step) -> str:
    if step.kind is StepKind.POLICY:
        return f"{step.type} of the {step.level}"
    return step.kind.replace("_", " ")


def _fleet(found: Explanation) -> Iterator[str]:
    yield f"one more replica: {found.histogram.text}\n"
    if found.cheapest is not None:
        place = found.cheapest
        yield f"best place: {_where(place)}, {_value(place.value, found.unit)} a replica\n"


def _where(place: Place) -> str:
    return f"{place.node_group} ({place.flavor} in {place.provider}/{place.region})"


def _candidate(asked: Candidate, unit: Unit) -> str:
    head = f"Candidate {_named(asked)}: {_verdict(asked)}\n" + "".join(_price(asked, unit))
    if not asked.causes:
        return head
    return f"{head}\n{render(_CAUSES, [_cause_row(cause) for cause in asked.causes])}"


def _named(asked: Candidate) -> str:
    parts = (
        ("region", asked.region),
        ("country", asked.country),
        ("flavor", " or ".join(asked.flavors) or None),
        ("node", asked.node),
    )
    return ", ".join(f"{what} {name}" for what, name in parts if name is not None)


def _verdict(asked: Candidate) -> str:
    many = asked.node_groups > 1
    match asked.verdict:
        case Verdict.ABSENT:
            return "absent, the fleet has no such node group"
        case Verdict.REFUSED:
            return f"refused on all {asked.node_groups:,} node groups" if many else "refused"
        case Verdict.FEASIBLE:
            on = f" on {asked.feasible:,} of {asked.node_groups:,} node groups" if many else ""
            return f"feasible{on}"
        case Verdict.TOGETHER:
            return f"only with more replicas: {'; '.join(need.message for need in asked.needs)}"
    raise ValueError(asked.verdict)


def _price(asked: Candidate, unit: Unit) -> Iterator[str]:
    if asked.best is None:
        return
    yield f"best there: {_where(asked.best)}, {_value(asked.best.value, unit)} a replica\n"
    compared = ((asked.above_cheapest, "the best place"), (asked.above_running, "where it runs"))
    words = [f"{_compared(Fraction(n), unit)} {what}" for n, what in compared if n is not None]
    if words:
        yield f"that is {', '.join(words)}\n"


def _compared(difference: Fraction, unit: Unit) -> str:
    if not difference:
        return "as much as"
    word = "more than" if difference > 0 else "less than"
    return f"{_value(abs(difference), unit)} {word}"


def _value(value: int | Fraction, unit: Unit) -> str:
    shown = f"{float(unit.shown(value)):,.4f}"
    return f"{shown} {unit.name}" if unit.name else shown


def _cause_row(cause: Cause) -> tuple[str, ...]:
    return (
        cause.reason.label.replace("_", " "),
        f"{cause.node_groups:,}",
        f"{cause.first:,}",
        "; ".join(_why(cause)),
    )


def _why(cause: Cause) -> Iterator[str]:
    yield f"such as: {cause.reason.message}" if cause.varies else cause.reason.message
    resources = [shortage.resource for shortage in cause.reason.shortages]
    shown = [
        f"{use.model}@{use.environment} ({amount(resources[0], use.amount)})"
        for use in cause.users[:MOST]
    ]
    more = len(cause.users) - len(shown)
    if shown:
        yield f"used by {', '.join(shown)}" + (f" and {more:,} more" if more else "")
    if cause.reserved:
        yield f"{amount(resources[0], cause.reserved)} reserved"
