"""From things that cannot hold together to as few of them as still cannot: by deletion, on proof.

A member is given up for good only when the others are *proved* not to hold without it. One whose
giving up is not decided within the effort stays, and the result says that it may not be minimal.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from placement.solvers.holding import Verdict
from placement.workspace.refusal import Member, MemberKind

Holds = Callable[[frozenset[Member]], Verdict]
"""Whether some members can hold together."""

FIRST = (
    (MemberKind.CAPACITY,),
    (MemberKind.HELD,),
    (MemberKind.SEPARATION, MemberKind.COLOCATION, MemberKind.SPREAD),
)
"""Kinds that are given up all at once, if that changes nothing: the shortest stories come first."""
ORDER = (
    MemberKind.HELD,
    MemberKind.DEMAND,
    MemberKind.CAPACITY,
    MemberKind.SEPARATION,
    MemberKind.COLOCATION,
    MemberKind.SPREAD,
    MemberKind.FLAVORS,
    MemberKind.GPU_MEMORY,
    MemberKind.HARDWARE,
    MemberKind.POLICY,
)
"""What is given up first, if there is a choice: people look for a policy to blame."""


@dataclass(frozen=True)
class Shrunk:
    """Members that are proved not to hold together.

    Attributes
    ----------
    members : frozenset of Member
    minimal : bool
        Whether it is proved that without any one of them the others can hold.
    """

    members: frozenset[Member]
    minimal: bool


def shrink(
    members: frozenset[Member],
    holds: Holds,
    *,
    last: Iterable[Member] = (),
    alike: Callable[[Member], Hashable] = lambda member: member,
) -> Shrunk:
    """Return as few as possible of some members that are known not to hold together.

    Parameters
    ----------
    last : iterable of Member
        Those to keep if there is a choice.
    alike : callable
        Equal for members that could change places with each other, and nobody would see it: if
        one is needed, so are the others.
    """
    return _Deletion(members, holds, frozenset(last), alike).run()


class _Deletion:
    def __init__(
        self,
        members: frozenset[Member],
        holds: Holds,
        last: frozenset[Member],
        alike: Callable[[Member], Hashable],
    ) -> None:
        self.kept = members
        self.last = last
        self._holds = holds
        self._alike = alike
        self._settled: set[Hashable] = set()
        self._open = False

    def run(self) -> Shrunk:
        for kinds in FIRST:
            self._try(frozenset(m for m in self.kept if m.kind in kinds))
        for kind in ORDER:
            mine = sorted(m for m in self.kept if m.kind is kind)
            self._halve([m for m in mine if m not in self.last])
            self._halve([m for m in mine if m in self.last])
        return Shrunk(self.kept, minimal=not self._open)

    def _try(self, some: frozenset[Member]) -> Verdict:
        """Give some members up if the others are proved not to hold even so."""
        if not some:
            return Verdict.HOLDS
        verdict = self._holds(self.kept - some)
        if verdict is Verdict.BROKEN:
            self.kept -= some
        return verdict

    def _halve(self, some: Sequence[Member]) -> None:
        """Give up all that can be of some members, many at a time."""
        some = [member for member in some if self._alike(member) not in self._settled]
        if not some:
            return
        verdict = self._try(frozenset(some))
        if verdict is Verdict.BROKEN:
            return
        if len(some) == 1:
            self._settled.add(self._alike(some[0]))
            self._open |= verdict is Verdict.UNKNOWN
            return
        middle = len(some) // 2
        self._halve(some[middle:])
        self._halve(some[:middle])
