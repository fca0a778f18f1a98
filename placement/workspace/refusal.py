"""A refused change, as a value: the reason, what cannot hold together, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Conflict:
    """Things that cannot hold together.

    Attributes
    ----------
    kind : str
        ``policy``, ``capacity`` or ``order``.
    members : tuple of str
        Such as ``policy us-only``, ``deployment chat@production``, ``node group g1``.
    message : str
        One sentence with the numbers in it.
    proved : bool
        Whether it is proved that the members exclude each other.
    """

    kind: str
    members: tuple[str, ...]
    message: str
    proved: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change is not made; nothing has changed.

    Attributes
    ----------
    reason : RefusalReason
    message : str
        One sentence, user input in backticks.
    conflicts : tuple of Conflict
    repairs : tuple of str
        Changes that would help.
    """

    reason: RefusalReason
    message: str
    conflicts: tuple[Conflict, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def is_usage(self) -> bool:
        """Whether what was asked makes no sense, rather than cannot be done."""
        return self.reason in USAGE

    @property
    def is_undecided(self) -> bool:
        """Whether nothing is proved."""
        return self.reason in UNDECIDED
