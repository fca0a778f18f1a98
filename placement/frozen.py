"""Lets frozen dataclasses with read-only mappings be pickled and copied.

A ``MappingProxyType`` cannot be pickled. On its way it is a plain mapping; what a cached property
has derived does not travel at all.
"""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType
from typing import Any, TypeVar

C = TypeVar("C")


class _Thawed(dict[Any, Any]):
    """The content of a read-only mapping on its way."""


def picklable(cls: type[C]) -> type[C]:
    """Give a frozen dataclass a state of its fields alone; goes above ``@dataclass``."""
    # Set from outside: with slots, dataclass replaces what a base class defines.
    setattr(cls, "__getstate__", _state)  # noqa: B010
    setattr(cls, "__setstate__", _restore)  # noqa: B010
    return cls


def _state(self: Any) -> dict[str, Any]:
    return {field.name: _thawed(getattr(self, field.name)) for field in fields(self)}


def _restore(self: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        frozen = MappingProxyType(dict(value)) if isinstance(value, _Thawed) else value
        object.__setattr__(self, name, frozen)


def _thawed(value: object) -> object:
    return _Thawed(value) if isinstance(value, MappingProxyType) else value
