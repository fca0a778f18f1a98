"""A change that might help, not tried yet: objects to put, node groups to resize."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from placement.catalog.catalog import Catalog
from placement.catalog.edits import with_count
from placement.workspace.dumping import Object, to_document
from placement.workspace.refusal import Repair, RepairKind
from placement.workspace.transitions.edits import edited, object_key
from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class Candidate:
    """One change.

    Attributes
    ----------
    cost : int
        Micro-USD per hour that have to be newly paid for it.
    size : int
        How much is changed, to tell a small change from a large one of the same kind.
    put : tuple of policies, environments, deployments
    counts : mapping of str to int
        Nodes of a node group from now on.
    """

    kind: RepairKind
    message: str
    cost: int = 0
    size: int = 1
    put: tuple[Object, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def objects(self) -> frozenset[object]:
        """What is changed: keys of objects, names of node groups."""
        return frozenset((self.kind, key) for key in (*map(object_key, self.put), *self.counts))

    def applied(self, workspace: Workspace, catalog: Catalog) -> tuple[Workspace, Catalog]:
        """Return workspace and catalog after the change."""
        for name, count in self.counts.items():
            catalog = with_count(catalog, name, count)
        return edited(workspace, put=self.put), catalog

    def tried(self) -> Repair:
        """Return the change as a repair that has been tried."""
        return Repair(self.kind, self.message, self.cost, tuple(self._edits()), verified=True)

    def _edits(self) -> Iterator[Mapping[str, Any]]:
        for one in self.put:
            yield {"put": to_document(one)}
        for name, count in self.counts.items():
            yield {"nodeGroup": name, "count": count}


@dataclass(frozen=True)
class Ladder:
    """Changes of one kind, from the smallest to the largest.

    Attributes
    ----------
    rungs : int
        How many there are.
    rung : callable
        Given 1 to ``rungs``, that change; a later one helps wherever an earlier one does.
    first : int
        The lowest that may help.
    """

    rungs: int
    rung: Callable[[int], Candidate]
    first: int = 1

    @classmethod
    def single(cls, candidate: Candidate) -> Ladder:
        """Return a ladder of one change."""
        return cls(1, lambda n: candidate)

    @classmethod
    def of(cls, candidates: list[Candidate]) -> Ladder:
        """Return a ladder of some changes, in their order."""
        return cls(len(candidates), lambda n: candidates[n - 1])
