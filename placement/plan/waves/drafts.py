"""What happens to one deployment in one wave, and the rows that say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from placement.plan.changes import change_order
from placement.plan.rows import Action, Change
from placement.plan.running import node_order
from placement.plan.waves.steps import Key, Place, paired


@dataclass
class Draft:
    """Replicas by node: which move from and to where, which are new, which are removed."""

    leave: Counter[str] = field(default_factory=Counter)
    arrive: Counter[str] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    removed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By version and node."""

    def add(self, version: str, leave: Place | None, arrive: Place | None, count: int) -> None:
        """Add replicas that leave a place (or come from nowhere) for another (or for good)."""
        if leave is None and arrive is not None:
            self.placed[arrive[0]] += count
        elif leave is not None and arrive is None:
            self.removed[version, leave[0]] += count
        elif leave is not None and arrive is not None:
            self.leave[leave[0]] += count
            self.arrive[arrive[0]] += count


def changes_of(drafts: Mapping[Key, Draft], versions: Mapping[Key, str]) -> tuple[Change, ...]:
    """Return the rows of one wave, sorted as the changes of a plan."""
    rows = (row for key, draft in drafts.items() for row in _rows(key, versions[key], draft))
    return tuple(sorted(rows, key=change_order))


def _rows(key: Key, version: str, draft: Draft) -> Iterator[Change]:
    # Replicas are interchangeable; one that only changes its GPU is told from one that travels.
    same = draft.leave & draft.arrive
    for node, count in same.items():
        yield Change(Action.MOVE, *key, version, count, node, node)
    for source, target, count in paired(
        _in_order(draft.leave - same), _in_order(draft.arrive - same)
    ):
        yield Change(Action.MOVE, *key, version, count, source, target)
    for node, count in draft.placed.items():
        yield Change(Action.PLACE, *key, version, count, None, node)
    for (gone, node), count in draft.removed.items():
        yield Change(Action.REMOVE, *key, gone, count, node, None)


def _in_order(nodes: Counter[str]) -> list[tuple[str, int]]:
    return sorted(nodes.items(), key=lambda item: node_order(item[0]))
