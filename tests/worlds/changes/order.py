"""Whether a placement can be reached in waves, by trying every order.

Written from the rule alone. A wave of surge steps is never worth more than its steps one by one,
and a recreate deployment may change any set of its replicas at once, so an order exists if and
only if one exists in which each wave is a single surge step, a single new replica, or a set of
recreate steps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product

from tests.worlds.changes.change import Change
from tests.worlds.changes.loads import Item, Size, fits, size_of
from tests.worlds.rules import Node
from tests.worlds.world import Key

Place = tuple[str, int | None]
"""A node, and the slot of a share."""
Placing = dict[Key, dict[str, int]]
Seats = dict[Key, Counter[Place]]
Counts = tuple[int, ...]
State = tuple[tuple[Counts, Counts], ...]
"""Per mover what is still to leave and what is still to arrive, in the order of its places."""


@dataclass(frozen=True)
class Mover:
    """A deployment: replicas per place that stay, that leave for another, that arrive."""

    key: Key
    size: Size
    is_recreate: bool
    stay: tuple[tuple[Place, int], ...]
    leave: tuple[tuple[Place, int], ...]
    arrive: tuple[tuple[Place, int], ...]

    @property
    def start(self) -> tuple[Counts, Counts]:
        return (tuple(n for _, n in self.leave), tuple(n for _, n in self.arrive))


def nodes_of(change: Change) -> dict[str, Node]:
    """Return the nodes that exist after a change and are not lost."""
    rules = change.rules
    return {
        name: rules.node(group, name)
        for group in change.after.groups
        for name in group.nodes()
        if change.is_there(name)
    }


def is_orderable(change: Change, placing: Placing) -> bool:
    """Whether some choice of GPUs for the shares of a placement can be reached in waves."""
    return any(reachable(change, seats) for seats in seatings(change, placing))


# --- which GPU each share uses --------------------------------------------------------------


def seatings(change: Change, placing: Placing) -> Iterator[Seats]:
    """Yield every choice of GPUs beside the rows that are held, those near today's first."""
    nodes, today = nodes_of(change), seats_today(change)
    sizes = {d.key: size_of(d) for d in change.after.deployments}
    held = held_items(change)
    on: dict[str, list[tuple[Key, int]]] = defaultdict(list)
    for key, counts in placing.items():
        for node, count in counts.items():
            on[node].append((key, count))
    axes = []
    for node, residents in sorted(on.items()):
        options = [
            option
            for option in node_seatings(nodes[node], residents, sizes)
            if fits(
                nodes[node],
                held[node] + [Item(sizes[key], slot, n) for (key, slot), n in option.items()],
            )
        ]
        options.sort(key=partial(changes_on, node, today))
        axes.append([(node, option) for option in options])
    for chosen in product(*axes):
        seats: Seats = defaultdict(Counter)
        for node, option in chosen:
            for (key, slot), count in option.items():
                seats[key][node, slot] += count
        yield seats


def node_seatings(
    node: Node, residents: list[tuple[Key, int]], sizes: dict[Key, Size]
) -> Iterator[Counter[tuple[Key, int | None]]]:
    parts: list[list[dict[int | None, int]]] = []
    for key, count in residents:
        if not sizes[key].is_share or node.group.flavor_type != "gpu":
            parts.append([{None: count}])
            continue
        slots: list[int | None] = [*range(len(node.free_slots))]
        parts.append([dict(zip(slots, split, strict=True)) for split in splits(count, len(slots))])
    for chosen in product(*parts):
        yield Counter(
            {
                (key, slot): count
                for (key, _), part in zip(residents, chosen, strict=True)
                for slot, count in part.items()
                if count
            }
        )


def splits(total: int, parts: int) -> list[Counts]:
    """Return all ways to deal ``total`` out to ``parts``."""
    if parts == 0:
        return [] if total else [()]
    return [
        (first, *rest) for first in range(total + 1) for rest in splits(total - first, parts - 1)
    ]


def changes_on(node: str, today: Seats, option: Counter[tuple[Key, int | None]]) -> int:
    return sum(
        max(0, count - today.get(key, Counter())[node, slot])
        for (key, slot), count in option.items()
    )


def seats_today(change: Change) -> Seats:
    """Return where replicas are that may stay or move: of an unchanged template, still wanted."""
    enabled = {d.key for d in change.after.deployments if d.enabled}
    found: Seats = defaultdict(Counter)
    for row in change.alive:
        if row.key in enabled - change.replaced:
            found[row.key][row.node, row.gpu] += row.replicas
    return found


def held_items(change: Change) -> dict[str, list[Item]]:
    """Return what old versions hold on each node for the whole transition."""
    found: dict[str, list[Item]] = defaultdict(list)
    for row in change.held:
        size = size_of(change.before.deployment(row.key))
        found[row.node].append(Item(size, row.gpu, row.replicas))
    return found


# --- waves ----------------------------------------------------------------------------------


def reachable(change: Change, seats: Seats) -> bool:
    """Whether some order of waves leads from today to these seats."""
    today = seats_today(change)
    axes = [
        list(movers(change, d.key, today.get(d.key, Counter()), seats.get(d.key, Counter())))
        for d in change.after.deployments
        if d.enabled
    ]
    return any(Search(change, list(chosen)).succeeds() for chosen in product(*axes))


def movers(change: Change, key: Key, old: Counter[Place], new: Counter[Place]) -> Iterator[Mover]:
    """Yield a deployment as a mover, once for each choice of replicas that just go."""
    deployment = change.after.deployment(key)
    leave, arrive = old - new, new - old
    surplus = max(0, leave.total() - arrive.total())
    places = sorted(leave, key=str)
    for going in subsets(tuple(leave[place] for place in places), surplus):
        yield Mover(
            key,
            size_of(deployment),
            deployment.rollout == "recreate",
            tuple((old & new).items()),
            tuple(
                (place, leave[place] - gone)
                for place, gone in zip(places, going, strict=True)
                if leave[place] > gone
            ),
            tuple(sorted(arrive.items(), key=str)),
        )


def subsets(counts: Counts, total: int) -> Iterator[Counts]:
    """Yield every part of a multiset with ``total`` members."""
    if not counts:
        if total == 0:
            yield ()
        return
    for first in range(min(counts[0], total) + 1):
        for rest in subsets(counts[1:], total - first):
            yield (first, *rest)


class Search:
    """Depth-first search through all states between today and the final seats.

    What just goes is gone at the start; what an old version holds goes when all replicas of the
    new version are there.
    """

    def __init__(self, change: Change, movers: list[Mover]) -> None:
        self.nodes = nodes_of(change)
        self.movers = movers
        self.seen: set[State] = set()
        self.held: dict[Key, list[tuple[str, Item]]] = defaultdict(list)
        for row in change.held:
            size = size_of(change.before.deployment(row.key))
            self.held[row.key].append((row.node, Item(size, row.gpu, row.replicas)))

    def succeeds(self) -> bool:
        return self.descend(tuple(mover.start for mover in self.movers))

    def descend(self, state: State) -> bool:
        if not any(any(arrive) for _, arrive in state):
            return True
        if state in self.seen:
            return False
        self.seen.add(state)
        return any(self.descend(after) for after in self.waves(state))

    def waves(self, state: State) -> Iterator[State]:
        """Yield the states that one wave leads to."""
        for index, mover in enumerate(self.movers):
            leave, arrive = state[index]
            lefts = [] if mover.is_recreate else [less(leave, i) for i, n in enumerate(leave) if n]
            if sum(arrive) > sum(leave):
                lefts.append(leave)
            for i, waiting in enumerate(arrive):
                (node, slot), _ = mover.arrive[i]
                if waiting and self.carries(state, node, Item(mover.size, slot, 1)):
                    for left in lefts:
                        yield (*state[:index], (left, less(arrive, i)), *state[index + 1 :])
        yield from self.recreate_waves(state)

    def recreate_waves(self, state: State) -> Iterator[State]:
        """Yield what any set of recreate steps at once leads to."""
        axes = []
        for mover, (leave, arrive) in zip(self.movers, state, strict=True):
            options = [(leave, arrive)]
            if mover.is_recreate:
                options += [
                    (minus(leave, gone), minus(arrive, came))
                    for size in range(1, min(sum(leave), sum(arrive)) + 1)
                    for gone in subsets(leave, size)
                    for came in subsets(arrive, size)
                ]
            axes.append(options)
        for after in product(*axes):
            if after != state and self.holds(state, after):
                yield after

    def holds(self, state: State, after: State) -> bool:
        """Whether every node carries what is there after a wave, held rows of before included."""
        loads = self.loads(state, after)
        return all(fits(self.nodes[node], items) for node, items in loads.items())

    def carries(self, state: State, node: str, item: Item) -> bool:
        return fits(self.nodes[node], [*self.loads(state, state)[node], item])

    def loads(self, held: State, state: State) -> dict[str, list[Item]]:
        """Return what is on each node in a state, with the old versions that are there still."""
        found: dict[str, list[Item]] = defaultdict(list)
        for mover, (_, waiting), (leave, arrive) in zip(self.movers, held, state, strict=True):
            for (node, slot), count in mover.stay:
                found[node].append(Item(mover.size, slot, count))
            for ((node, slot), _), count in zip(mover.leave, leave, strict=True):
                found[node].append(Item(mover.size, slot, count))
            for ((node, slot), total), count in zip(mover.arrive, arrive, strict=True):
                found[node].append(Item(mover.size, slot, total - count))
            if any(waiting):
                for node, item in self.held[mover.key]:
                    found[node].append(item)
        return found


def less(counts: Counts, index: int) -> Counts:
    return (*counts[:index], counts[index] - 1, *counts[index + 1 :])


def minus(counts: Counts, part: Counts) -> Counts:
    return tuple(a - b for a, b in zip(counts, part, strict=True))
