"""Tries what might help, and keeps what does, in the order in which a person would want it.

The order: what has to be newly paid for it, the least first; then what disturbs least, in the
order of ``RepairKind`` (a wish of the deployment itself, a policy, fewer replicas, somebody else's
place); then the smallest change; then the message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from placement.conflicts.finding import remains
from placement.repairs.candidate import Candidate, Ladder
from placement.repairs.capacity import more_nodes
from placement.repairs.policies import wider_policies
from placement.repairs.wishes import evictions, fewer_replicas, other_wishes
from placement.workspace.refusal import Repair, RepairKind

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.repairs.trouble import Trouble
    from placement.workspace.workspace import Workspace

Fits = Callable[["Workspace", "Catalog"], bool]
"""Whether everything finds a place in a verified plan."""

TRIALS = 24
"""Plans that are made for one conflict."""
LARGE = 1_000_000
"""(deployment, node group) pairs from which one plan may take a second."""
FEW_TRIALS = 8
"""Plans that are made for one conflict then."""
PER_KIND = 2
"""Repairs of one kind that are kept."""
MOST = 6
"""Repairs that are kept in all."""
SOURCES = (other_wishes, wider_policies, more_nodes, fewer_replicas, evictions)


def find_repairs(
    trouble: Trouble, workspace: Workspace, fits: Fits, *, most: int = MOST
) -> tuple[Repair, ...]:
    """Return the cheapest changes that make it fit, each of which was tried.

    Parameters
    ----------
    trouble : Trouble
    workspace : Workspace
        What the changes are applied to.
    fits : callable
        Given workspace and catalog after a change.
    """
    search = _Search(trouble, workspace, fits)
    found = [one for source in SOURCES for one in search.helpful(source(trouble))]
    kinds = list(RepairKind)
    found.sort(key=lambda one: (one.cost, kinds.index(one.kind), one.size, one.message))
    kept: list[Candidate] = []
    count: Counter[RepairKind] = Counter()
    for one in found:
        if count[one.kind] < PER_KIND:
            count[one.kind] += 1
            kept.append(one)
    return tuple(one.tried() for one in kept[:most])


class _Search:
    def __init__(self, trouble: Trouble, workspace: Workspace, fits: Fits) -> None:
        self._case = trouble.case
        self._conflict = trouble.conflict
        self._catalog = trouble.catalog
        self._workspace = workspace
        self._fits = fits
        pairs = len(workspace.deployments) * len(trouble.catalog.node_groups)
        self._left = TRIALS if pairs < LARGE else FEW_TRIALS

    def helpful(self, ladders: Iterator[Ladder]) -> Iterator[Candidate]:
        """Yield of each ladder the smallest change that helps, if any does.

        One way to change an object is enough: where it helps, its other ladders are left out.
        """
        known: set[frozenset[object]] = set()
        for ladder in ladders:
            if not ladder.rungs or ladder.rung(ladder.first).objects in known:
                continue
            found = self._lowest(ladder)
            if found is not None:
                known.add(found.objects)
                yield found

    def _lowest(self, ladder: Ladder) -> Candidate | None:
        """Return the lowest rung that helps; only rungs that end the conflict are planned."""
        first = _halved(ladder.first, ladder.rungs, lambda n: self._ends_it(ladder.rung(n)))
        if first is None:
            return None
        lowest = _halved(first, ladder.rungs, lambda n: self._helps(ladder.rung(n)))
        return None if lowest is None else ladder.rung(lowest)

    def _ends_it(self, candidate: Candidate) -> bool:
        """Whether the members of the conflict are no longer proved to exclude each other."""
        after = candidate.applied(self._workspace, self._catalog)
        return not remains(self._conflict, self._case.changed(*after))

    def _helps(self, candidate: Candidate) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        return self._fits(*candidate.applied(self._workspace, self._catalog))


def _halved(low: int, high: int, is_enough: Callable[[int], bool]) -> int | None:
    """Return the lowest number that is enough: ``low`` itself, or by halving what is above it."""
    if is_enough(low):
        return low
    if low >= high or not is_enough(high):
        return None
    low += 1
    while low < high:
        middle = (low + high) // 2
        if is_enough(middle):
            high = middle
        else:
            low = middle + 1
    return high
