"""One value of a JSON document with the path that leads to it: strict, with places in messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from placement.plan.codes import Code
from placement.plan.json_text import fail
from placement.plan.numbers import steps_of

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Node:
    """A value and its place; every method reads one shape and raises InputError for another."""

    def __init__(self, value: Any, path: str, file: str) -> None:
        self.value, self.path, self.file = value, path, file

    def fail(self, wanted: str) -> Any:
        """Raise InputError: this value is not what is wanted here."""
        where = f"`{self.path}`" if self.path else "the document"
        found = f"`{str(self.value)[:40]}`" if self._is_plain() else type(self.value).__name__
        fail(f"{where} must be {wanted}, found {found}", file=self.file, code=Code.NOT_A_PLAN)

    def _is_plain(self) -> bool:
        return isinstance(self.value, str | int | Decimal)

    def fields(self, required: list[str], optional: list[str]) -> dict[str, Node]:
        """Return the values of an object that has all the required keys and no unknown one."""
        if not isinstance(self.value, dict):
            self.fail("an object")
        for key in required:
            if key not in self.value:
                fail(f"`{self._inside(key)}` is missing", file=self.file, code=Code.NOT_A_PLAN)
        for key in sorted(self.value):
            if key not in required and key not in optional:
                fail(f"unknown key `{self._inside(key)}`", file=self.file, code=Code.NOT_A_PLAN)
        return {key: Node(v, self._inside(key), self.file) for key, v in self.value.items()}

    def _inside(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def rows(self, read: Callable[[Node], T]) -> tuple[T, ...]:
        """Return what ``read`` makes of each item of a list."""
        if not isinstance(self.value, list):
            self.fail("a list")
        return tuple(
            read(Node(value, f"{self.path}[{index}]", self.file))
            for index, value in enumerate(self.value)
        )

    def optional(self, read: Callable[[Node], T]) -> T | None:
        """Return None for null, else what ``read`` makes of the value."""
        return None if self.value is None else read(self)

    def text(self) -> str:
        """Return a text."""
        if not isinstance(self.value, str):
            self.fail("a text")
        return str(self.value)

    def constant(self, wanted: str) -> None:
        """Accept one value only."""
        if self.value != wanted:
            self.fail(f"`{wanted}`")

    def choice(self, words: type[E]) -> E:
        """Return a member of a closed vocabulary."""
        if not isinstance(self.value, str) or self.value not in list(words):
            self.fail("one of " + ", ".join(words))
        return words(self.value)

    def one_of(self, words: Collection[str]) -> str:
        """Return one of a few words."""
        if not isinstance(self.value, str) or self.value not in words:
            self.fail("one of " + ", ".join(words))
        return str(self.value)

    def integer(self) -> int:
        """Return a whole number; true and 1.0 are none."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self.fail("a whole number")
        return int(self.value)

    def natural(self) -> int:
        """Return a whole number that is not negative."""
        found = self.integer()
        if found < 0:
            self.fail("a whole number, at least 0")
        return found

    def naturals(self) -> Mapping[str, int]:
        """Return an object whose values are whole numbers that are not negative."""
        return MappingProxyType({key: node.natural() for key, node in self._items().items()})

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.fail("true or false")
        return bool(self.value)

    def number(self) -> int | Decimal:
        """Return a number as it is written."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            self.fail("a number")
        return Decimal(self.value) if isinstance(self.value, Decimal) else int(self.value)

    def steps(self, scale: int) -> int:
        """Return a number in steps of ``1 / scale``."""
        steps = steps_of(self.number(), scale)
        if steps is None:
            self.fail(f"a multiple of 1/{scale}")
        return int(steps or 0)

    def free_form(self) -> Mapping[str, Any]:
        """Return an object of any content; decimals become floats."""
        if not isinstance(self.value, dict):
            self.fail("an object")
        return MappingProxyType(_plain(self.value))

    def texts(self) -> Mapping[str, str]:
        """Return an object whose values are texts."""
        return MappingProxyType({key: node.text() for key, node in self._items().items()})

    def _items(self) -> dict[str, Node]:
        if not isinstance(self.value, dict):
            self.fail("an object")
        return {key: Node(value, self._inside(key), self.file) for key, value in self.value.items()}


def _plain(value: Any) -> Any:
    """Decimals of a free-form part are floats, as documents of a workspace write them."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
