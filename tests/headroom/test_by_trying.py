"""Headroom against adding replica after replica, with the verifier's rules as judge."""

from __future__ import annotations

from collections import Counter
from math import prod

import pytest

from placement.headroom import lots
from placement.headroom.count import headroom
from placement.headroom.values import Headroom
from tests.headroom.worlds import Case, fits_by_trying, most_by_trying, random_case

WORLDS = 320
CHUNKS = 4
MOST_WAYS = 4000
"""Ways to deal replicas out that are tried in one world."""
AT_LEAST = {
    "some": 120,
    "none": 100,
    "binds": 60,
    "max_per_domain": 80,
    "max_skew": 50,
    "min_domains": 50,
    "share": 50,
    "peers": 25,
    "runs": 50,
    "not exact": 8,
}
"""In how many of the worlds each has to be seen."""


def compared(seed: int) -> tuple[set[str], str | None]:
    """Return what a world is about, and how headroom and trying differ, if they do."""
    case = random_case(seed)
    found = headroom(case.workspace, case.catalog, case.deployment)
    fits = fits_by_trying(case)
    about = traits(case, found, sum(fits.values()))
    if case.deployment.spread:
        if prod(fit + 1 for fit in fits.values()) > MOST_WAYS:
            return {"too many ways"}, None
        tried = most_by_trying(case, fits)
    else:
        tried = sum(fits.values())
        if sum(place.replicas for place in found.places) != tried:
            return about, f"places have {found.places}, trying finds {fits}"
    if tried > found.replicas or (found.exact and tried < found.replicas):
        return about, f"{found.replicas} counted, {tried} found by trying"
    if found.with_moves < tried:
        return about, f"with moves {found.with_moves}, without {tried}"
    return about, None


def traits(case: Case, found: Headroom, room: int) -> set[str]:
    """Return what a world is about, so that the worlds can be counted."""
    one = case.deployment
    runs = any(row.key == one.key for row in case.workspace.running)
    words = {
        "some" if found.replicas else "none": True,
        "binds": found.replicas < room,
        "share": one.is_share,
        "peers": bool(one.separate_from or one.together_with),
        "runs": runs,
        "not exact": not found.exact,
    }
    rules = ("max_per_domain", "min_domains", "max_skew")
    words |= {rule: any(getattr(entry, rule) for entry in one.spread) for rule in rules}
    return {word for word, holds in words.items() if holds}


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_count_is_what_trying_finds(chunk):
    seen: Counter[str] = Counter()
    wrong = {}
    for seed in range(chunk, WORLDS, CHUNKS):
        about, difference = compared(seed)
        seen.update(about)
        if difference is not None:
            wrong[seed] = difference
    assert wrong == {}
    assert {word: seen[word] for word, n in AT_LEAST.items() if seen[word] < n / CHUNKS} == {}


def test_a_wrong_count_is_noticed(monkeypatch):
    whole = lots.Lot.fit
    monkeypatch.setattr(lots.Lot, "fit", lambda lot, *a: max(0, whole(lot, *a) - 1))
    assert sum(compared(seed)[1] is not None for seed in range(40)) > 10
