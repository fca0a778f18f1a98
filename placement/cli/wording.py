"""Refusals in words: one line for each thing a person has to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.workspace.refusal import Refusal


def refusal_lines(refusal: Refusal) -> Iterator[str]:
    """Yield the reason, every conflict and every repair of a refused change."""
    yield f"refused ({refusal.reason}): {refusal.message}"
    for conflict in refusal.conflicts:
        proof = "" if conflict.proved else " (not proved)"
        yield f"  {conflict.kind} conflict{proof}: {conflict.message}"
        if conflict.members:
            yield f"    between: {', '.join(conflict.members)}"
    yield from (f"  help: {repair}" for repair in refusal.repairs)
