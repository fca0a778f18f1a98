"""One cell of a frame as a node of a document: what it holds, and in which row and column."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from placement.catalog.missing import is_missing
from placement.catalog.text import quote
from placement.workspace.codes import Code
from placement.workspace.findings import Findings
from placement.workspace.nodes import Entry, Node

LARGEST = 10**18
"""Numbers from here on have more digits than manifests take."""


def value_node(value: Any, line: int, column: int, findings: Findings) -> Node:
    """Return the node of a cell; what no document can hold goes into ``findings``.

    Lists, tuples, arrays and mappings become what they are in a document; whole floats are whole
    numbers, because a frame has no others in a column with gaps.
    """
    node = Node(None, line, column)
    node.value = _value(value, node, findings)
    node.text = "" if node.value is None or isinstance(node.value, list | dict) else str(node.value)
    return node


def _value(value: Any, node: Node, findings: Findings) -> Any:
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        value = value.tolist()
    if isinstance(value, Enum):
        value = value.value
    if is_missing(value):
        return None
    if isinstance(value, float):
        return _decimal(value, node, findings)
    if isinstance(value, bool | int | Decimal | str):
        return value
    if isinstance(value, list | tuple):
        return [value_node(item, node.line, node.column, findings) for item in value]
    if isinstance(value, Mapping):
        return _entries(value, node, findings)
    message = f"a `{type(value).__name__}` stands where no manifest can have one"
    findings.add(Code.WRONG_TYPE, message, node)
    return None


def _decimal(value: float, node: Node, findings: Findings) -> int | Decimal | None:
    if abs(value) >= LARGEST:  # infinity too
        findings.add(Code.BAD_NUMBER, f"number {quote(value)} is out of range", node)
        return None
    return int(value) if value.is_integer() else Decimal(repr(value))


def _entries(value: Mapping[Any, Any], node: Node, findings: Findings) -> dict[str, Entry]:
    entries = {}
    for key, item in value.items():
        if isinstance(key, str):
            inner = value_node(item, node.line, node.column, findings)
            entries[key] = Entry(node.word(key), inner)
        else:
            findings.add(Code.BAD_KEY, f"key {quote(key)} must be text", node)
    return entries
