"""The seeds of the differential tests, and how they are dealt out to test processes."""

from __future__ import annotations

WORLDS = 2800
"""How many random worlds the suite plans and counts."""

CHUNKS = 40


def seeds_of(chunk: int, worlds: int = WORLDS, chunks: int = CHUNKS) -> range:
    """Return the seeds of one chunk: every ``chunks``-th, so that chunks are alike."""
    return range(chunk, worlds, chunks)
