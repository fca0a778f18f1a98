"""One conflict with all that the search for repairs needs to know about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from placement.constraints.base import subject
from placement.workspace.refusal import Member, MemberKind

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.conflicts.case import Case, Rule
    from placement.problem.compiler import Mask
    from placement.problem.ledger import Key
    from placement.workspace.refusal import Conflict
    from placement.workspace.workspace import ModelDeployment


class Trouble:
    """A conflict in its case.

    Parameters
    ----------
    case : Case
    conflict : Conflict
        With its members as values.
    placed : mapping of (model, environment) to int
        Replicas that have a place as things are.
    """

    def __init__(self, case: Case, conflict: Conflict, placed: Mapping[Key, int]) -> None:
        self.case = case
        self.conflict = conflict
        self.placed = placed
        self.catalog = case.catalog

    def members(self, *kinds: MemberKind) -> Iterator[Member]:
        """Yield the members of some kinds, in their order."""
        return (member for member in self.conflict.parts if member.kind in kinds)

    @cached_property
    def deployments(self) -> tuple[ModelDeployment, ...]:
        """The deployments that need replicas in the conflict."""
        return tuple(map(self.owner, self.members(MemberKind.DEMAND)))

    @cached_property
    def missing(self) -> int:
        """Replicas of these deployments without a place; at least 1."""
        lacking = sum(
            max(0, self.case.required.get(d.key, d.replicas) - self.placed.get(d.key, 0))
            for d in self.deployments
        )
        return max(1, lacking)

    def owner(self, member: Member) -> ModelDeployment:
        """Return the deployment that a member is about."""
        key = (member.owner[0], member.owner[1])
        return self.case.workspace.by_key[key]

    def openings(self, member: Member) -> list[NodeGroup]:
        """Return the node groups that one rule alone keeps deployments of the conflict from.

        The cheapest per GPU first, or per node if it has none.
        """
        found = np.zeros(len(self.catalog.node_groups), bool)
        for deployment in self.deployments:
            rules = self.case.rules(self.case.number[deployment.key])
            if any(rule.member == member for rule in rules):
                found |= _refused_by(member, rules)
        groups = [self.catalog.node_groups[g] for g in np.flatnonzero(found).tolist()]
        usable = (group for group in groups if self.catalog.accepting(group))
        return sorted(usable, key=_price)


def _refused_by(member: Member, rules: tuple[Rule, ...]) -> Mask:
    """Return the node groups that a rule refuses and all the others allow."""
    found: Mask = np.logical_or.reduce([~rule.mask for rule in rules if rule.member == member])
    for rule in rules:
        if rule.member != member:
            found = found & rule.mask
    return found


def _price(group: NodeGroup) -> tuple[float, str]:
    return (group.price / (group.gpu_count or 1), group.name)


def titled(deployment: ModelDeployment) -> str:
    """Return how messages name a deployment."""
    return f"`{subject(deployment)}`"
