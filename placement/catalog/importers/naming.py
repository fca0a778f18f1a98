"""Names of node groups that are imported: where they are and what they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from placement.catalog.rows import Region

K = TypeVar("K", bound=Hashable)


def stem_of(region: Region, zone: str, *words: str) -> str:
    """Return a name for people of what is in a zone; several things may have it."""
    place = zone if zone.startswith(region.code) else f"{region.code}-{zone}"
    name = "-".join(word for word in (region.provider, place, *words) if word)
    return name.lower().replace(" ", "-").replace("/", "-")


def numbered(stems: Iterable[tuple[str, K]]) -> Iterator[tuple[str, K]]:
    """Yield (name, key) by stem; keys of one stem are numbered in the order in which they come."""
    found: defaultdict[str, list[K]] = defaultdict(list)
    for stem, key in stems:
        found[stem].append(key)
    taken = {stem for stem, keys in found.items() if len(keys) == 1}
    for stem, keys in sorted(found.items()):
        if len(keys) == 1:
            yield stem, keys[0]
            continue
        number = 0
        for key in keys:
            number += 1
            while f"{stem}-{number}" in taken:
                number += 1
            taken.add(f"{stem}-{number}")
            yield f"{stem}-{number}", key
