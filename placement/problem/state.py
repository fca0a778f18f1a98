"""A workspace with what runs, counted per node: what every change starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from placement.problem.ledger import Held, Key, Ledger

if TYPE_CHECKING:
    from placement.problem.fleet import Fleet
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace


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
    stale : frozenset of (model, environment)
        Where rows run that are of no use any more: they hold nothing and have to go.
    """

    workspace: Workspace
    ledger: Ledger
    rows_of: Mapping[Key, tuple[Assignment, ...]]
    stale: frozenset[Key]

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
            rows_of[key] = rows
            held += [(row, deployment) for row in rows]
        ledger = Ledger.empty(fleet).changed(on=held)
        return cls(workspace, ledger, rows_of, frozenset(stale))

    def held(self, key: Key) -> list[Held]:
        """Return the rows of a deployment with the deployment they were started from."""
        deployment = self.workspace.by_key.get(key)
        if deployment is None:
            return []
        return [(row, deployment) for row in self.rows_of.get(key, ())]

    def then(self, workspace: Workspace, rows: Mapping[Key, tuple[Assignment, ...]]) -> State:
        """Return the state after a change of which all rows of some deployments are known.

        Parameters
        ----------
        workspace : Workspace
            After the change.
        rows : mapping of (model, environment) to tuple of Assignment
            The new rows of every deployment whose rows changed; empty if none run any more.
        """
        off = [held for key in rows for held in self.held(key)]
        on = [(row, workspace.by_key[key]) for key, own in rows.items() for row in own]
        rows_of = {**self.rows_of, **rows}
        for key in [key for key, own in rows.items() if not own]:
            del rows_of[key]
        return replace(
            self,
            workspace=workspace,
            ledger=self.ledger.changed(off=off, on=on),
            rows_of=rows_of,
            stale=frozenset(),
        )


def _is_current(
    workspace: Workspace, deployment: ModelDeployment, rows: tuple[Assignment, ...]
) -> bool:
    if not deployment.enabled or deployment.key in workspace.replaced:
        return False
    return all(
        row.version == deployment.version and row.gpus == deployment.gpus * row.replicas
        for row in rows
    )
