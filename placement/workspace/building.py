"""Builds trees of nodes from a flat stream of beginnings, scalars and ends, within limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from placement.catalog.text import quote
from placement.workspace.codes import Code
from placement.workspace.findings import Advice, Findings
from placement.workspace.nodes import Entry, Node
from placement.workspace.scalars import NumberError

MAX_DEPTH = 32
"""Levels of lists and mappings in one document."""

MAX_NODES = 200_000
"""Values, keys, lists and mappings in one file."""


class StopReading(Exception):
    """The rest of the file cannot be read; the reason has been recorded."""


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; ``key`` is a key that waits for its value."""

    node: Node
    key: Node | None = None


@dataclass(slots=True)
class TreeBuilder:
    """Keeps its own stack, so that no file can exhaust Python's."""

    findings: Findings
    documents: list[Node] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _count: int = 0

    @property
    def wants_key(self) -> bool:
        """Whether the next node is the key of a mapping."""
        if not self._stack:
            return False
        top = self._stack[-1]
        return isinstance(top.node.value, dict) and top.key is None

    def stop(self, code: Code, message: str, node: Node, suggestion: Advice = None) -> None:
        """Record an error after which the file cannot be read any further."""
        self.findings.add(code, message, node, suggestion=suggestion)
        raise StopReading

    def begin(self, node: Node) -> None:
        """Begin a list or a mapping."""
        self._count_node(node)
        if len(self._stack) >= MAX_DEPTH:
            self.stop(Code.TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels", node)
        self._stack.append(_Open(node))

    def end(self, line: int, end: int | None) -> None:
        """End the innermost list or mapping; ``end`` is the column after its bracket."""
        node = self._stack.pop().node
        node.end = end if line == node.line else None
        self._attach(node)

    def scalar(self, node: Node) -> None:
        """Add a scalar, as a key or as a value."""
        self._count_node(node)
        self._attach(node)

    def bad_number(self, node: Node, error: NumberError) -> None:
        """Record a number that cannot be read exactly and keep it as text."""
        node.value = node.text
        self.findings.add(
            Code.BAD_NUMBER,
            f"number {quote(node.text)} {error}",
            node,
            suggestion="put it in quotes if it is a name",
        )

    def _count_node(self, node: Node) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            self.stop(Code.TOO_LARGE, f"more than {MAX_NODES} values in one file", node)

    def _attach(self, node: Node) -> None:
        if not self._stack:
            self.documents.append(node)
            return
        top = self._stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is None:
            top.key = node
        else:
            self._put(top.node, top.key, node)
            top.key = None

    def _put(self, mapping: Node, key: Node, value: Node) -> None:
        if not isinstance(key.value, str):
            shown = quote(key.text) if key.text else "made of a list, a mapping or nothing"
            advice = f'write "{key.text}" in quotes' if key.text else None
            self.findings.add(Code.BAD_KEY, f"key {shown} must be text", key, suggestion=advice)
            return
        entries = mapping.mapping
        if key.value not in entries:
            entries[key.value] = Entry(key, value)
            return
        first = entries[key.value].key
        place = f"{self.findings.source.name}:{first.line}:{first.column}"
        message = f"key {quote(key.value)} is given twice, first at {place}"
        self.findings.add(Code.DUPLICATE_KEY, message, key)
