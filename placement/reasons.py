"""Why replicas have no place, counted over node groups: each by the first rule that refuses it.

The order is policies (by type), flavors, hardware, GPU memory, state; then, for the node groups
that are left, what is in the way of one more replica: a full node, spread, separation, colocation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.catalog.rows import UNIT
from placement.constraints.base import thousandths
from placement.constraints.eligibility import ELIGIBILITY_RULES, Eligibility
from placement.constraints.peers import PeerIndex
from placement.plan.obstacles import OPEN, Obstacles, counted, labelled
from placement.plan.room import Rooms
from placement.plan.rows import Unplaced

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.plan.view import PlanView
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True)
class Sorted:
    """Node groups of a catalog, by whether a deployment may use them.

    ``refused`` counts by the first rule that refuses; ``left`` may take new replicas.
    """

    refused: Counter[str]
    left: tuple[NodeGroup, ...]


LEFT_OUT = "not part of this change: it had no place before"


def unplaced_rows(
    view: PlanView,
    *,
    proved: bool,
    only: Collection[tuple[str, str]] | None = None,
) -> tuple[Unplaced, ...]:
    """Return one row per enabled deployment that lacks replicas, with its reasons.

    Parameters
    ----------
    view : PlanView
    proved : bool
        Whether it is proved that no more replicas can be placed; otherwise each reason says
        that it is not.
    only : collection of (model, environment), optional
        The deployments that the plan is about; all if absent. The others are said to be left out.

    Returns
    -------
    tuple of Unplaced
        In the order of the workspace's deployments.
    """
    reasons = Reasons(view)
    rows = []
    for deployment, lacking in view.lacking:
        if lacking > 0:
            concerned = only is None or deployment.key in only
            found = reasons.of(deployment, proved=proved) if concerned else (LEFT_OUT,)
            rows.append(Unplaced(*deployment.key, replicas=lacking, reasons=found))
    return tuple(rows)


def considered(
    workspace: Workspace, catalog: Catalog, deployment: ModelDeployment
) -> tuple[int, int]:
    """Return (eligible, total): how many node groups a deployment may use, whatever their state."""
    eligibility = Eligibility(workspace, catalog)
    allowed = sum(
        1 for group in catalog.node_groups if eligibility.refusal(deployment, group) is None
    )
    return allowed, len(catalog.node_groups)


class Reasons:
    """Reasons of one plan; remembers what deployments of equal wishes have in common."""

    def __init__(self, view: PlanView) -> None:
        self._view = view
        self._peers = PeerIndex(view)
        self._rooms = Rooms(view)
        self._sorted: dict[tuple[object, ...], Sorted] = {}

    def of(self, deployment: ModelDeployment, *, proved: bool) -> tuple[str, ...]:
        """Return what is larger than every node, if anything, and the count over node groups."""
        split = self._split(deployment)
        obstacles = Obstacles(self._view, self._peers, self._rooms, deployment)
        counts = split.refused + Counter(map(obstacles.on_group, split.left))
        total, free = len(self._view.catalog.node_groups), counts.pop(OPEN, 0)
        named = [(self._label(rule, deployment), count) for rule, count in counts.items()]
        text = counted(total, free, named)
        if free and deployment.min_replicas > 1:
            text += f"; at least {deployment.min_replicas} replicas must fit together"
        doubt = "" if proved else " (not proved)"
        return (*_too_large(deployment, self._view.catalog), text + doubt)

    def _split(self, deployment: ModelDeployment) -> Sorted:
        wish = (self._view.eligibility.bindings(deployment), *_wish(deployment))
        if wish not in self._sorted:
            self._sorted[wish] = self._sort(deployment)
        return self._sorted[wish]

    def _sort(self, deployment: ModelDeployment) -> Sorted:
        refused: Counter[str] = Counter()
        left = []
        for group in self._view.catalog.node_groups:
            rule = self._first_refusal(deployment, group)
            if rule is None:
                left.append(group)
            else:
                refused[rule] += 1
        return Sorted(refused, tuple(left))

    def _first_refusal(self, deployment: ModelDeployment, group: NodeGroup) -> str | None:
        catalog = self._view.catalog
        types = self._view.eligibility.refusing_types(deployment, group)
        if types:
            return types[0]
        for rule in ELIGIBILITY_RULES:
            if rule.refuses(deployment, group, catalog) is not None:
                return rule.name
        return None if catalog.accepting(group) else "state"

    def _label(self, rule: str, deployment: ModelDeployment) -> str:
        attached = self._view.eligibility.effective(deployment).attachments
        names = {a.policy.name for a in attached if a.binds and a.policy.type == rule}
        return labelled(rule, names)


def _wish(deployment: ModelDeployment) -> tuple[object, ...]:
    """Return all that the refusals of a deployment depend on besides policies."""
    flavors = tuple(sorted((entry.type, entry.name) for entry in deployment.flavors))
    return (
        flavors,
        (deployment.gpus, deployment.gpu_memory, deployment.cpus, deployment.memory),
        tuple(sorted(deployment.extra.items())),
    )


def _too_large(deployment: ModelDeployment, catalog: Catalog) -> tuple[str, ...]:
    groups = catalog.node_groups
    most = {
        "GPUs": (deployment.gpus, max((g.gpu_count * UNIT for g in groups), default=0)),
        "CPUs": (deployment.cpus, max((g.cpus for g in groups), default=0)),
        "GiB of memory": (deployment.memory, max((g.memory for g in groups), default=0)),
    }
    return tuple(
        f"no node has {thousandths(wanted)} {what}"
        for what, (wanted, largest) in most.items()
        if wanted > largest
    )
