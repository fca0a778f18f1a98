"""Finds conflicts: one after the other, each apart from those that are known already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from placement.conflicts.case import Case
from placement.conflicts.names import smallest_emptying
from placement.conflicts.shrinking import Shrunk, shrink
from placement.conflicts.wording import conflict_of, unknown
from placement.objectives.cost import Cost
from placement.objectives.mix import parse_objective
from placement.solvers.cpsat import Effort
from placement.solvers.holding import Verdict, holds
from placement.workspace.refusal import Conflict, Member, MemberKind

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.options import CancelToken
    from placement.problem.ledger import Key
    from placement.workspace.workspace import Workspace

MOST = 10
"""Conflicts that are looked for, if nobody says how many."""
CHECK_WORK = 1.0
"""Deterministic time of one question to CP-SAT."""
MOST_CHECKS = 400
"""Questions that are asked for one conflict."""


class Finder:
    """Looks for conflicts in one case.

    Parameters
    ----------
    case : Case
    placed : mapping of (model, environment) to int
        Replicas that the best known plan places.
    checks : int
        Questions to CP-SAT that may be asked for one conflict.
    cancel : CancelToken, optional
        ``is_set()`` ends every search.
    """

    def __init__(
        self,
        case: Case,
        placed: Mapping[Key, int],
        *,
        checks: int = MOST_CHECKS,
        cancel: CancelToken | None = None,
    ) -> None:
        self.case = case
        self._cancel = cancel
        self._effort = Effort(CHECK_WORK, stopped=self._is_stopped)
        self.missing = [
            d.key
            for d in sorted(case.deployments, key=lambda d: (-d.priority, d.key))
            if placed.get(d.key, 0) < case.required.get(d.key, 0)
        ]
        self.given_up: frozenset[Member] = frozenset()
        self._checks = checks
        self._left = checks

    def _is_stopped(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    def find(self, *, most: int = MOST, only: Key | None = None) -> Iterator[Conflict]:
        """Yield conflicts that have no member in common.

        Parameters
        ----------
        only : (model, environment), optional
            The deployment that finds no place; all that find none if absent.
        """
        for key in [key for key in self.missing if only in (None, key)]:
            while most > 0:
                conflict = self._next(key)
                if conflict is None:
                    break
                most -= 1
                yield conflict
                self.given_up |= frozenset(conflict.parts)
                if only is not None or not conflict.proved:
                    break

    def _next(self, key: Key) -> Conflict | None:
        """Return a conflict that keeps a deployment from its place, or None."""
        if self.case.demand(key) in self.given_up:
            return None
        return self._by_names(key) or self._by_proof(key)

    def _by_names(self, key: Key) -> Conflict | None:
        rules = [
            rule
            for rule in self.case.rules(self.case.number[key])
            if rule.member not in self.given_up
        ]
        members = smallest_emptying(rules)
        if members is None:
            return None
        found = Shrunk(frozenset((self.case.demand(key), *members)), minimal=True)
        return conflict_of(self.case, found)

    def _by_proof(self, key: Key) -> Conflict | None:
        self._left = self._checks
        whole = [k for k in self.case.required if k not in self.missing and k != key]
        verdict = Verdict.UNKNOWN
        for others in ([], whole, [k for k in self.case.required if k != key]):
            members = self.case.members([key, *others]) - self.given_up
            verdict = self._holds(members)
            if verdict is Verdict.BROKEN:
                shrunk = shrink(members, self._holds, last=[self.case.demand(key)])
                return conflict_of(self.case, shrunk)
        return None if verdict is Verdict.HOLDS else unknown(self.case, key)

    def _holds(self, kept: frozenset[Member]) -> Verdict:
        if self._left <= 0 or self._is_stopped():
            return Verdict.UNKNOWN
        self._left -= 1
        return holds(self.case.question(kept), self._effort)


def remains(conflict: Conflict, case: Case) -> bool:
    """Whether the members of a conflict are proved not to hold together in another case either."""
    demands = {case.demand(key) for key in case.required}
    kept = {m for m in conflict.parts if m.kind is not MemberKind.DEMAND or m in demands}
    return holds(case.question(frozenset(kept)), Effort(CHECK_WORK)) is Verdict.BROKEN


def case_of(workspace: Workspace, catalog: Catalog) -> Case:
    """Return the case of a whole workspace: every enabled deployment needs all its replicas."""
    required = {d.key: d.replicas for d in workspace.deployments if d.enabled}
    return Case(workspace, catalog, objective=parse_objective(Cost.name), required=required)
