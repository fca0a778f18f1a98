"""A change in words: one line for each thing a person has to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from placement.plan.document import MICRO

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.plan.rows import TransitionRecord


def title(kind: str, arguments: Mapping[str, str]) -> str:
    """Return a change as one line: ``release chat from development to production``."""
    match kind, dict(arguments):
        case "release", {"model": model, "source": source, "target": target}:
            return f"release {model} from {source} to {target}"
        case "deploy", {"model": model, "environment": stage, "version": version}:
            return f"deploy {model} version {version} in {stage}"
        case "rollback", {"serial": serial}:
            return f"rollback everything to serial {serial}"
        case "rollback", {"model": model, "environment": stage, "version": version}:
            return f"rollback {model} in {stage} to version {version}"
        case "rollback", {"model": model, "environment": stage}:
            return f"rollback {model} in {stage} to nothing"
        case "rebalance", _:
            return "move what saves enough"
        case "capacity", _:
            return "take another catalog"
        case "apply", {"prune": _}:
            return "apply, and prune"
        case _, {"model": model, "environment": stage}:
            return f"{kind} {model} in {stage}"
    return " ".join((kind, *arguments.values()))


def remarks(plan: Plan) -> Iterator[str]:
    """Yield what a change does besides its steps: to policies, endpoints and cost."""
    record = plan.transition
    if record is None:
        return
    yield from _objects(record)
    yield from _difference(plan, record)
    for model, stage, version in record.uncallable:
        yield f"no longer callable: {model} in {stage}, version {version}"
    yield f"cost: {_cost(record.cost_before, record.cost_after)}"


def _objects(record: TransitionRecord) -> Iterator[str]:
    """Yield which objects are put, if it is more than the title says, and which are deleted."""
    if len(record.put) == 1 and "model" not in record.arguments:
        (document,) = record.put
        yield f"put: {document['kind']} {'@'.join(_names(document['metadata']))}"
    elif len(record.put) > 1:
        kinds = Counter(document["kind"] for document in record.put)
        yield f"put: {', '.join(f'{count:,} {kind}' for kind, count in kinds.items())}"
    for kind, *name in (tuple(document.values()) for document in record.delete):
        yield f"deleted: {kind} {'@'.join(name)}"


def _names(metadata: Mapping[str, str]) -> Iterator[str]:
    """Yield the name of an object, and the environment it is in."""
    yield from (metadata[word] for word in ("name", "environment") if word in metadata)


def _difference(plan: Plan, record: TransitionRecord) -> Iterator[str]:
    difference = plan.policy_difference
    if difference is None:
        return
    target = record.arguments.get("target", "")
    for verb, names in (("adds", difference.added), ("lacks", difference.removed)):
        if names:
            yield f"{target} {verb} {', '.join(f'`{name}`' for name in names)}"


def _cost(before: int, after: int) -> str:
    shown = [f"{amount / MICRO:,.4f}" for amount in (before, after)]
    return f"{shown[0]} -> {shown[1]} USD/h ({(after - before) / MICRO:+,.4f})"
