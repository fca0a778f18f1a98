"""The largest few of many, the others as one: what keeps a page readable and small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranking:
    """Names in the order in which they are shown.

    Attributes
    ----------
    shown : tuple of str
        The largest, largest first.
    rest : str or None
        What stands for all others, such as ``12 other regions``; None if there are none.
    """

    shown: tuple[str, ...]
    rest: str | None

    @property
    def labels(self) -> tuple[str, ...]:
        """Everything that is shown, the rest last."""
        return self.shown if self.rest is None else (*self.shown, self.rest)

    def label(self, name: str) -> str:
        """Return the name itself, or what stands for the others."""
        return name if self.rest is None or name in self.shown else self.rest


def ranked(sizes: Mapping[str, int], most: int, things: str) -> Ranking:
    """Return the ``most`` largest names, equals by name; ``things`` names the others.

    One left-over name is shown itself: it takes no more room than what would stand for it.
    """
    order = sorted(sizes, key=lambda name: (-sizes[name], name))
    if len(order) <= most + 1:
        return Ranking(tuple(order), None)
    return Ranking(tuple(order[:most]), f"{len(order) - most:,} other {things}")


def summed(items: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the sum of the numbers of each name."""
    found: dict[str, int] = {}
    for name, number in items:
        found[name] = found.get(name, 0) + number
    return found
