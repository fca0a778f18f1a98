"""A document as a tree that remembers where every key and value was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

Scalar = str | bool | int | Decimal | None


@dataclass(slots=True, eq=False)
class Node:
    """One value of a document with the place it was written at.

    Attributes
    ----------
    value : scalar, list of Node, or dict of str to Entry
        What was written.
    line, column : int
        One-based start.
    end : int or None
        One-based column after the text if it ends on the same line.
    text : str
        A scalar as it was written, without quotes.
    """

    value: Scalar | list[Node] | dict[str, Entry]
    line: int
    column: int
    end: int | None = None
    text: str = ""

    @property
    def mapping(self) -> dict[str, Entry]:
        """The entries of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of a list; empty for anything else."""
        return self.value if isinstance(self.value, list) else []

    def get(self, key: str) -> Node | None:
        """Return the value under ``key`` of a mapping, or None."""
        entry = self.mapping.get(key)
        return entry.value if entry else None

    def like(self, value: Scalar | list[Node] | dict[str, Entry]) -> Node:
        """Return a node with another value at the same place."""
        return Node(value, self.line, self.column, self.end, self.text)

    def word(self, text: str) -> Node:
        """Return a text that was not written but stands for something at this place."""
        return Node(text, self.line, self.column, self.end, text)


class Entry(NamedTuple):
    """A key of a mapping and its value, each with its place."""

    key: Node
    value: Node


def plain(node: Node) -> object:
    """Return the value of a tree without places."""
    match node.value:
        case dict() as entries:
            return {key: plain(entry.value) for key, entry in entries.items()}
        case list() as items:
            return [plain(item) for item in items]
        case value:
            return value


def locate(root: Node, path: Sequence[str | int]) -> tuple[Node, Node | None]:
    """Follow ``path`` as far as the document goes.

    Steps that are not in the document are skipped, because validators add steps of their
    own. Returns the last node found and, if a mapping holds it, its key.
    """
    node, key = root, None
    for step in path:
        if isinstance(step, int) and step < len(node.items):
            node, key = node.items[step], None
        elif isinstance(step, str) and step in node.mapping:
            key, node = node.mapping[step]
    return node, key


def strings(node: Node) -> Iterator[Node]:
    """Yield every text of a tree, keys included, in the order written."""
    match node.value:
        case dict() as entries:
            for entry in entries.values():
                yield entry.key
                yield from strings(entry.value)
        case list() as items:
            for item in items:
                yield from strings(item)
        case str():
            yield node
        case _:
            return
