"""The fewest moves that make room for a change: everything else pinned first, then more may move.

Pinned, the problem has the concerned deployments and what is free. If that is ideal, nothing else
has to be looked at. If it is not, everything that could make room may move as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from placement.problem.affected import Affected
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.fleet import Ints
from placement.problem.ledger import Key
from placement.solvers.exact import Report, Solved
from placement.solvers.greedy import Layout
from placement.solvers.limits import Limits
from placement.solvers.pipeline import solve

BREADTH = 3
"""First look at nodes that together take so many times what is wanted."""


@dataclass(frozen=True)
class Standing:
    """How far a layout is from ideal.

    Attributes
    ----------
    short : tuple of int
        Replicas that are wanted and not placed, by deployment.
    displaced, moved : int
        Weight of running replicas without a place, and with another node.
    """

    short: tuple[int, ...]
    displaced: int
    moved: int

    @property
    def ideal(self) -> bool:
        """Whether everything wanted is placed and nothing moves."""
        return not any(self.short) and not self.displaced and not self.moved


@dataclass(frozen=True)
class Found:
    """The best placement of a change.

    Attributes
    ----------
    keys : tuple of (model, environment)
        The deployments that were free, sorted.
    whole : bool
        Whether the bounds hold over all deployments and nodes.
    least : int
        What is known to move at least, where they do not.
    """

    keys: tuple[Key, ...]
    compiled: Compiled
    solved: Solved
    standing: Standing
    whole: bool
    least: int = 0


class ChangeSolver:
    """Finds the placement of one change.

    Parameters
    ----------
    affected : Affected
    limits : Limits
    report : callable
    gap : float
        Relative gap of the last tier that is good enough.
    """

    def __init__(
        self, affected: Affected, limits: Limits, *, report: Report, gap: float = 0.0
    ) -> None:
        self.affected = affected
        self.limits = limits
        self.report = report
        self.gap = gap

    def solve(self) -> Found:
        """Return the placement with the fewest moves."""
        found = self.pinned()
        if found.standing.ideal or self.limits.over():
            return found
        return self.whole()

    def pinned(self) -> Found:
        """Return the best placement with every deployment that is not concerned where it is."""
        keys = self.affected.keys
        ledger = self.affected.without(keys)
        near = self.affected.landing(keys, ledger, breadth=BREADTH)
        found = self._solve(keys, near, whole=False)
        if found.standing.ideal and found.solved.exact:
            return found
        far = self.affected.landing(keys, ledger, breadth=None)
        if len(far) == len(near):
            return found
        return self._solve(keys, far, whole=False)

    def whole(self) -> Found:
        """Return the best placement with everything free that could make room."""
        keys = self.affected.contenders()
        ledger = self.affected.without(keys)
        return self._solve(keys, self.affected.landing(keys, ledger, breadth=None), whole=True)

    def _solve(self, keys: Sequence[Key], landing: Ints, *, whole: bool) -> Found:
        compiled = self.affected.compile(keys, landing)
        solved = solve(
            compiled,
            self.limits,
            first=lambda cells, layout: None,
            report=self.report,
            gap=self.gap,
            workers=1,
        )
        standing = standing_of(compiled, solved.cells, solved.layout)
        return Found(tuple(keys), compiled, solved, standing, whole or standing.ideal)


def standing_of(compiled: Compiled, cells: Sequence[Cell], layout: Layout) -> Standing:
    """Return how far a layout is from ideal."""
    placed: Counter[int] = Counter()
    stayed: Counter[int] = Counter()
    for c, seats in layout.items():
        on: Counter[tuple[int, int]] = Counter()
        for seat in seats:
            on[seat.deployment, seat.node] += seat.replicas
            placed[seat.deployment] += seat.replicas
        for (d, _), count in on.items():
            stayed[d] += min(count, cells[c].resident(d))
    displaced = moved = 0
    for d, deployment in enumerate(compiled.deployments):
        running = compiled.movable[d]
        displaced += max(0, min(running, deployment.replicas) - placed[d]) * deployment.weight
        moved += (min(running, placed[d]) - stayed[d]) * deployment.weight
    short = tuple(wanted - placed[d] for d, wanted in enumerate(compiled.wanted))
    return Standing(short, displaced, moved)
