"""What becomes of what runs today: replicas that may stay, must leave, or are not wanted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.constraints.eligibility import Eligibility
from placement.plan.rows import Forced

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

Key = tuple[str, str]


@dataclass(frozen=True)
class Removed:
    """A row that nobody wants any more, and why."""

    row: Assignment
    reason: str


@dataclass(frozen=True)
class RunningState:
    """Today's rows, each in exactly one of three lots.

    Attributes
    ----------
    movable : mapping of (model, environment) to mapping of node to int
        Replicas that may stay where they are: ``old_n`` of the semantics.
    forced : tuple of Forced
        Replicas that are wanted but cannot stay, one entry per deployment and node, sorted.
    removed : tuple of Removed
        Rows whose deployment is gone or disabled, or whose template changed.
    wanted : mapping of (model, environment) to tuple of Assignment
        The rows behind ``movable`` and ``forced``: those of an unchanged template.
    """

    movable: Mapping[Key, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    forced: tuple[Forced, ...] = ()
    removed: tuple[Removed, ...] = ()
    wanted: Mapping[Key, tuple[Assignment, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def old(self, key: Key) -> int:
        """Return how many movable replicas a deployment has."""
        return sum(self.movable.get(key, {}).values())

    def old_on(self, key: Key, node: str) -> int:
        """Return how many movable replicas a deployment has on one node."""
        return self.movable.get(key, {}).get(node, 0)


def running_state(
    workspace: Workspace,
    catalog: Catalog,
    *,
    running: Sequence[Assignment] | None = None,
    eligibility: Eligibility | None = None,
) -> RunningState:
    """Sort today's rows into movable, forced and removed.

    Parameters
    ----------
    workspace : Workspace
    catalog : Catalog
    running : sequence of Assignment, optional
        The rows of today; ``workspace.running`` if absent.
    eligibility : Eligibility, optional
        Of the same workspace and catalog, to share what it has judged.

    Returns
    -------
    RunningState
    """
    rows = workspace.running if running is None else running
    judge = eligibility or Eligibility(workspace, catalog)
    movable: dict[Key, Counter[str]] = defaultdict(Counter)
    wanted: dict[Key, list[Assignment]] = defaultdict(list)
    forced: dict[tuple[str, str, str], Forced] = {}
    removed: list[Removed] = []
    for row in sorted(rows, key=_row_order):
        deployment = workspace.by_key.get(row.key)
        unwanted = _why_unwanted(row, deployment, outdated=row.key in workspace.replaced)
        if deployment is None or unwanted is not None:
            removed.append(Removed(row, unwanted or ""))
            continue
        wanted[row.key].append(row)
        reason = _why_forced(row, deployment, catalog, judge)
        if reason is None:
            movable[row.key][row.node] += row.replicas
        else:
            _add_forced(forced, row, reason)
    return RunningState(
        MappingProxyType({key: MappingProxyType(dict(counts)) for key, counts in movable.items()}),
        tuple(forced.values()),
        tuple(removed),
        MappingProxyType({key: tuple(lot) for key, lot in wanted.items()}),
    )


def same_template(row: Assignment, deployment: ModelDeployment) -> bool:
    """Whether a running row is of the deployment's version and GPUs per replica."""
    return row.version == deployment.version and row.gpus == deployment.gpus * row.replicas


def is_wanted(row: Assignment, workspace: Workspace) -> bool:
    """Whether a running row counts as replicas of what a workspace asks for."""
    deployment = workspace.by_key.get(row.key)
    return _why_unwanted(row, deployment, outdated=row.key in workspace.replaced) is None


def replicas_by_key(rows: Iterable[Assignment]) -> Counter[Key]:
    """Return how many replicas of each deployment some rows have."""
    found: Counter[Key] = Counter()
    for row in rows:
        found[row.key] += row.replicas
    return found


def _why_unwanted(
    row: Assignment, deployment: ModelDeployment | None, *, outdated: bool
) -> str | None:
    if deployment is None:
        return "the deployment does not exist any more"
    if not deployment.enabled:
        return "the deployment is disabled"
    if outdated or not same_template(row, deployment):
        return "the template of the deployment changed"
    return None


def _why_forced(
    row: Assignment, deployment: ModelDeployment, catalog: Catalog, eligibility: Eligibility
) -> str | None:
    found = catalog.find_node(row.node)
    if found is None:
        return "the node does not exist any more"
    state = catalog.state_of(*found)
    if not state.holds:
        return f"the node is {state}"
    refusal = eligibility.refusal(deployment, found[0])
    return None if refusal is None else refusal.message


def _add_forced(forced: dict[tuple[str, str, str], Forced], row: Assignment, reason: str) -> None:
    key = (*row.key, row.node)
    earlier = forced[key].replicas if key in forced else 0
    forced[key] = Forced(*row.key, row.node, earlier + row.replicas, reason)


def node_order(node: str) -> tuple[str, int, str]:
    """Sort key of a node name: node group, then index as a number."""
    group, _, index = node.rpartition("/")
    number = int(index) if index.isascii() and index.isdigit() and len(index) < 19 else -1
    return (group, number, node)


def _row_order(row: Assignment) -> tuple[str, str, tuple[str, int, str], int, str]:
    gpu = -1 if row.gpu is None else row.gpu
    return (*row.key, node_order(row.node), gpu, row.version)
