"""What a deployment of a conflict could ask for instead: other hardware, looser rules, less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from placement.catalog.rows import UNIT
from placement.conflicts.structure import FIELDS
from placement.constraints.base import thousandths
from placement.repairs.candidate import Candidate, Ladder
from placement.repairs.trouble import titled
from placement.workspace.refusal import MemberKind, RepairKind
from placement.workspace.transitions.edits import remade
from placement.workspace.workspace import FlavorEntry, Rollout

if TYPE_CHECKING:
    from placement.repairs.trouble import Trouble
    from placement.workspace.refusal import Member
    from placement.workspace.workspace import ModelDeployment

MOST_FLAVORS = 3
"""Flavors that are tried for one deployment, those with the cheapest nodes first."""


def other_wishes(trouble: Trouble) -> Iterator[Ladder]:
    """Yield what each deployment could ask for instead, besides fewer replicas."""
    for member in trouble.conflict.parts:
        match member.kind:
            case MemberKind.FLAVORS:
                yield from _more_flavors(trouble, member)
            case MemberKind.GPU_MEMORY:
                yield from _less_memory(trouble, member)
            case MemberKind.SPREAD:
                yield _looser(trouble.owner(member), *member.names)
            case MemberKind.SEPARATION | MemberKind.COLOCATION:
                yield Ladder.single(_without_peers(trouble.owner(member), member))
            case MemberKind.HELD:
                yield Ladder.single(_recreated(trouble.owner(member)))
            case _:
                continue


def _more_flavors(trouble: Trouble, member: Member) -> Iterator[Ladder]:
    deployment = trouble.owner(member)
    kinds = dict.fromkeys((g.flavor_type, g.flavor) for g in trouble.openings(member))
    for kind, name in islice(kinds, MOST_FLAVORS):
        entry = FlavorEntry.model_validate({"type": kind, "name": name})
        message = f"let {titled(deployment)} also run on {kind} `{name}`"
        put = (remade(deployment, flavors=(*deployment.flavors, entry)),)
        yield Ladder.single(Candidate(RepairKind.FLAVOR, message, put=put))


def _less_memory(trouble: Trouble, member: Member) -> Iterator[Ladder]:
    deployment = trouble.owner(member)
    part = min(UNIT, deployment.gpus)
    groups = trouble.openings(member)
    there = {trouble.catalog.gpus[g.flavor].memory * part // UNIT for g in groups}
    candidates = [_with_memory(deployment, memory) for memory in sorted(there, reverse=True)]
    if candidates:
        yield Ladder.of(candidates)


def _with_memory(deployment: ModelDeployment, memory: int) -> Candidate:
    resources = remade(deployment.resources, gpu_memory_gib=Decimal(memory) / UNIT)
    return Candidate(
        RepairKind.GPU_MEMORY,
        f"ask for {thousandths(memory)} instead of {thousandths(deployment.gpu_memory)} GiB "
        f"of GPU memory for {titled(deployment)}",
        put=(remade(deployment, resources=resources),),
    )


def _looser(deployment: ModelDeployment, rule: str, over: str) -> Ladder:
    """Return a spread rule with ever looser numbers."""
    field = FIELDS[rule]
    numbers = [
        getattr(entry, field)
        for entry in deployment.spread
        if entry.over == over and getattr(entry, field) is not None
    ]
    if rule == "minDomains":
        old = max(numbers)
        values: Sequence[int] = range(min(old, deployment.replicas) - 1, 0, -1)
    else:
        old = min(numbers)
        values = range(old + 1, deployment.replicas + 1)
    return Ladder.of([_with_limit(deployment, rule, over, old, value) for value in values])


def _with_limit(
    deployment: ModelDeployment, rule: str, over: str, old: int, value: int
) -> Candidate:
    field = FIELDS[rule]
    bound = min if rule == "minDomains" else max
    spread = [
        remade(entry, **{field: bound(getattr(entry, field), value)})
        if entry.over == over and getattr(entry, field) is not None
        else entry
        for entry in deployment.spread
    ]
    message = f"set `{rule}` over {over} of {titled(deployment)} to {value} instead of {old}"
    put = (remade(deployment, spread=tuple(spread)),)
    return Candidate(RepairKind.SPREAD, message, size=abs(value - old), put=put)


def _without_peers(deployment: ModelDeployment, member: Member) -> Candidate:
    rule, over = member.names
    field = "separate_from" if rule == "separateFrom" else "together_with"
    left = tuple(entry for entry in getattr(deployment, field) if entry.over != over)
    changed: dict[str, Any] = {field: left}
    return Candidate(
        RepairKind(str(member.kind)),
        f"do without `{rule}` over {over} of {titled(deployment)}",
        put=(remade(deployment, **changed),),
    )


def _recreated(deployment: ModelDeployment) -> Candidate:
    message = f"set `rollout` of {titled(deployment)} to recreate"
    put = (remade(deployment, rollout=Rollout.RECREATE),)
    return Candidate(RepairKind.ROLLOUT, message, put=put)


def fewer_replicas(trouble: Trouble) -> Iterator[Ladder]:
    """Yield fewer and fewer replicas of each deployment, down to its minimum and to 1."""
    for deployment in trouble.deployments:
        least = max(1, deployment.min_replicas)
        steps = deployment.replicas - least
        # Alone in a conflict, it has as many as can be placed beside all others already.
        first = min(steps, trouble.missing) if len(trouble.deployments) == 1 else 1
        if steps > 0:
            yield Ladder(steps, partial(_with_fewer, deployment), first)


def _with_fewer(deployment: ModelDeployment, fewer: int) -> Candidate:
    left = deployment.replicas - fewer
    shown = "1 replica" if left == 1 else f"{left} replicas"
    return Candidate(
        RepairKind.REPLICAS,
        f"ask for {shown} of {titled(deployment)} instead of {deployment.replicas}",
        size=fewer,
        put=(remade(deployment, replicas=left),),
    )


def evictions(trouble: Trouble) -> Iterator[Ladder]:
    """Yield each deployment that could give way to one of a higher priority."""
    highest = max((deployment.priority for deployment in trouble.deployments), default=0)
    for deployment in trouble.deployments:
        if deployment.priority < highest:
            message = f"do without {titled(deployment)} (priority {deployment.priority})"
            put = (remade(deployment, enabled=False),)
            size = deployment.weight * deployment.replicas
            yield Ladder.single(Candidate(RepairKind.EVICT, message, size=size, put=put))
