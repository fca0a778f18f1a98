"""The rows of a plan: assignments, what is unplaced, what changes, tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from placement.frozen import picklable, quickly_made
from placement.workspace.assignment import Assignment
from placement.workspace.transitions.difference import PolicyDifference

__all__ = [
    "Action",
    "Assignment",
    "Basis",
    "Certificate",
    "Change",
    "Forced",
    "Observed",
    "PolicyDifference",
    "Status",
    "Tier",
    "TransitionRecord",
    "Unplaced",
]


DUAL, SEARCH = PROOFS = ("dual", "search")
"""How a bound can be proved: by the prices of the plan, or by a solver's search."""


class Status(StrEnum):
    """What is known about a plan; ``unknown`` proves nothing."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Certificate(StrEnum):
    """What was proved: tiers 1 and 2 (``global``), a gap, or nothing."""

    GLOBAL = "global"
    GAP = "gap"
    NONE = "none"


class Action(StrEnum):
    """The closed vocabulary of changes."""

    PLACE = "place"
    KEEP = "keep"
    MOVE = "move"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An enabled deployment that lacks ``replicas`` replicas, and why."""

    model: str
    environment: str
    replicas: int
    reasons: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """(model, environment)."""
        return (self.model, self.environment)


@quickly_made
@dataclass(frozen=True, slots=True)
class Change:
    """One step from what runs to the plan, in whole replicas."""

    action: Action
    model: str
    environment: str
    version: str
    replicas: int
    from_node: str | None
    to_node: str | None


@dataclass(frozen=True, slots=True)
class Tier:
    """Value and proved bound of one objective tier.

    ``value`` and ``bound`` are integers in steps of ``1 / scale`` of ``unit``; ``scale`` may
    be any positive integer (the latency mean divides by the weight it is averaged over).
    ``bound`` is None if none is known. ``proof`` says how the bound was proved (``dual`` by the
    prices of the plan, ``search`` by a solver) and ``confirmed_by`` what else found it,
    ``conditional`` that an earlier tier is unproved, ``scope`` over what part of the problem it
    holds (``affected``; None is all of it).
    """

    name: str
    value: int
    bound: int | None
    unit: str | None = None
    scale: int = 1000
    proof: str | None = None
    conditional: bool = False
    scope: str | None = None
    confirmed_by: str | None = None

    @property
    def proved(self) -> bool:
        """Whether value and bound meet."""
        return self.bound == self.value

    def is_within(self, gap: float) -> bool:
        """Whether value and bound are within a relative gap that was asked for (0: none was)."""
        return bool(gap) and self.bound is not None and self.value - self.bound <= gap * self.value


@dataclass(frozen=True, slots=True)
class Forced:
    """Running replicas that cannot stay: their node is gone, draining, or not allowed."""

    model: str
    environment: str
    node: str
    replicas: int
    reason: str


@dataclass(frozen=True, slots=True)
class Observed:
    """Placed replicas that a policy with ``enforcement: observe`` would not allow."""

    policy: str
    model: str
    environment: str
    node: str
    replicas: int


@dataclass(frozen=True, slots=True)
class Basis:
    """Digests of everything the answer depends on."""

    catalog: str
    workspace: str
    running: str
    serial: int | None = None


@picklable
@dataclass(frozen=True, slots=True)
class TransitionRecord:
    """What a plan changes in the workspace besides the running rows: enough to do it again.

    Attributes
    ----------
    kind : str
        ``release``, ``deploy``, ...
    arguments : mapping of str to str
        What was asked, for people.
    put : tuple of documents
        Objects that are new or different.
    delete : tuple of documents
        ``{"kind", "name"}``, for deployments also ``"environment"``.
    replaced : tuple of (model, environment)
        Deployments whose running rows are of an earlier template.
    uncallable : tuple of (model, environment, version)
        What can be called before and not after.
    cost_before, cost_after : int
        Micro-USD per hour of everything that runs.
    """

    kind: str
    arguments: Mapping[str, str]
    put: tuple[Mapping[str, Any], ...] = ()
    delete: tuple[Mapping[str, str], ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    uncallable: tuple[tuple[str, str, str], ...] = ()
    cost_before: int = 0
    cost_after: int = 0
