"""Whether a change is made or refused, and what cannot hold together if it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from placement.constraints.base import subject, thousandths
from placement.constraints.registry import CONSTRAINTS
from placement.objectives.unplaced import class_name
from placement.problem.tiers import STRICT
from placement.workspace.effective import Level, resolve
from placement.workspace.refusal import Conflict, Refusal, RefusalReason, Repair, advise

if TYPE_CHECKING:
    from placement.options import Leave
    from placement.problem.affected import Affected
    from placement.problem.compiler import Mask
    from placement.problem.ledger import Key
    from placement.solvers.standing import Found
    from placement.workspace.workspace import ModelDeployment


class Judge:
    """Judges one change before and after it is solved.

    Parameters
    ----------
    affected : Affected
    leave : Leave
        What the caller allows.
    forgiving : bool
        Whether the fleet is another one: a fact, which is no reason to refuse.
    """

    def __init__(self, affected: Affected, leave: Leave, *, forgiving: bool) -> None:
        self.affected = affected
        self.leave = leave
        self.forgiving = forgiving

    def before_solving(self) -> Refusal | None:
        """Refuse what no node group allows, whatever else runs."""
        for key in self.affected.keys:
            if self._is_forgiven(key):
                continue
            if self.affected.eligible(key).any() or not self.affected.wanted(key):
                continue
            if self._is_edit(key) and not self.leave.evict:
                return self._no_node_group(key, RefusalReason.STRANDS)
            if key in self.affected.changed and not self._is_edit(key):
                return self._no_node_group(key, RefusalReason.POLICY)
        return None

    def _is_contested(self, key: Key) -> bool:
        """Whether a target that may stay incomplete could have left its place to a deployment."""
        strict = self.affected.transition.strict
        return self.leave.partial and bool(strict) and key not in strict

    def _is_forgiven(self, key: Key) -> bool:
        """Whether a deployment that was not touched itself pays for a fact."""
        return self.forgiving and key not in self.affected.changed

    def _is_edit(self, key: Key) -> bool:
        """Whether a deployment runs and goes on as it is, perhaps under other rules."""
        strict = key in self.affected.transition.strict
        return not strict and bool(self.affected.rows(key))

    def _no_node_group(self, key: Key, reason: RefusalReason) -> Refusal:
        deployment = self.affected.after.by_key[key]
        members = tuple(minimal(allowed_by(self.affected, deployment)))
        message = f"no node group allows `{subject(deployment)}`"
        if reason is RefusalReason.STRANDS:
            count = sum(row.replicas for row in self.affected.rows(key))
            message = f"{count} running replicas of `{subject(deployment)}` would have no place"
        listed = ", ".join(members)
        conflict = Conflict("policy", members, f"no node group satisfies {listed}", proved=True)
        repairs = advise(f"widen one of: {listed}") if members else ()
        return Refusal(reason, message, (conflict,), repairs)

    def after_solving(self, found: Found) -> Refusal | None:
        """Refuse a placement that leaves out what must be placed."""
        proved = found.impossible or (found.whole and _is_proved_short(found))
        for key, short in zip(found.keys, found.standing.short, strict=True):
            if not short or self._is_forgiven(key) or self._is_enough(key, short):
                continue
            return self._short(key, short, proved=proved and not self._is_contested(key))
        if found.standing.displaced and not (self.leave.evict or self.forgiving):
            message = "running replicas would lose their place"
            return self._refusal(RefusalReason.STRANDS, message, (), proved=proved)
        return None

    def _is_enough(self, key: Key, short: int) -> bool:
        """Whether so many missing replicas of a deployment are allowed."""
        deployment = self.affected.after.by_key[key]
        if key in self.affected.transition.strict:
            placed = self.affected.wanted(key) - short
            return self.leave.partial and placed >= max(1, deployment.min_replicas)
        if key in self.affected.changed:
            running = sum(row.replicas for row in self.affected.rows(key))
            kept = self.affected.wanted(key) - short >= min(running, deployment.replicas)
            return kept or self.leave.evict
        if self.leave.retry_unplaced:
            running = sum(row.replicas for row in self.affected.rows(key))
            return self.affected.wanted(key) - short >= running or self.leave.evict
        return self.leave.evict

    def _short(self, key: Key, short: int, *, proved: bool) -> Refusal:
        deployment = self.affected.after.by_key[key]
        wanted = self.affected.wanted(key)
        name = subject(deployment)
        if not self._is_edit(key):
            each = f" of {thousandths(deployment.gpus)} GPUs" if deployment.gpus else ""
            message = f"{short} of {wanted} replicas{each} of `{name}` do not fit"
            reason = RefusalReason.CAPACITY
        else:
            running = sum(row.replicas for row in self.affected.rows(key))
            lost = running - (wanted - short)
            message = f"{lost} of {running} running replicas of `{name}` would have no place"
            reason = RefusalReason.STRANDS
        return self._refusal(reason, message, self._cut(key), proved=proved)

    def _refusal(
        self, reason: RefusalReason, message: str, members: tuple[str, ...], *, proved: bool
    ) -> Refusal:
        if not proved:
            text = f"{message} in any way that was found, and it is not proved that none exists"
            return Refusal(RefusalReason.UNKNOWN, text)
        conflict = Conflict("capacity", members, message, proved=True)
        return Refusal(reason, message, (conflict,), _repairs(reason))

    def _cut(self, key: Key) -> tuple[str, ...]:
        """Return what competes for the node groups of a deployment, and these if they are few."""
        affected = self.affected
        mask = affected.eligible(key)
        groups = affected.catalog.node_groups
        names = [groups[g].name for g in np.flatnonzero(mask).tolist()]
        nodes = mask[affected.fleet.group_of]
        rivals = {
            row.key
            for node, rows in affected.ledger.rows_on.items()
            if nodes[node]
            for row, _ in rows
        }
        members = [f"deployment {key[0]}@{key[1]}"]
        members += [f"deployment {m}@{e}" for m, e in sorted(rivals - {key})[:MOST_MEMBERS]]
        if len(names) <= MOST_MEMBERS:
            members += [f"node group {name}" for name in names]
        return tuple(members)


MOST_MEMBERS = 12
"""Members of a capacity conflict that are named."""


def _is_proved_short(found: Found) -> bool:
    """Whether it is proved that not everything that is wanted can be placed."""
    floors: dict[str, int] = {}
    classes = found.compiled.priorities
    for deployment, wanted in zip(found.compiled.deployments, found.compiled.wanted, strict=True):
        name = class_name("unplaced", deployment.priority, classes)
        left = (deployment.replicas - wanted) * deployment.weight
        floors[name] = floors.get(name, 0) + left
    return any(
        tier.bound is not None
        and (tier.name in floors or tier.name == STRICT or tier.name.startswith("displaced"))
        and tier.bound > floors.get(tier.name, 0)
        for tier in found.solved.bounds
    )


def _repairs(reason: RefusalReason) -> tuple[Repair, ...]:
    if reason is RefusalReason.STRANDS:
        return advise("leave the replicas without a place (`--evict`)", "add capacity")
    return advise("take fewer replicas (`--allow-partial`)", "add capacity", "widen the policies")


def allowed_by(affected: Affected, deployment: ModelDeployment) -> Mapping[str, Mask]:
    """Return what each policy type and each own wish of a deployment allows, by its name.

    Policies of one type at one level are named together, for they widen one another.
    """
    table, catalog = affected.catalog.table, affected.catalog
    found: dict[str, Mask] = {}
    effective = resolve(affected.after, deployment)
    kinds = {a.policy.type for a in effective.attachments if a.binds}
    for level in Level:
        for kind in sorted(kinds):
            policies = effective.binding(level, kind)
            if policies:
                names = " or ".join(f"`{policy.name}`" for policy in policies)
                masks = [policy.compile(table) for policy in policies]
                found[f"policy {names} of the {level}"] = np.logical_or.reduce(masks)
    for constraint in CONSTRAINTS:
        own = constraint.eligible(deployment, table, catalog)
        if own is not None:
            found[f"{constraint.name.replace('_', ' ')} of {subject(deployment)}"] = own
    return found


def minimal(allowed: Mapping[str, Mask]) -> Iterator[str]:
    """Yield the names of a smallest-by-deletion set of masks that have nothing in common."""
    left = dict(allowed)
    for name in list(allowed):
        rest = [mask for other, mask in left.items() if other != name]
        if rest and not np.logical_and.reduce(rest).any():
            del left[name]
    yield from left
