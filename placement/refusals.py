"""Whether a change is made or refused, and what cannot hold together if it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from placement.conflicts.case import Case
from placement.conflicts.finding import MOST_CHECKS, Finder
from placement.conflicts.names import smallest_emptying
from placement.conflicts.shrinking import Shrunk
from placement.conflicts.wording import conflict_of
from placement.constraints.base import subject, thousandths
from placement.objectives.unplaced import class_name
from placement.problem.tiers import STRICT
from placement.workspace.refusal import Conflict, Refusal, RefusalReason

if TYPE_CHECKING:
    from placement.options import Leave
    from placement.problem.affected import Affected
    from placement.problem.ledger import Held, Key
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
        self._short_of: tuple[Key, int] | None = None
        self._proved: Refusal | None = None

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
        name = subject(self.affected.after.by_key[key])
        # The needs of all others are not looked at, so they are not gathered.
        case = Case(self.affected.after, self.affected.catalog, required={key: 1})
        members = smallest_emptying(case.rules(case.number[key])) or ()
        message = f"no node group allows `{name}`"
        if reason is RefusalReason.STRANDS:
            count = sum(row.replicas for row in self.affected.rows(key))
            message = f"{count} running replicas of `{name}` would have no place"
        found = Shrunk(frozenset((case.demand(key), *members)), minimal=True)
        return Refusal(reason, message, (conflict_of(case, found),))

    def after_solving(self, found: Found) -> Refusal | None:
        """Refuse a placement that leaves out what must be placed."""
        proved = found.impossible or (found.whole and _is_proved_short(found))
        for key, short in zip(found.keys, found.standing.short, strict=True):
            if not short or self._is_forgiven(key) or self._is_enough(key, short):
                continue
            return self._short(key, short, proved=proved and not self._is_contested(key))
        if found.standing.displaced and not (self.leave.evict or self.forgiving):
            message = "running replicas would lose their place"
            if not proved:
                return _undecided(message)
            conflict = Conflict("capacity", (), message, proved=True, minimal=False)
            return Refusal(RefusalReason.STRANDS, message, (conflict,))
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
        self._short_of = key, short
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
        self._proved = Refusal(reason, message)
        if not proved:
            return _undecided(message)
        return replace(self._proved, conflicts=(self._conflict(key, message),))

    def _conflict(self, key: Key, message: str) -> Conflict:
        """Return a minimal conflict where it is found at once, else who is in the way."""
        if len(self.affected.after.deployments) * len(self.affected.fleet) <= SMALL:
            found = self._minimal(key, checks=CHECKS)
            if found is not None:
                return found
        return Conflict("capacity", self._cut(key), message, proved=True, minimal=False)

    def _minimal(self, key: Key, *, checks: int) -> Conflict | None:
        """Return a proved conflict that keeps a deployment from its place, if one is found."""
        finder = Finder(self.case, self.placed, checks=checks)
        return next((one for one in finder.find(most=1, only=key) if one.proved), None)

    def explained(self, refusal: Refusal) -> Refusal:
        """Return a refusal with a minimal conflict, however large the change is.

        What was undecided is decided, if a conflict is proved.
        """
        if self._short_of is None or self._proved is None:
            return refusal
        if refusal.conflicts and all(one.minimal for one in refusal.conflicts):
            return refusal
        found = self._minimal(self._short_of[0], checks=MOST_CHECKS)
        return refusal if found is None else replace(self._proved, conflicts=(found,))

    @property
    def placed(self) -> Mapping[Key, int]:
        """Replicas of each deployment that have a place, as far as the change needs them."""
        placed = dict(self.case.required)
        if self._short_of is not None:
            key, short = self._short_of
            placed[key] = min(placed.get(key, 0), self.affected.wanted(key) - short)
        return placed

    @cached_property
    def case(self) -> Case:
        """What has to hold for the change to be made, whatever else becomes of it."""
        affected = self.affected
        held: dict[Key, list[Held]] = {}
        for row, deployment in affected.held:
            held.setdefault(row.key, []).append((row, deployment))
        return Case(
            affected.after,
            affected.catalog,
            required={d.key: self._least(d) for d in affected.after.deployments if d.enabled},
            held=held,
        )

    def _least(self, deployment: ModelDeployment) -> int:
        """Return how many replicas have to have a place, so that the change is not refused."""
        key = deployment.key
        if key in self.affected.transition.strict:
            whole = not self.leave.partial
            return deployment.replicas if whole else max(1, deployment.min_replicas)
        if self.leave.evict or self._is_forgiven(key):
            return 0
        running = sum(row.replicas for row in self.affected.rows(key))
        return min(running, deployment.replicas)

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


SMALL = 2_000
"""Up to so many (deployment, node) pairs a refusal carries a minimal conflict at once."""
CHECKS = 60
"""Questions that may be asked for it."""
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


def _undecided(message: str) -> Refusal:
    text = f"{message} in any way that was found, and it is not proved that none exists"
    return Refusal(RefusalReason.UNKNOWN, text)
