"""Lets frozen dataclasses with read-only mappings be pickled and copied, and rows be made fast.

A ``MappingProxyType`` cannot be pickled. On its way it is a plain mapping; what a cached property
has derived does not travel at all.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
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


def quickly_made(cls: type[C]) -> type[C]:
    """Give a frozen dataclass with slots a constructor that takes a third of the time.

    The one that ``dataclass`` writes goes around its own lock for every field. This one makes the
    new object an open one, with the same slots, while it is filled. Goes above ``@dataclass``, on
    classes of rows of which there are hundreds of thousands; no field may have a factory.
    """
    own = {f"default_{f.name}": f.default for f in fields(cls) if f.default is not MISSING}  # type: ignore[arg-type]
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    taken = (f"{n}=default_{n}" if f"default_{n}" in own else n for n in names)
    opened = type(cls.__name__, (), {"__slots__": cls.__slots__})  # type: ignore[attr-defined]
    space = {**own, "closed": cls, "opened": opened, "unlock": object.__setattr__}
    lines = [
        f"def __init__(self, {', '.join(taken)}):",
        "    unlock(self, '__class__', opened)",
        *(f"    self.{name} = {name}" for name in names),
        "    self.__class__ = closed",
    ]
    exec("\n".join(lines), space)
    setattr(cls, "__init__", space["__init__"])  # noqa: B010
    return cls


def _state(self: Any) -> dict[str, Any]:
    return {field.name: _thawed(getattr(self, field.name)) for field in fields(self)}


def _restore(self: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, _refrozen(value))


def _thawed(value: object) -> object:
    """Return what can travel: read-only mappings may hold others, in mappings too."""
    if isinstance(value, MappingProxyType):
        return _Thawed({key: _thawed(part) for key, part in value.items()})
    if isinstance(value, dict):
        return {key: _thawed(part) for key, part in value.items()}
    return value


def _refrozen(value: object) -> object:
    if not isinstance(value, dict):
        return value
    whole = {key: _refrozen(part) for key, part in value.items()}
    return MappingProxyType(whole) if isinstance(value, _Thawed) else whole
