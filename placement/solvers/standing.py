"""How far a placement of a change is from ideal, and what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from placement.objectives.unplaced import class_name
from placement.problem.affected import Parts
from placement.problem.cells import Cell
from placement.problem.compiler import Compiled
from placement.problem.ledger import Key
from placement.solvers.exact import Solved, TierBound
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

    @property
    def is_least(self) -> bool:
        """Whether everything wanted is placed, and not more moves than has to."""
        return not any(self.standing.short) and self.standing.moved <= self.least

    @property
    def rank(self) -> tuple[int, ...]:
        """What decides between two placements of a change, the smaller the better."""
        short = dict.fromkeys(self.compiled.priorities, 0)
        for deployment, missing in zip(self.compiled.deployments, self.standing.short, strict=True):
            short[deployment.priority] += missing * deployment.weight
        return (self.standing.displaced, *short.values(), self.standing.moved)


def bounded_by(found: Found, whole: Found) -> Found:
    """Return a placement with the bounds before the last tier that were proved over everything.

    Those hold only of placements that are as good as ``whole`` in what they place; nothing is said
    where running replicas lose their place.

    Parameters
    ----------
    whole : Found
        Of the same change, with all free that could make room.
    """
    if found.standing.displaced or found.rank[:-1] != whole.rank[:-1]:
        return found
    inside = _unwanted(found.compiled)
    proved = {tier.name: tier.bound for tier in whole.solved.bounds[:-1]}
    for name, weight in _unwanted(whole.compiled).items():
        bound = proved[name]
        proved[name] = None if bound is None else bound - weight + inside[name]
    bounds = tuple(TierBound(name, bound) for name, bound in proved.items())
    solved = replace(found.solved, bounds=(*bounds, found.solved.bounds[-1]))
    return replace(found, solved=solved, whole=True)


def _unwanted(compiled: Compiled) -> dict[str, int]:
    """Return the weight that a problem leaves out from the start, by tier."""
    classes = compiled.priorities
    found = {class_name("unplaced", priority, classes): 0 for priority in classes}
    for deployment, wanted in zip(compiled.deployments, compiled.wanted, strict=True):
        name = class_name("unplaced", deployment.priority, classes)
        found[name] += (deployment.replicas - wanted) * deployment.weight
    return found


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
