"""What stands in a cell of a frame that is empty."""

from __future__ import annotations

from decimal import Decimal


def is_missing(value: object) -> bool:
    """Whether a cell is empty: None, NaN, NaT or NA."""
    if isinstance(value, float | Decimal):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType")
