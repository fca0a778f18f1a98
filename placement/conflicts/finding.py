"""Finds conflicts: one after the other, each apart from those that are known already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from placement.conflicts.case import Case
from placement.conflicts.counting import Alike, Shortage, shortage
from placement.conflicts.names import smallest_emptying
from placement.conflicts.shrinking import Shrunk, shrink
from placement.conflicts.wording import conflict_of, unknown
from placement.solvers.cpsat import Effort
from placement.solvers.holding import Verdict, holds
from placement.workspace.refusal import Conflict, Member, MemberKind

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.options import CancelToken
    from placement.problem.compiler import Mask
    from placement.problem.ledger import Key
    from placement.workspace.workspace import Workspace

MOST = 10
"""Conflicts that are looked for, if nobody says how many."""
CHECK_WORK = 0.5
"""Deterministic time of one question to CP-SAT."""
MOST_CHECKS = 400
"""Questions that are asked for one conflict."""


ATTEMPTS = 8
"""Deployments for which a solver is asked, where nothing plainer keeps them from their place."""
MOST_PAIRS = 20_000
"""(deployment, node group) pairs up to which it is asked."""


MOST_OPEN = 3
"""Questions about one conflict that may stay open before no more are asked."""
PAIRS = 200_000
"""(deployment, cell) pairs in all the questions that are asked for one conflict."""


class AllBut:
    """All members but some."""

    def __init__(self, given_up: frozenset[Member]) -> None:
        self._given_up = given_up

    def __contains__(self, member: object) -> bool:
        return member not in self._given_up


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
        self._begin()

    def _is_stopped(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    def find(self, *, most: int = MOST, only: Key | None = None) -> Iterator[Conflict]:
        """Yield conflicts that have no member in common, the plainest first.

        Parameters
        ----------
        only : (model, environment), optional
            The deployment that finds no place; all that find none if absent.
        """
        keys = [key for key in self.missing if only in (None, key)]
        for conflict in islice(self._all(keys, only), max(most, 0)):
            yield conflict
            self.given_up |= frozenset(conflict.parts)
            if only is not None and self._is_given_up(only):
                return

    def _all(self, keys: Sequence[Key], only: Key | None) -> Iterator[Conflict]:
        for key in keys:
            found = self._by_names(key)
            if found is not None:
                yield found
        if keys:
            yield from self._by_counting(only)
        for key in keys[:ATTEMPTS]:
            while (found := self._by_proof(key)) is not None:
                yield found
                if not found.proved or self._is_given_up(key):
                    break

    def _is_given_up(self, key: Key) -> bool:
        return self.case.demand(key) in self.given_up

    def _by_names(self, key: Key) -> Conflict | None:
        """Return the rules that leave a deployment no node group at all."""
        if self._is_given_up(key):
            return None
        d = self.case.number[key]
        rules = [rule for rule in self.case.rules(d) if rule.member not in self.given_up]
        members = smallest_emptying(rules)
        if members is None:
            return None
        found = Shrunk(frozenset((self.case.demand(key), *members)), minimal=True)
        return conflict_of(self.case, found)

    def _by_counting(self, only: Key | None) -> Iterator[Conflict]:
        """Yield conflicts of deployments that need more than there is of something."""
        case = self.case
        for needy in self._needy(only):
            while True:
                numbers = [case.number[key] for key in needy if not self._is_given_up(key)]
                last = [case.number[key] for key in ([only] if only else self.missing)]
                found = shortage(case, numbers, AllBut(self.given_up), last=last)
                if found is None:
                    break
                yield self._shrunk_shortage(found, last)

    def _needy(self, only: Key | None) -> Iterator[list[Key]]:
        """Yield the deployments to count: with those that have their place, then with all."""
        if only is not None:
            yield [only, *(k for k in self.case.required if k not in self.missing)]
        yield list(self.case.required)

    def _shrunk_shortage(self, found: Shortage, last: Sequence[int]) -> Conflict:
        case = self.case
        keys = [case.deployments[d].key for d in found.deployments]
        members = {case.demand(key) for key in keys}
        members.update(rule.member for d in found.deployments for rule in case.rules(d))
        groups = case.catalog.node_groups
        members.update(Member(MemberKind.CAPACITY, (groups[g].name,)) for g in found.groups)
        members.update(Member(MemberKind.HELD, key) for key in case.held)
        self._begin()
        kept = frozenset(members) - self.given_up
        wanted = [case.demand(case.deployments[d].key) for d in last]
        alike = Alike(case, found.deployments, AllBut(self.given_up))
        return conflict_of(case, shrink(kept, self._holds, last=wanted, alike=alike.key))

    def _by_proof(self, key: Key) -> Conflict | None:
        """Return what a solver proves impossible; a conflict without proof if it cannot tell."""
        if self._is_given_up(key):
            return None
        self._begin()
        verdict = Verdict.UNKNOWN
        for others in self._circles(key):
            if self._pairs([key, *others]) > MOST_PAIRS:
                verdict = Verdict.UNKNOWN
                break
            members = self.case.members([key, *others]) - self.given_up
            verdict = self._holds(members)
            if verdict is Verdict.BROKEN:
                shrunk = shrink(members, self._holds, last=[self.case.demand(key)])
                return conflict_of(self.case, shrunk)
        return None if verdict is Verdict.HOLDS else unknown(self.case, key)

    def _circles(self, key: Key) -> Iterator[list[Key]]:
        """Yield ever more of the others: nobody, who has no other node groups, and all."""
        yield []
        rest = [k for k in self.case.required if k != key]
        placed = [k for k in rest if k not in self.missing]
        mine = self._mask(key)
        yield [k for k in placed if not (self._mask(k) & ~mine).any()]
        yield placed
        yield rest

    def _mask(self, key: Key) -> Mask:
        return self.case.allowed(self.case.number[key], AllBut(self.given_up))

    def _pairs(self, keys: Iterable[Key]) -> int:
        return sum(int(self._mask(key).sum()) for key in keys)

    def _begin(self) -> None:
        """Begin with one conflict."""
        self._left = self._checks
        self._pairs_left = PAIRS
        self._open_left = MOST_OPEN

    def _holds(self, kept: frozenset[Member]) -> Verdict:
        if self._is_over():
            return Verdict.UNKNOWN
        self._left -= 1
        question = self.case.question(kept)
        self._pairs_left -= question.compiled.pairs
        verdict = holds(question, self._effort)
        self._open_left -= verdict is Verdict.UNKNOWN
        return verdict

    def _is_over(self) -> bool:
        return min(self._left, self._pairs_left, self._open_left) <= 0 or self._is_stopped()


def remains(conflict: Conflict, case: Case) -> bool:
    """Whether the members of a conflict are proved not to hold together in another case either."""
    demands = {case.demand(key) for key in case.required}
    kept = {m for m in conflict.parts if m.kind is not MemberKind.DEMAND or m in demands}
    return holds(case.question(frozenset(kept)), Effort(CHECK_WORK)) is Verdict.BROKEN


def case_of(workspace: Workspace, catalog: Catalog) -> Case:
    """Return the case of a whole workspace: every enabled deployment needs all its replicas."""
    required = {d.key: d.replicas for d in workspace.deployments if d.enabled}
    return Case(workspace, catalog, required=required)
