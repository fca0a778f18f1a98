"""From moves in order to waves: every step in the earliest wave that has room for it.

Rows without successors leave in the first wave. Old rows of ``recreate`` deployments leave in the
wave of their successors, or earlier if their room is needed. Old rows of ``surge`` deployments
leave last, in a wave of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placement.plan.rows import Change
from placement.plan.waves.drafts import Draft, changes_of
from placement.plan.waves.rooms import Item
from placement.plan.waves.steps import Key, Place, Steps, in_order, paired
from placement.plan.waves.timeline import Timeline


@dataclass(frozen=True)
class Hop:
    """Replicas that leave a place (or come from nowhere) for another one (or for good)."""

    steps: Steps
    leave: Place | None
    arrive: Place | None
    count: int = 1

    @property
    def frees_first(self) -> bool:
        """Whether the place is free at the start, and not at the end, of the wave."""
        return self.steps.recreate or self.arrive is None


class Schedule:
    """Fills the waves of a timeline."""

    def __init__(self, timeline: Timeline, steps: Sequence[Steps]) -> None:
        self._timeline, self._steps = timeline, steps
        self._drafts: dict[int, dict[Key, Draft]] = defaultdict(lambda: defaultdict(Draft))

    def run(self, blocks: Sequence[Sequence[Hop]]) -> tuple[tuple[Change, ...], ...]:
        """Return the waves of a change, given the moves that have to be in order."""
        rest = _rest(self._steps, blocks)
        self._add([hop for hop in rest if hop.arrive is None])
        for block in blocks:
            self._add(block)
        for one in self._steps:
            if one.frees_old:
                self._replace(one, [hop for hop in rest if hop.steps is one and hop.arrive])
        for hop in rest:
            if hop.arrive is not None and not hop.steps.frees_old:
                self._add([hop])
        for one in self._steps:
            if not one.frees_old:
                self._remove(one, self._timeline.waves if one.holds_old else 0)
        versions = {one.key: one.version for one in self._steps}
        return tuple(changes_of(self._drafts[wave], versions) for wave in sorted(self._drafts))

    def _add(self, hops: Sequence[Hop]) -> int:
        """Put moves into the earliest wave that has room for all of them, and return it."""
        wave = self._timeline.earliest(_loads(hops))
        for hop in hops:
            self._write(hop, wave)
        return wave

    def _write(self, hop: Hop, wave: int) -> None:
        draft, one = self._drafts[wave][hop.steps.key], hop.steps
        if hop.arrive is not None:
            self._timeline.add(hop.arrive, wave, (True, one.key, hop.arrive[1]), hop.count)
        if hop.leave is not None:
            freed = wave if hop.frees_first else wave + 1
            self._timeline.add(hop.leave, freed, (False, one.key, hop.leave[1]), -hop.count)
        draft.add(one.version, hop.leave, hop.arrive, hop.count)

    def _replace(self, one: Steps, coming: Sequence[Hop]) -> None:
        """Place all successors in one wave, and free the old rows for it, or before if need be."""
        last = self._add(coming)
        for (version, place), count in sorted(one.old.items()):
            item = (False, one.key, place[1])
            wave = self._timeline.latest(place, item, count, last=last)
            self._timeline.add(place, 0, item, count)
            self._timeline.add(place, wave, item, -count)
            self._drafts[wave][one.key].removed[version, place[0]] += count

    def _remove(self, one: Steps, wave: int) -> None:
        for (version, (node, _)), count in one.old.items():
            self._drafts[wave][one.key].removed[version, node] += count


def _rest(steps: Sequence[Steps], blocks: Iterable[Iterable[Hop]]) -> list[Hop]:
    """Return everything that is not in a block, paired in the order of nodes."""
    left: dict[Key, Counter[Place]] = defaultdict(Counter)
    came: dict[Key, Counter[Place]] = defaultdict(Counter)
    for hop in (hop for block in blocks for hop in block):
        for place, done in ((hop.leave, left), (hop.arrive, came)):
            if place is not None:
                done[hop.steps.key][place] += hop.count
    return [
        Hop(one, source, target, count)
        for one in steps
        if one.leave or one.arrive
        for source, target, count in paired(
            in_order(one.leave - left[one.key]), in_order(one.arrive - came[one.key])
        )
    ]


def _loads(hops: Sequence[Hop]) -> dict[str, Counter[Item]]:
    """Return what moves of one wave change during it on the nodes where something arrives."""
    found: dict[str, Counter[Item]] = defaultdict(Counter)
    for hop in hops:
        if hop.arrive is not None:
            found[hop.arrive[0]][True, hop.steps.key, hop.arrive[1]] += hop.count
    for hop in hops:
        if hop.leave is not None and hop.leave[0] in found and hop.frees_first:
            found[hop.leave[0]][False, hop.steps.key, hop.leave[1]] -= hop.count
    return found
