"""What an explanation says, as frozen values with closed vocabularies.

GPUs, CPUs and GiB are in thousandths, values of the objective in steps of ``1 / scale`` of a unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from placement.plan.obstacles import counted, labelled
from placement.plan.room import Shortage
from placement.workspace.effective import LeftOut, Level

if TYPE_CHECKING:
    from placement.explanation.candidate import Candidate


class Verdict(StrEnum):
    """Whether one more replica could run in a place, beside all that runs."""

    FEASIBLE = "feasible"
    TOGETHER = "together"  # only along with more replicas of the same deployment
    REFUSED = "refused"
    ABSENT = "absent"  # the fleet has no such place


class Rule(StrEnum):
    """What can be in the way, in the order in which it is asked."""

    POLICY = "policy"
    FLAVORS = "flavors"
    HARDWARE = "hardware"
    GPU_MEMORY = "gpu_memory"
    STATE = "state"
    CAPACITY = "capacity"
    SPREAD = "spread"
    SEPARATION = "separation"
    COLOCATION = "colocation"
    DEMAND = "demand"
    ENABLED = "enabled"


SHORT = {Rule.CAPACITY: "full", Rule.ENABLED: "disabled"}
"""How rules are called where node groups are counted, if not by their name."""


class StepKind(StrEnum):
    """The steps of a resolution path, in order."""

    FLEET = "fleet"
    POLICY = "policy"
    FLAVORS = "flavors"
    HARDWARE = "hardware"
    GPU_MEMORY = "gpu_memory"
    STATE = "state"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a fleet: node groups, their nodes and GPUs, and the countries they are in."""

    node_groups: int
    nodes: int
    gpus: int
    countries: int


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy attached to a deployment or to its environment.

    Attributes
    ----------
    policy, type : str
    level : Level
    to : str
        The environment, or ``model@environment``.
    allows : str
        In words.
    node_groups : int
        How many of the fleet it allows by itself, whether it binds or not.
    left_out : LeftOut or None
        Why it does not bind; None if it does.
    """

    policy: str
    type: str
    level: Level
    to: str
    allows: str
    node_groups: int
    left_out: LeftOut | None

    @property
    def binds(self) -> bool:
        """Whether the policy restricts the deployment."""
        return self.left_out is None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a resolution path: what it allows, and what is left after it.

    Attributes
    ----------
    kind : StepKind
    allows : str
        In words; of policies of one type and level, the union.
    alone : int
        Node groups that this step allows by itself.
    left : Remaining
        After this step and all before it.
    type, level, policies
        Of a step of policies: type, level, and the names that are united; else None and empty.
    """

    kind: StepKind
    allows: str
    alone: int
    left: Remaining
    type: str | None = None
    level: Level | None = None
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is in the way in one place.

    Attributes
    ----------
    rule : Rule
    message : str
        A sentence without the place.
    type, level, policies
        Of ``policy``: its type, where it is attached, and the names that do not allow the place.
    shortages : tuple of Shortage
        Of ``capacity``: what is short on the node where the least is.
    """

    rule: Rule
    message: str
    type: str | None = None
    level: Level | None = None
    policies: tuple[str, ...] = ()
    shortages: tuple[Shortage, ...] = ()

    @property
    def label(self) -> str:
        """How it is counted: the type of policies, else the rule."""
        return self.type or SHORT.get(self.rule, self.rule.value)


@dataclass(frozen=True, slots=True)
class Place:
    """One node group, judged for one more replica.

    Attributes
    ----------
    node_group, provider, region, zone, country, flavor : str
    node : str or None
        The node that gets furthest; None if no node takes new replicas.
    reasons : tuple of Reason
        All that is in the way there, in the order of ``Rule``; the first one is the verdict's.
    needs : tuple of Reason
        What one more replica alone does not satisfy, and more of them would.
    value : int
        What a replica there adds to the objective, in its steps; means nothing unless it fits.
    """

    node_group: str
    provider: str
    region: str
    zone: str
    country: str
    flavor: str
    node: str | None
    reasons: tuple[Reason, ...]
    needs: tuple[Reason, ...]
    value: int

    @property
    def fits(self) -> bool:
        """Whether one replica fits an empty node."""
        return all(reason.rule is not Rule.HARDWARE for reason in self.reasons)

    @property
    def verdict(self) -> Verdict:
        """Whether one more replica could run there."""
        if self.reasons:
            return Verdict.REFUSED
        return Verdict.TOGETHER if self.needs else Verdict.FEASIBLE


@dataclass(frozen=True, slots=True)
class Share:
    """How many node groups one rule is the first to refuse; ``policies`` are all that could be."""

    label: str
    policies: tuple[str, ...]
    node_groups: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Every node group of a fleet, by the first rule that refuses it.

    ``free`` are refused by none, those included where a replica needs others beside it.
    """

    total: int
    free: int
    refused: tuple[Share, ...]

    @property
    def text(self) -> str:
        """``0 of 212 node groups: 150 location (`us-only`), 41 flavors, 21 full``."""
        shares = ((labelled(s.label, s.policies), s.node_groups) for s in self.refused)
        return counted(self.total, self.free, shares)


def histogram(places: tuple[Place, ...], binding: Mapping[str, tuple[str, ...]]) -> Histogram:
    """Return judged node groups by their first reason.

    ``binding`` are the names of the policies that bind, by type.
    """
    found = Counter(place.reasons[0].label for place in places if place.reasons)
    shares = (Share(label, binding.get(label, ()), count) for label, count in found.items())
    ordered = sorted(shares, key=lambda share: (-share.node_groups, share.label))
    return Histogram(len(places), len(places) - found.total(), tuple(ordered))


@dataclass(frozen=True, slots=True)
class Runs:
    """Replicas of the deployment that run in a node group and may stay there."""

    node_group: str
    region: str
    country: str
    flavor: str
    replicas: int


@dataclass(frozen=True, slots=True)
class Unit:
    """The objective that places are compared by, and how its values are shown: value / scale."""

    objective: str
    name: str | None
    scale: int

    def shown(self, value: int | Fraction) -> Fraction:
        """Return a value in its unit."""
        return Fraction(value) / self.scale


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a deployment may run where it may.

    Attributes
    ----------
    model, environment, version : str
    enabled : bool
    replicas, placed : int
        Wanted, and running where they may stay.
    attached : tuple of Attached
        Every policy on either level: environment first, by type, then by name.
    steps : tuple of Step
        The resolution path. What is left never grows.
    histogram : Histogram
        The whole fleet, for one more replica beside all that runs.
    runs : tuple of Runs
        By node group.
    unit : Unit
    cheapest : Place or None
        The best place of the fleet for one more replica by the objective; None if there is none.
    candidate : Candidate or None
        The answer about the place that was asked for.
    places : tuple of Place
        Every node group of the candidate, or of the fleet, judged; in the order of names.
    """

    model: str
    environment: str
    version: str
    enabled: bool
    replicas: int
    placed: int
    attached: tuple[Attached, ...]
    steps: tuple[Step, ...]
    histogram: Histogram
    runs: tuple[Runs, ...]
    unit: Unit
    cheapest: Place | None
    candidate: Candidate | None
    places: tuple[Place, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data; places only if a candidate was asked for."""
        from placement.explanation.document import explanation_document

        return explanation_document(self)
