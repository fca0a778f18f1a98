"""The seeds of the changes that the suite makes, and how they are dealt out."""

from __future__ import annotations

from tests.worlds import seeds

CHANGES = 800
"""How many random changes the suite transacts and counts."""

CHUNKS = 16


def seeds_of(chunk: int) -> range:
    """Return the seeds of one chunk: every ``CHUNKS``-th, so that chunks are alike."""
    return seeds.seeds_of(chunk, CHANGES, CHUNKS)
