"""What is on every node in every wave, as the waves are filled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from placement.plan.waves.rooms import Item, Rooms, joined
from placement.plan.waves.steps import Place

Loads = Mapping[str, Counter[Item]]


class Timeline:
    """Loads by node and wave; nodes where nothing arrives are not looked at.

    Parameters
    ----------
    today : mapping of node to Counter
        What is on each node before the first wave.
    free : collection of nodes
        Nodes that have room for everything at once.
    """

    def __init__(self, rooms: Rooms, today: Loads, free: Iterable[str]) -> None:
        self._rooms = rooms
        self._today = {node: load.copy() for node, load in today.items()}
        self._free = frozenset(free)
        self._steps: dict[str, dict[int, Counter[Item]]] = defaultdict(dict)
        self.waves = 0

    def earliest(self, more: Loads) -> int:
        """Return the first wave from which on the nodes can hold so much more (or less).

        It is a new wave if none of the present ones can.
        """
        return max((self._earliest_on(node, load) for node, load in more.items()), default=0)

    def latest(self, place: Place, item: Item, count: int, *, last: int) -> int:
        """Return the last wave, at most ``last``, until whose start replicas can stay."""
        node = place[0]
        if node not in self._today or node in self._free:
            return last
        stay = Counter({item: count})
        crowded = (wave for wave in range(last) if not self._fits(node, wave, stay))
        return next(crowded, last)

    def add(self, place: Place, wave: int, item: Item, count: int) -> None:
        """Let replicas be somewhere from a wave on; fewer than 0 are gone from then on."""
        node = place[0]
        self.waves = max(self.waves, wave + 1) if count > 0 else self.waves
        if node in self._today:
            steps = self._steps[node].setdefault(wave, Counter())
            steps[item] += count

    def _earliest_on(self, node: str, more: Counter[Item]) -> int:
        if node in self._free:
            return 0
        wave = self.waves
        while wave > 0 and self._fits(node, wave - 1, more):
            wave -= 1
        return wave

    def _fits(self, node: str, wave: int, more: Mapping[Item, int]) -> bool:
        load = self._today[node]
        for earlier, steps in self._steps[node].items():
            if earlier <= wave:
                load = joined(load, steps)
        return self._rooms.fits(node, joined(load, more))
