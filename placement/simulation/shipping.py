"""Large values that many tasks share: sent with each, but packed and unpacked once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields
from functools import cached_property, lru_cache
from typing import Any

KEPT = 2
"""Values that a process keeps which works for another one."""


class SentOnce:
    """Base of a frozen dataclass; what a process has derived of it is there for the next task."""

    @cached_property
    def _packed(self) -> bytes:
        own = tuple(getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return pickle.dumps((type(self), own), protocol=pickle.HIGHEST_PROTOCOL)

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return _unpacked, (self._packed,)


@lru_cache(maxsize=KEPT)
def _unpacked(data: bytes) -> Any:
    """Return the same object for the same bytes."""
    kind, own = pickle.loads(data)
    return kind(*own)
