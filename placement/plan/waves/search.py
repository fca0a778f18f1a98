"""An order of the moves that others wait for, or the proof that there is none.

Only moves off contested nodes have to be ordered (see ``parts``): what frees nothing can wait, and
once no node is contested all that is left can happen at once. So an order exists if and only if
single moves of ``surge`` deployments, and least sets of moves of ``recreate`` deployments that make
room for each other, lead there. Least sets are enough: a larger one can be done in parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from placement.plan.waves.parts import Mover, Part, State
from placement.plan.waves.rooms import Rooms, joined

Hop = tuple[int, int]
"""The slot of a departure and the slot that its arrival is taken from."""
Block = tuple[Hop, ...]
"""Moves that happen together."""
Found = tuple[tuple[Block, ...], State]
"""Blocks one after the other, and what is left after them."""


class OutOfBudgetError(Exception):
    """More states were looked at than allowed."""


@dataclass
class Budget:
    """How many more states may be looked at."""

    left: int

    def spend(self) -> None:
        """Count one state."""
        if self.left <= 0:
            raise OutOfBudgetError
        self.left -= 1


class Search:
    """Depth-first search over what is left to do in one part; no state is entered twice."""

    def __init__(self, rooms: Rooms, part: Part, budget: Budget) -> None:
        self._rooms, self._part, self._budget = rooms, part, budget
        # Nodes are judged by the slots on them: adding up what is there takes much longer.
        self._contests: dict[tuple[str, State], bool] = {}
        self._crowds: dict[tuple[str, State], bool] = {}

    def run(self) -> tuple[Block, ...] | None:
        """Return blocks of moves in an order that works, or None if no order does.

        Raises
        ------
        OutOfBudgetError
        """
        start = self._part.start
        seen, stack = {start}, [self._after(start)]
        path: list[tuple[Block, ...]] = []
        while stack:
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
                del path[len(stack) - 1 :]
                continue
            blocks, state = found
            if state in seen:
                continue
            self._budget.spend()
            seen.add(state)
            path.append(blocks)
            if not self._contested(state):
                return tuple(block for blocks in path for block in blocks)
            stack.append(self._after(state))
        return None

    def _after(self, state: State) -> Iterator[Found]:
        """Yield what can happen next, the least harmful first."""
        contested = self._contested(state)
        waiting = [(mover, self._leaving(mover, state, contested)) for mover in self._part.movers]
        waiting = [(mover, slots) for mover, slots in waiting if slots]
        for mover, slots in waiting:
            free = self._free(mover, state, contested)
            if sum(state[slot] for slot in slots) <= sum(state[slot] for slot in free):
                # Nobody needs these places: there is nothing to choose.
                yield _all(state, slots, free)
                return
        for mover, slots in waiting:
            if state[mover.spare]:
                # Those without successors leave at once, whatever happens later: only which ones.
                yield from (_done(state, ((slot, mover.spare),)) for slot in slots)
                return
        for mover, slots in waiting:
            for slot in slots:
                yield from self._hops(mover, slot, state, contested)

    def _hops(
        self, mover: Mover, slot: int, state: State, contested: frozenset[str]
    ) -> Iterator[Found]:
        for target in self._targets(mover, state, contested):
            if mover.steps.recreate:
                hops = ((slot, target),)
                yield from self._together(hops, _less(state, *hops[0]), contested, set())
            elif not self._is_crowded(target, _less(state, target)):
                yield _done(state, ((slot, target),))

    def _together(
        self, hops: tuple[Hop, ...], state: State, contested: frozenset[str], tried: set[State]
    ) -> Iterator[Found]:
        """Yield the least sets that hold these hops and in which everybody has room."""
        crowded = next((slot for _, slot in hops if self._is_crowded(slot, state)), None)
        if crowded is None:
            yield (hops,), state
            return
        for mover, slot in self._part.leaving_from(self._part.node_of(crowded)):
            if not mover.steps.recreate or not state[slot]:
                continue
            for target in self._targets(mover, state, contested):
                left = _less(state, slot, target)
                if left not in tried:
                    self._budget.spend()
                    tried.add(left)
                    yield from self._together((*hops, (slot, target)), left, contested, tried)

    def _leaving(self, mover: Mover, state: State, contested: frozenset[str]) -> list[int]:
        return [
            slot for slot in mover.leave if state[slot] and self._part.node_of(slot) in contested
        ]

    def _free(self, mover: Mover, state: State, contested: frozenset[str]) -> list[int]:
        """Return the slots whose use takes nothing from anybody."""
        roomy = [slot for slot in mover.arrive if self._part.node_of(slot) not in contested]
        return [slot for slot in (mover.spare, mover.elsewhere, *roomy) if state[slot]]

    def _targets(self, mover: Mover, state: State, contested: frozenset[str]) -> list[int]:
        """Return where a replica can go: to one free place if there is any.

        That is never worse than a contested one, which is left for the next of its kind.
        """
        return self._free(mover, state, contested)[:1] or [s for s in mover.arrive if state[s]]

    def _contested(self, state: State) -> frozenset[str]:
        return frozenset(node for node in self._part.full if self._is_contested(node, state))

    def _is_contested(self, node: str, state: State) -> bool:
        part = self._part
        memory = (node, tuple([state[slot] for slot in part.leaving_slots(node)]))
        known = self._contests.get(memory)
        if known is None:
            load = joined(part.full[node], part.departed(node, state))
            known = self._contests[memory] = not self._rooms.fits(node, load)
        return known

    def _is_crowded(self, slot: int, state: State) -> bool:
        """Whether the node of an arrival is over capacity in a state."""
        part, node = self._part, self._part.node_of(slot)
        if node not in part.full:
            return False
        memory = (node, tuple([state[other] for other in part.slots(node)]))
        known = self._crowds.get(memory)
        if known is None:
            load = joined(part.today[node], part.departed(node, state))
            load = joined(load, part.arrived(node, state))
            known = self._crowds[memory] = not self._rooms.fits(node, load)
        return known


def _less(state: State, *slots: int) -> State:
    left = list(state)
    for slot in slots:
        left[slot] -= 1
    return tuple(left)


def _done(state: State, hops: tuple[Hop, ...]) -> Found:
    """Return the state after moves that do not need each other."""
    return tuple((hop,) for hop in hops), _less(state, *(slot for hop in hops for slot in hop))


def _all(state: State, slots: list[int], free: list[int]) -> Found:
    """Pair all departures of some slots with the first of the free ones."""
    leaving = [slot for slot in slots for _ in range(state[slot])]
    arriving = (slot for slot in free for _ in range(state[slot]))
    return _done(state, tuple(zip(leaving, arriving, strict=False)))
