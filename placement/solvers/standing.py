"""How far a placement of a change is from ideal, and what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from placement.problem.affected import Parts
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.ledger import Key
from placement.solvers.exact import Solved
from placement.solvers.greedy import Layout


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
    parts : mapping of (model, environment) to collection of int
        Deployments of which only the replicas on some nodes were free.
    impossible : bool
        Whether it is proved that not everything that is wanted can be placed.
    """

    keys: tuple[Key, ...]
    compiled: Compiled
    solved: Solved
    standing: Standing
    whole: bool
    least: int = 0
    parts: Parts = field(default_factory=dict)
    impossible: bool = False


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
