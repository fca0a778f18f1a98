"""What is asked to hold together, taken apart into members that can be given up one by one.

Each member is a statement about who is where, and means the same whatever else is given up. So
giving up more never makes less possible, and a set of members is minimal as soon as giving up any
single one of them helps. ``docs/conflicts.md`` says for each kind what giving it up means.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from placement.catalog.rows import NodeState
from placement.conflicts.cells import large_node, with_held, with_residents
from placement.conflicts.structure import FIELDS, structural, with_rules
from placement.constraints.peers import selects
from placement.constraints.registry import CONSTRAINTS
from placement.objectives.cost import Cost
from placement.objectives.mix import parse_objective
from placement.problem.cells import Cell, make_cells
from placement.problem.compiler import Compiled, Mask
from placement.problem.fleet import Fleet
from placement.problem.ledger import Held, Key
from placement.problem.running import Resident, residents_by_node
from placement.solvers.holding import Question, Skew
from placement.workspace.effective import Level, resolve
from placement.workspace.refusal import Member, MemberKind
from placement.workspace.workspace import Rollout

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.constraints.base import Constraint
    from placement.workspace.workspace import ModelDeployment, Workspace

COST = parse_objective(Cost.name)
"""No tier is looked at; under this one the most deployments are seen to be alike."""
FEW = 8
"""Cells are made of some node groups alone, if all are at least so many times as many."""
OWN = {
    "flavors": MemberKind.FLAVORS,
    "gpu_memory": MemberKind.GPU_MEMORY,
    "hardware": MemberKind.HARDWARE,
}
"""Kinds of member by the name of the constraint that a deployment's own wish comes from."""


@dataclass(frozen=True)
class Rule:
    """A member that says where one deployment, or several, may be."""

    member: Member
    mask: Mask


class Case:
    """A workspace as a set of members.

    Parameters
    ----------
    workspace : Workspace
    catalog : Catalog
    required : mapping of (model, environment) to int
        Replicas that each deployment needs; those left out need none.
    held : mapping of (model, environment) to sequence of (row, deployment)
        Old replicas that keep their room.
    """

    def __init__(
        self,
        workspace: Workspace,
        catalog: Catalog,
        *,
        required: Mapping[Key, int],
        held: Mapping[Key, Sequence[Held]] | None = None,
    ) -> None:
        self.workspace = workspace
        self.catalog = catalog
        self.held = dict(held or {})
        self.deployments = tuple(d for d in workspace.deployments if d.enabled)
        self.number = {d.key: i for i, d in enumerate(self.deployments)}
        self.required = {key: n for key, n in required.items() if n and key in self.number}
        self._rules: dict[int, tuple[Rule, ...]] = {}
        self._masks: dict[object, Mask] = {}
        self._own: dict[object, Mask | None] = {}
        self._allowed: dict[object, Mask] = {}
        self._interned: dict[bytes, Mask] = {}
        self._seen: dict[tuple[int, frozenset[Member], bool], ModelDeployment] = {}
        self._cells: dict[frozenset[Key], tuple[Cell, ...]] = {}

    def changed(self, workspace: Workspace, catalog: Catalog) -> Case:
        """Return the same needs in another workspace, where it asks for no less."""
        enabled = {d.key: d for d in workspace.deployments if d.enabled}
        return Case(
            workspace,
            catalog,
            required={
                key: min(replicas, enabled[key].replicas)
                for key, replicas in self.required.items()
                if key in enabled
            },
            held={
                key: rows
                for key, rows in self.held.items()
                if key in enabled and enabled[key].rollout is Rollout.SURGE
            },
        )

    # ---------------------------------------------------------------- members

    def rules(self, d: int) -> tuple[Rule, ...]:
        """Return the members that say where a deployment may be."""
        if d not in self._rules:
            self._rules[d] = tuple(self._rules_of(self.deployments[d]))
        return self._rules[d]

    def _rules_of(self, deployment: ModelDeployment) -> Iterable[Rule]:
        effective = resolve(self.workspace, deployment)
        owner = {Level.ENVIRONMENT: (deployment.environment,), Level.DEPLOYMENT: deployment.key}
        for level in Level:
            kinds = {a.policy.type for a in effective.attachments if a.binds and a.level is level}
            for kind in sorted(kinds):
                policies = effective.binding(level, kind)
                names = tuple(policy.name for policy in policies)
                if names not in self._masks:
                    masks = [policy.compile(self.catalog.table) for policy in policies]
                    self._masks[names] = np.logical_or.reduce(masks)
                yield Rule(Member(MemberKind.POLICY, owner[level], names), self._masks[names])
        for constraint in CONSTRAINTS:
            if constraint.name in OWN:
                mask = self._own_mask(constraint, deployment)
                if mask is not None:
                    yield Rule(Member(OWN[constraint.name], deployment.key), mask)

    def _own_mask(self, constraint: Constraint, deployment: ModelDeployment) -> Mask | None:
        key = (constraint.name, deployment.shape)
        if key not in self._own:
            mask = constraint.eligible(deployment, self.catalog.table, self.catalog)
            self._own[key] = None if mask is None else self._intern(mask)
        return self._own[key]

    def _intern(self, mask: Mask) -> Mask:
        """Return the one array that says so: alike deployments must share it."""
        return self._interned.setdefault(mask.tobytes(), mask)

    def structure(self, d: int) -> tuple[Member, ...]:
        """Return the members that say how the replicas of a deployment lie to each other."""
        deployment = self.deployments[d]
        found = [
            structural(MemberKind.SPREAD, deployment, rule, entry.over)
            for entry in deployment.spread
            for rule in FIELDS
            if getattr(entry, FIELDS[rule]) is not None
        ]
        peers = (
            (MemberKind.SEPARATION, "separateFrom", deployment.separate_from),
            (MemberKind.COLOCATION, "togetherWith", deployment.together_with),
        )
        found += [
            structural(kind, deployment, rule, entry.over)
            for kind, rule, entries in peers
            for entry in entries
        ]
        return tuple(dict.fromkeys(found))

    def demand(self, key: Key) -> Member:
        """Return the member that a deployment needs its replicas."""
        return Member(MemberKind.DEMAND, key)

    def members(self, keys: Iterable[Key]) -> frozenset[Member]:
        """Return all members that concern the needs of some deployments."""
        keys = [key for key in keys if key in self.required]
        found: set[Member] = {self.demand(key) for key in keys}
        for d in self._around(keys):
            found.update(rule.member for rule in self.rules(d))
            found.update(self.structure(d))
        found.update(Member(MemberKind.HELD, key) for key in self.held)
        found.update(Member(MemberKind.CAPACITY, (g.name,)) for g in self.catalog.node_groups)
        return frozenset(found)

    def _around(self, keys: Sequence[Key]) -> set[int]:
        """Return some deployments and all whom rules of these may be about."""
        found: set[int] = set()
        left = [self.number[key] for key in keys]
        while left:
            d = left.pop()
            if d not in found:
                found.add(d)
                left += self._matched(d, self.deployments[d].together_with)
        for d in tuple(found):
            found.update(self._matched(d, self.deployments[d].separate_from))
        return found

    def _matched(self, d: int, entries: Iterable[object]) -> list[int]:
        selectors = [entry.selector for entry in entries]  # type: ignore[attr-defined]
        if not selectors:
            return []
        return [
            other
            for other, candidate in enumerate(self.deployments)
            if other != d and any(selects(selector, candidate) for selector in selectors)
        ]

    # --------------------------------------------------------------- question

    def allowed(self, d: int, kept: Container[Member]) -> Mask:
        """Return the node groups where the kept members let a deployment be."""
        masks = [rule.mask for rule in self.rules(d) if rule.member in kept]
        key = tuple(map(id, masks))  # the masks of rules are never let go
        if key not in self._allowed:
            everything = np.ones(len(self.catalog.node_groups), bool)
            self._allowed[key] = self._intern(np.logical_and.reduce([everything, *masks]))
        return self._allowed[key]

    def question(self, kept: frozenset[Member]) -> Question:
        """Return whether some members can hold, as a question to the solvers."""
        unlimited = self.unlimited(kept)
        chosen = self._chosen(kept)
        if not any(m.kind in (MemberKind.SEPARATION, MemberKind.COLOCATION) for m in kept):
            chosen = [d for d in chosen if not self._is_free(d, kept, unlimited)]
        number = {d: new for new, d in enumerate(chosen)}
        needs = [d for d in chosen if self.demand(self.deployments[d].key) in kept]
        seen = tuple(self._as_seen(d, kept) for d in chosen)
        eligible = tuple(self.allowed(d, kept) for d in chosen)
        wanted = tuple(self._wanted(d, kept) for d in chosen)
        compiled = Compiled(
            catalog=self.catalog,
            objective=COST,
            bill_nodes=False,
            deployments=seen,
            eligible=eligible,
            cells=tuple(self._cells_of(kept, unlimited, number, seen, eligible, wanted)),
            movable=(0,) * len(chosen),
            priorities=self.workspace.priorities,
            wanted=wanted,
        )
        return Question(
            compiled, frozenset(number[d] for d in needs), tuple(self._skews(kept, number))
        )

    def unlimited(self, kept: Container[Member]) -> Mask:
        """Return the node groups of which the capacity is given up."""
        groups = self.catalog.node_groups
        return np.array([Member(MemberKind.CAPACITY, (g.name,)) not in kept for g in groups], bool)

    def _is_free(self, d: int, kept: frozenset[Member], unlimited: Mask) -> bool:
        """Whether a deployment finds its place whatever the others do, if no rule ties them."""
        is_ruled = any(member in kept for member in self.structure(d))
        return not is_ruled and bool((self.allowed(d, kept) & unlimited).any())

    def _chosen(self, kept: frozenset[Member]) -> list[int]:
        """Return the deployments that need replicas, and those that these want beside them."""
        found: set[int] = set()
        left = [self.number[m.owner] for m in kept if m.kind is MemberKind.DEMAND]  # type: ignore[index]
        while left:
            d = left.pop()
            if d not in found:
                found.add(d)
                entries = [
                    entry
                    for entry in self.deployments[d].together_with
                    if structural(
                        MemberKind.COLOCATION, self.deployments[d], "togetherWith", entry.over
                    )
                    in kept
                ]
                left += self._matched(d, entries)
        return sorted(found)

    def _wanted(self, d: int, kept: frozenset[Member]) -> int:
        deployment = self.deployments[d]
        if self.demand(deployment.key) in kept:
            return self.required[deployment.key]
        return deployment.replicas

    def _as_seen(self, d: int, kept: frozenset[Member]) -> ModelDeployment:
        """Return a deployment with the kept rules alone; ``maxSkew`` is told apart."""
        deployment = self.deployments[d]
        own = frozenset(member for member in self.structure(d) if member in kept)
        is_needed = self.demand(deployment.key) in kept
        known = self._seen.get((d, own, is_needed))
        if known is None:
            is_whole = is_needed and self.required[deployment.key] >= deployment.min_replicas
            least = deployment.min_replicas if is_needed and not is_whole else 0
            known = self._seen[d, own, is_needed] = with_rules(deployment, own, least)
        return known

    def _skews(self, kept: frozenset[Member], number: Mapping[int, int]) -> Iterable[Skew]:
        for d, new in number.items():
            deployment = self.deployments[d]
            for entry in deployment.spread:
                member = structural(MemberKind.SPREAD, deployment, "maxSkew", entry.over)
                if entry.max_skew is not None and member in kept:
                    yield Skew(new, entry.over, entry.max_skew, self._usable(d))

    def _usable(self, d: int) -> Mask:
        masks = [rule.mask for rule in self.rules(d)]
        return self._intern(np.logical_and.reduce(masks))

    # ------------------------------------------------------------------ cells

    def _cells_of(
        self,
        kept: frozenset[Member],
        unlimited: Mask,
        number: Mapping[int, int],
        seen: Sequence[ModelDeployment],
        eligible: Sequence[Mask],
        wanted: Sequence[int],
    ) -> Iterable[Cell]:
        """Yield the cells that exist, and where capacity is given up all nodes that could help."""
        if not eligible:
            return
        needed = np.zeros(len(self.catalog.node_groups), np.int64)
        for mask, replicas in zip(eligible, wanted, strict=True):
            needed += mask * replicas
        for cell in self.existing(kept, np.flatnonzero(needed).tolist()):
            if needed[cell.group]:
                yield with_residents(cell, number)
        large = large_node(seen)
        for g in np.flatnonzero(needed * unlimited).tolist():
            count = self.catalog.node_groups[g].count
            yield replace(large, group=g, indices=tuple(range(count, count + int(needed[g]))))

    def existing(
        self, kept: Container[Member], groups: Sequence[int] | None = None
    ) -> tuple[Cell, ...]:
        """Return the cells of all nodes, less what kept old replicas hold there.

        Of ``groups`` alone, where they are few and the others are not known yet.
        """
        holding = frozenset(key for key in self.held if Member(MemberKind.HELD, key) in kept)
        every = range(len(self.catalog.node_groups))
        if holding not in self._cells:
            if groups is not None and FEW * len(groups) < len(every):
                return self._make_cells(holding, groups)
            self._cells[holding] = self._make_cells(holding, every)
        return self._cells[holding]

    def _make_cells(self, holding: frozenset[Key], groups: Sequence[int]) -> tuple[Cell, ...]:
        everywhere = np.ones(len(self.catalog.node_groups), bool)
        residents: Mapping[tuple[int, int], tuple[Resident, ...]] = {}
        if self._may_only_stay():
            running = residents_by_node(
                self.workspace, self.catalog, self.deployments, [everywhere] * len(self.deployments)
            )
            residents = {node: rows for node, rows in running.items() if not self._accepts(*node)}
        cells = make_cells(self.catalog, groups, residents)
        rows = [row for key in sorted(holding) for row in self.held[key]]
        return with_held(cells, rows, Fleet(self.catalog)) if rows else cells

    def _may_only_stay(self) -> bool:
        """Whether there is a node that keeps what runs there and takes nothing new."""
        states = {group.state for group in self.catalog.node_groups}
        return NodeState.CORDONED in states.union(self.catalog.states.values())

    def _accepts(self, number: int, index: int) -> bool:
        group = self.catalog.node_groups[number]
        return self.catalog.state_of(group, index).accepts
