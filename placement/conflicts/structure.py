"""The rules between the replicas of a deployment and others, one member each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from placement.workspace.refusal import Member, MemberKind

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment

FIELDS = {"maxPerDomain": "max_per_domain", "minDomains": "min_domains", "maxSkew": "max_skew"}
"""The rules of a spread entry, as documents and as deployments spell them."""


def structural(kind: MemberKind, deployment: ModelDeployment, rule: str, over: object) -> Member:
    """Return the member of one rule of a deployment over a kind of domain."""
    return Member(kind, deployment.key, (rule, str(over)))


def with_rules(deployment: ModelDeployment, own: frozenset[Member], least: int) -> ModelDeployment:
    """Return a deployment with some of its rules, without ``maxSkew``, and another minimum."""
    spread = []
    for entry in deployment.spread:
        left = {
            FIELDS[rule]: None
            for rule in FIELDS
            if rule == "maxSkew"
            or structural(MemberKind.SPREAD, deployment, rule, entry.over) not in own
        }
        left_over = entry.model_copy(update=left)
        if left_over.max_per_domain or left_over.min_domains:
            spread.append(left_over)

    def keeps(kind: MemberKind, rule: str, entries: Iterable[object]) -> tuple[object, ...]:
        return tuple(
            entry
            for entry in entries
            if structural(kind, deployment, rule, entry.over) in own  # type: ignore[attr-defined]
        )

    return deployment.model_copy(
        update={
            "spread": tuple(spread),
            "separate_from": keeps(MemberKind.SEPARATION, "separateFrom", deployment.separate_from),
            "together_with": keeps(MemberKind.COLOCATION, "togetherWith", deployment.together_with),
            "min_replicas": least,
        }
    )
