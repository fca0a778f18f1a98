"""Conflicts in words: one sentence with the numbers in it, checkable by hand.

Where a plain sum proves that there is too little, the sum is told. Where only trying every way to
lay the replicas out does, the sentence says that it is by packing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from placement.catalog.geography import continent_name
from placement.catalog.rows import UNIT
from placement.constraints.base import thousandths
from placement.workspace.refusal import Conflict, Member, MemberKind

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.conflicts.case import Case
    from placement.conflicts.shrinking import Shrunk
    from placement.problem.ledger import Key
    from placement.workspace.workspace import ModelDeployment

ORDER = (
    MemberKind.DEMAND,
    MemberKind.HELD,
    MemberKind.POLICY,
    MemberKind.FLAVORS,
    MemberKind.GPU_MEMORY,
    MemberKind.HARDWARE,
    MemberKind.SPREAD,
    MemberKind.SEPARATION,
    MemberKind.COLOCATION,
    MemberKind.CAPACITY,
)
"""In which members are listed."""
STRUCTURE = (MemberKind.SPREAD, MemberKind.SEPARATION, MemberKind.COLOCATION)
FEW = 3
"""Deployments, or node groups, that a sentence names one by one."""


def conflict_of(case: Case, shrunk: Shrunk) -> Conflict:
    """Return members that are proved not to hold together, as a value with its sentence."""
    members = tuple(sorted(shrunk.members, key=lambda m: (ORDER.index(m.kind), m)))
    kinds = {member.kind for member in members}
    if MemberKind.CAPACITY in kinds:
        kind, message = "capacity", _Count(case, members).sentence()
    elif kinds.isdisjoint(STRUCTURE):
        rules = [str(m) for m in members if m.kind is not MemberKind.DEMAND]
        kind, message = "policy", f"no node group satisfies {', '.join(rules)}"
    else:
        rules = [str(m) for m in members if m.kind is not MemberKind.DEMAND]
        who = _demands(case, members)
        kind, message = "rules", f"no choice of nodes lets {who} keep {', '.join(rules)}"
    if not shrunk.minimal:
        message += " (perhaps not all of these are needed for it)"
    return Conflict(
        kind, tuple(map(str, members)), message, proved=True, minimal=shrunk.minimal, parts=members
    )


def unknown(case: Case, key: Key) -> Conflict:
    """Return what is said of a deployment without a place if nothing could be proved."""
    member = case.demand(key)
    message = (
        f"no place was found for all replicas of `{'@'.join(key)}`, "
        "and it is not known whether there is one"
    )
    return Conflict(
        "capacity", (str(member),), message, proved=False, minimal=False, parts=(member,)
    )


def _demands(case: Case, members: Iterable[Member]) -> str:
    """Return who needs how much: ``4 replicas of `chat@production` (2 GPUs each)``."""
    keys = [m.owner for m in members if m.kind is MemberKind.DEMAND]
    found = [case.deployments[case.number[key]] for key in keys]  # type: ignore[index]
    if len(found) > FEW:
        replicas = sum(case.required[d.key] for d in found)
        return f"{replicas} replicas of {len(found)} deployments"
    return _and(_wish(d, case.required[d.key]) for d in found)


def _wish(deployment: ModelDeployment, replicas: int) -> str:
    """Return what one deployment wants: ``2 replicas of `chat@production` (2 GPUs each)``."""
    if deployment.gpus:
        size = f"{thousandths(deployment.gpus)} GPU{'s' if deployment.gpus > UNIT else ''}"
    else:
        size = f"{thousandths(deployment.cpus)} CPU{'s' if deployment.cpus > UNIT else ''}"
    many, each = ("1 replica", "") if replicas == 1 else (f"{replicas} replicas", " each")
    return f"{many} of `{'@'.join(deployment.key)}` ({size}{each})"


def _and(parts: Iterable[str]) -> str:
    found = list(parts)
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


class _Count:
    """Counts what is needed and what exists in one conflict about capacity."""

    def __init__(self, case: Case, members: Sequence[Member]) -> None:
        self.case = case
        self.members = members
        kept = frozenset(members)
        self.question = case.question(kept)
        self.needs = [
            (case.deployments[case.number[m.owner]], case.required[m.owner])  # type: ignore[index]
            for m in members
            if m.kind is MemberKind.DEMAND
        ]
        named = {m.owner[0] for m in members if m.kind is MemberKind.CAPACITY}
        groups = case.catalog.node_groups
        self.groups = [group for group in groups if group.name in named]
        self.cells = [c for c in self.question.compiled.cells if groups[c.group].name in named]

    def sentence(self) -> str:
        """Return what is needed and what there is."""
        plain = next(self._sums(), None)
        where = self._where()
        held = [m for m in self.members if m.kind is MemberKind.HELD]
        beside = f" beside {_and(map(str, held))}" if held else ""
        if plain is not None:
            what, needed, there = plain
            who = self._who()
            verb = "needs" if len(self.needs) == 1 else "need"
            left = ("is" if there == "1" else "are") + " left"
            if not held:
                left = "exists" if there == "1" else "exist"
            return f"{who} {verb} {needed} {what}{where}; {there} {left}{beside}"
        rules = [str(m) for m in self.members if m.kind in STRUCTURE]
        keep = f" and keep {_and(rules)}" if rules else ""
        count = sum(cell.size for cell in self.cells)
        nodes = "1 node" if count == 1 else f"{count} nodes"
        how = "search" if rules else "packing"
        return (
            f"{_demands(self.case, self.members)} do not fit on {nodes}{where}{beside}{keep}; "
            f"this is by {how}, for the sums alone would allow it"
        )

    def _who(self) -> str:
        names = [f"`{'@'.join(d.key)}`" for d, _ in self.needs]
        return _and(names) if len(names) <= FEW else f"{len(names)} deployments"

    def _sums(self) -> Iterator[tuple[str, str, str]]:
        """Yield every resource of which more is needed than exists, with both amounts."""
        label = self._gpu_label()
        whole = [cell for cell in self.cells if cell.accepts]
        if len(whole) < len(self.cells):
            return  # what may stay on cordoned nodes is not a matter of sums
        pairs = [
            (label, sum(d.gpus * n for d, n in self.needs), [sum(c.slots) for c in self.cells]),
            ("CPUs", sum(d.cpus * n for d, n in self.needs), [c.cpus for c in self.cells]),
            (
                "GiB of memory",
                sum(d.memory * n for d, n in self.needs),
                [c.memory for c in self.cells],
            ),
            *self._extras(),
        ]
        for what, needed, free in pairs:
            there = self._total(free)
            if needed > there:
                yield what, thousandths(needed), thousandths(there)
        yield from self._pieces()

    def _extras(self) -> Iterator[tuple[str, int, list[int]]]:
        for name in sorted({name for d, _ in self.needs for name in d.extra}):
            needed = sum(d.extra.get(name, 0) * n for d, n in self.needs)
            yield f"`{name}`", needed, [dict(c.extra).get(name, 0) for c in self.cells]

    def _total(self, free: Sequence[int]) -> int:
        pairs = zip(self.cells, free, strict=True)
        return sum(max(amount, 0) * cell.size for cell, amount in pairs)

    def _pieces(self) -> Iterator[tuple[str, str, str]]:
        """Yield the sizes of which more pieces are needed than single nodes hold."""
        if self._is_shared():
            return
        for size in sorted({d.gpus for d, _ in self.needs if d.gpus > UNIT}, reverse=True):
            needed = sum(d.gpus // size * n for d, n in self.needs)
            there = sum(cell.whole_gpus * UNIT // size * cell.size for cell in self.cells)
            if needed > there:
                what = f"times {thousandths(size)} {self._gpu_label()} on one node"
                yield what, str(needed), str(there)

    def _is_shared(self) -> bool:
        return any(d.is_share for d, _ in self.needs)

    def _gpu_label(self) -> str:
        flavors = {group.flavor for group in self.groups if group.flavor_type == "gpu"}
        return flavors.pop() if len(flavors) == 1 else "GPUs"

    def _where(self) -> str:
        """Return the smallest place that holds all the node groups: `` in Asia``."""
        names = [group.name for group in self.groups]
        if len(names) == 1:
            return f" in node group `{names[0]}`"
        for place in (_region, _country, _continent):
            found = {place(group) for group in self.groups}
            if len(found) == 1:
                return f" in {found.pop()}"
        return f" in {len(names)} node groups"


def _region(group: NodeGroup) -> str:
    return f"`{group.region.key}`"


def _country(group: NodeGroup) -> str:
    return group.region.country


def _continent(group: NodeGroup) -> str:
    return continent_name(group.region.continent)
