"""A change as people read it before they agree: its steps by waves, and what it does besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from placement.cli.plan_table import not_placed, tier_table
from placement.cli.table import Column, render
from placement.plan.plan import Plan
from placement.plan.rows import Action, Change
from placement.plan.wording import remarks, title

_STEPS = (
    Column("WAVE", right=True),
    Column("ACTION"),
    Column("MODEL"),
    Column("ENVIRONMENT"),
    Column("VERSION"),
    Column("REPLICAS", right=True),
    Column("FROM"),
    Column("TO"),
)
_ACTIONS = tuple(Action)


def change_table(plan: Plan) -> str:
    """Return the page of a change: title, steps, what is missing, what else changes, tiers."""
    record = plan.transition
    what = title(record.kind, record.arguments) if record else "plan"
    stopped = f", stopped by {plan.stopped_by}" if plan.stopped_by else ""
    parts = [
        f"{what}: {plan.status} (certificate: {plan.certificate}{stopped})\n",
        _steps(plan),
        not_placed(plan),
        "".join(f"{line}\n" for line in remarks(plan)),
        tier_table(plan),
    ]
    return "\n".join(part for part in parts if part)


def _steps(plan: Plan) -> str:
    rows = [
        (str(number), *words)
        for number, wave in enumerate(plan.waves or (plan.changes,), start=1)
        for words in _rows(wave)
    ]
    return render(_STEPS, rows) if rows else "nothing is placed, moved or removed\n"


def _rows(wave: tuple[Change, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the steps of a wave, those between the same node groups as one."""
    count: Counter[tuple[str, ...]] = Counter()
    for step in wave:
        if step.action is not Action.KEEP:
            ends = (_group(step.from_node), _group(step.to_node))
            key = (step.action, step.model, step.environment, step.version, *ends)
            count[key] += step.replicas
    for (action, *names, source, target), replicas in sorted(count.items(), key=_order):
        yield (action, *names, str(replicas), source, target)


def _order(item: tuple[tuple[str, ...], int]) -> tuple[object, ...]:
    action, *rest = item[0]
    return (_ACTIONS.index(Action(action)), *rest)


def _group(node: str | None) -> str:
    return "-" if node is None else node.rpartition("/")[0]
