"""A workspace with what runs, counted per node: what every change starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from placement.plan.document import rows_digest
from placement.plan.running import node_order
from placement.pricing import unit_price
from placement.problem.ledger import Held, Key, Ledger

if TYPE_CHECKING:
    from placement.plan.plan import Plan
    from placement.problem.fleet import Fleet
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace

V = TypeVar("V")


@dataclass(frozen=True)
class State:
    """What runs, by deployment and by node.

    Attributes
    ----------
    workspace : Workspace
    ledger : Ledger
        Of all rows whose deployment is there, enabled and of the template they were started with.
    rows_of : mapping of (model, environment) to tuple of Assignment
        Those rows, by deployment.
    placed, costs : mapping of (model, environment) to int
        Replicas, and micro-USD per hour by share.
    recorded : int
        What all rows of the workspace say they cost.
    digests : mapping of (model, environment) to str
        Digest of the rows of each deployment that has any in the workspace.
    stale : frozenset of (model, environment)
        Where rows run that are of no use any more: they hold nothing and have to go.
    is_astray : bool
        Whether a row is on a node that is not there or may hold nothing.
    """

    workspace: Workspace
    ledger: Ledger
    rows_of: Mapping[Key, tuple[Assignment, ...]]
    placed: Mapping[Key, int]
    costs: Mapping[Key, int]
    recorded: int
    digests: Mapping[Key, str]
    stale: frozenset[Key]
    is_astray: bool = False

    @classmethod
    def of(cls, workspace: Workspace, fleet: Fleet) -> State:
        """Count a workspace from nothing."""
        rows_of: dict[Key, tuple[Assignment, ...]] = {}
        stale = set()
        held: list[Held] = []
        for key, rows in workspace.running_by_key.items():
            deployment = workspace.by_key.get(key)
            if deployment is None or not _is_current(workspace, deployment, rows):
                stale.add(key)
                continue
            rows = rows_of[key] = _priced(rows, deployment, fleet)
            held += [(row, deployment) for row in rows]
        ledger = Ledger.empty(fleet).changed(on=held)
        return cls(
            workspace=workspace,
            ledger=ledger,
            rows_of=rows_of,
            placed={key: _replicas(rows) for key, rows in rows_of.items()},
            costs={key: _cost(rows) for key, rows in rows_of.items()},
            recorded=_cost(workspace.running),
            digests={key: rows_digest(rows) for key, rows in workspace.running_by_key.items()},
            stale=frozenset(stale),
            is_astray=any(_is_astray(row.node, fleet) for row, _ in held),
        )

    def held(self, key: Key) -> list[Held]:
        """Return the rows of a deployment with the deployment they were started from."""
        deployment = self.workspace.by_key.get(key)
        if deployment is None:
            return []
        return [(row, deployment) for row in self.rows_of.get(key, ())]

    def then(
        self, after: Workspace, plan: Plan, rows: Mapping[Key, tuple[Assignment, ...]]
    ) -> State:
        """Return the state in which a plan runs.

        Parameters
        ----------
        after : Workspace
            After the change, what runs left aside.
        plan : Plan
        rows : mapping of (model, environment) to tuple of Assignment
            The rows in the plan of every deployment whose rows changed; empty if it has none.
        """
        fleet = self.ledger.fleet
        rows = {
            key: _priced(own, after.by_key[key], fleet) if own else () for key, own in rows.items()
        }
        off = [held for key in rows for held in self.held(key)]
        on = [(row, after.by_key[key]) for key, own in rows.items() for row in own]
        rows_of = _updated(self.rows_of, rows, tuple)
        workspace = after.with_rows(rows_of)
        if workspace.running != plan.assignments:  # other costs, billed by node
            workspace = after.with_running(plan)
        return replace(
            self,
            workspace=workspace,
            ledger=self.ledger.changed(off=off, on=on),
            rows_of=rows_of,
            placed=_updated(self.placed, rows, _replicas),
            costs=_updated(self.costs, rows, _cost),
            recorded=_cost(plan.assignments)
            if plan.transition is None
            else plan.transition.cost_after,
            digests=_updated(self.digests, rows, rows_digest),
            stale=frozenset(),
            is_astray=False,
        )


def _updated(
    known: Mapping[Key, V],
    rows: Mapping[Key, tuple[Assignment, ...]],
    count: Callable[[tuple[Assignment, ...]], V],
) -> Mapping[Key, V]:
    """Return what is known of the rows of each deployment, after those of some changed."""
    found = {**known, **{key: count(own) for key, own in rows.items() if own}}
    for key in [key for key, own in rows.items() if not own]:
        found.pop(key, None)
    return found


def _replicas(rows: tuple[Assignment, ...]) -> int:
    return sum(row.replicas for row in rows)


def _cost(rows: tuple[Assignment, ...]) -> int:
    return sum(row.cost for row in rows)


def _priced(
    rows: tuple[Assignment, ...], deployment: ModelDeployment, fleet: Fleet
) -> tuple[Assignment, ...]:
    """Return rows in their order, with what they cost by share on this fleet."""
    priced = []
    for row in sorted(rows, key=lambda row: (node_order(row.node), row.gpu or 0)):
        place = fleet.catalog.find_node(row.node)
        cost = row.cost if place is None else unit_price(deployment, place[0]) * row.replicas
        priced.append(row if cost == row.cost else replace(row, cost=cost))
    return tuple(priced)


def _is_astray(node: str, fleet: Fleet) -> bool:
    number = fleet.number(node)
    return number is None or not fleet.holds[number]


def _is_current(
    workspace: Workspace, deployment: ModelDeployment, rows: tuple[Assignment, ...]
) -> bool:
    if not deployment.enabled or deployment.key in workspace.replaced:
        return False
    return all(
        row.version == deployment.version and row.gpus == deployment.gpus * row.replicas
        for row in rows
    )
