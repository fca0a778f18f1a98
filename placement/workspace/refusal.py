"""A refused change, as a value: the reason, what cannot hold together, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RefusalReason(StrEnum):
    """The closed vocabulary of refusals."""

    SELF_RELEASE = "self-release"
    SOURCE_ABSENT = "source-absent"
    SOURCE_DISABLED = "source-disabled"
    UNKNOWN_MODEL = "unknown-model"
    UNKNOWN_ENVIRONMENT = "unknown-environment"
    UNKNOWN_POLICY = "unknown-policy"
    ABSENT = "absent"
    NOTHING_TO_ROLL_BACK = "nothing-to-roll-back"
    GATE = "gate"
    IN_USE = "in-use"
    PROTECTED = "protected"
    POLICY = "policy"
    CAPACITY = "capacity"
    STRANDS = "strands"
    NO_ORDER = "no-order"
    ORDER_UNKNOWN = "order-unknown"
    UNKNOWN = "unknown"


USAGE = frozenset(
    {
        RefusalReason.SELF_RELEASE,
        RefusalReason.SOURCE_ABSENT,
        RefusalReason.SOURCE_DISABLED,
        RefusalReason.UNKNOWN_MODEL,
        RefusalReason.UNKNOWN_ENVIRONMENT,
        RefusalReason.UNKNOWN_POLICY,
        RefusalReason.ABSENT,
        RefusalReason.NOTHING_TO_ROLL_BACK,
    }
)
"""Refusals that are mistakes in what was asked."""
UNDECIDED = frozenset({RefusalReason.ORDER_UNKNOWN, RefusalReason.UNKNOWN})
"""Refusals that prove nothing: no answer was found within the limit."""


class MemberKind(StrEnum):
    """The closed vocabulary of what a conflict is made of."""

    DEMAND = "demand"  # a deployment wants all its replicas placed
    HELD = "held"  # old replicas keep their room until the new ones run
    CAPACITY = "capacity"  # a node group has so many nodes
    SPREAD = "spread"
    SEPARATION = "separation"
    COLOCATION = "colocation"
    POLICY = "policy"
    FLAVORS = "flavors"
    GPU_MEMORY = "gpu memory"
    HARDWARE = "hardware"


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One thing that holds, and that could be given up.

    Attributes
    ----------
    kind : MemberKind
    owner : tuple of str
        (model, environment), (environment,) or (node group,).
    names : tuple of str
        The policies that widen one another, or a rule and the kind of domain it looks at.
    """

    kind: MemberKind
    owner: tuple[str, ...]
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        owner = "@".join(self.owner)
        match self.kind:
            case MemberKind.DEMAND:
                return f"deployment {owner}"
            case MemberKind.HELD:
                return f"old replicas of {owner}"
            case MemberKind.CAPACITY:
                return f"node group {owner}"
            case MemberKind.POLICY:
                return f"policy {' or '.join(f'`{name}`' for name in self.names)} of {owner}"
            case MemberKind.SPREAD | MemberKind.SEPARATION | MemberKind.COLOCATION:
                rule, over = self.names
                return f"`{rule}` over {over} of {owner}"
        return f"{self.kind} of {owner}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Things that cannot hold together.

    Attributes
    ----------
    kind : str
        ``policy``, ``capacity``, ``rules`` or ``order``.
    members : tuple of str
        Such as ``policy `us-only` of production``, ``deployment chat@production``,
        ``node group g1``.
    message : str
        One sentence with the numbers in it.
    proved : bool
        Whether it is proved that the members exclude each other.
    minimal : bool
        Whether it is proved that all the others could hold together without any one of them.
    parts : tuple of Member
        The members as values; empty in a conflict that is read from a document.
    """

    kind: str
    members: tuple[str, ...]
    message: str
    proved: bool
    minimal: bool = True
    parts: tuple[Member, ...] = field(default=(), compare=False, repr=False)


class RepairKind(StrEnum):
    """The closed vocabulary of repairs, from what disturbs least to what disturbs most."""

    ADVICE = "advice"  # what to ask for instead; nothing was tried
    SPREAD = "spread"
    SEPARATION = "separation"
    COLOCATION = "colocation"
    GPU_MEMORY = "gpu memory"
    FLAVOR = "flavor"
    ROLLOUT = "rollout"
    POLICY = "policy"
    CAPACITY = "capacity"
    REPLICAS = "replicas"
    EVICT = "evict"


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that would make it fit.

    Two with the same message are equal: a document keeps nothing else.

    Attributes
    ----------
    kind : RepairKind
    message : str
        One sentence in the imperative, with the numbers in it.
    cost : int or None
        What has to be newly paid for it, in micro-USD per hour: the price of further nodes, 0
        for an edit of what is asked. None for an advice.
    edits : tuple of mapping
        The change itself: ``{"put": DOCUMENT}`` for an object of the workspace,
        ``{"nodeGroup": NAME, "count": N}`` for a node group.
    verified : bool
        Whether it was applied, solved again, and the plan verified.
    """

    kind: RepairKind = field(compare=False)
    message: str
    cost: int | None = field(default=None, compare=False)
    edits: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    verified: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return self.message


def advise(*messages: str) -> tuple[Repair, ...]:
    """Return what to ask for instead, as repairs that nobody has tried."""
    return tuple(Repair(RepairKind.ADVICE, message) for message in messages)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change is not made; nothing has changed.

    Attributes
    ----------
    reason : RefusalReason
    message : str
        One sentence, user input in backticks.
    conflicts : tuple of Conflict
    repairs : tuple of Repair
        Changes that would help, the cheapest first.
    """

    reason: RefusalReason
    message: str
    conflicts: tuple[Conflict, ...] = ()
    repairs: tuple[Repair, ...] = ()

    @property
    def is_usage(self) -> bool:
        """Whether what was asked makes no sense, rather than cannot be done."""
        return self.reason in USAGE

    @property
    def is_undecided(self) -> bool:
        """Whether nothing is proved."""
        return self.reason in UNDECIDED
