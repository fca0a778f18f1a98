"""JSON text into a tree of nodes: strict, with places, never recursive.

JSON has a reader of its own because YAML readers differ from it in small ways (tabs,
surrogate pairs, long keys), and would accept what is not JSON.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass

from placement.catalog.text import quote
from placement.workspace.building import StopReading, TreeBuilder
from placement.workspace.codes import Code
from placement.workspace.findings import Findings
from placement.workspace.nodes import Node, Scalar
from placement.workspace.scalars import NumberError, decimal, whole

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r"(?P<mark>[\[\]{},:])"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.]))"
    r"|(?P<word>[-\w.]+)"
)
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_LINE_END = re.compile(r"\r\n|\r|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str, findings: Findings) -> list[Node]:
    """Return the one document of a JSON text; what is wrong goes into ``findings``."""
    reader = _Reader(text, TreeBuilder(findings), _line_starts(text))
    try:
        reader.read()
    except StopReading:
        return []
    return reader.builder.documents


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


@dataclass(slots=True)
class _Reader:
    """A push-down automaton; ``expected`` says which tokens may come next."""

    text: str
    builder: TreeBuilder
    starts: list[int]
    position: int = 0

    def read(self) -> None:
        """Read the whole text."""
        brackets: list[str] = []
        expected = "value"
        while expected != "end":
            expected = self._step(brackets, expected)
        self._skip()
        if self.position < len(self.text):
            self._fail("text after the end of the document")

    def _step(self, brackets: list[str], expected: str) -> str:
        self._skip()
        token = _TOKEN.match(self.text, self.position)
        if token is None:
            self._fail_here(expected)
            raise StopReading
        node = self._node(self.position, token.end())
        word = token.group()
        match expected, token.lastgroup, word:
            case (("value" | "value or ]"), "mark", ("{" | "[")):
                node.value, node.end = ([] if word == "[" else {}), None
                self.builder.begin(node)
                brackets.append(word)
                after = "value or ]" if word == "[" else "key or }"
            case (("value or ]" | ", or ]"), "mark", "]"):
                after = self._close(brackets, node)
            case (("key or }" | ", or }"), "mark", "}"):
                after = self._close(brackets, node)
            case (("value" | "value or ]"), ("string" | "number" | "word"), _):
                self.builder.scalar(self._scalar(token, node))
                after = _after_value(brackets)
            case (("key" | "key or }"), "string", _):
                self.builder.scalar(self._scalar(token, node))
                after = ":"
            case ":", "mark", ":":
                after = "value"
            case ", or ]", "mark", ",":
                after = "value"
            case ", or }", "mark", ",":
                after = "key"
            case _:
                self._fail_here(expected)
                raise StopReading
        self.position = token.end()
        return after

    def _close(self, brackets: list[str], node: Node) -> str:
        brackets.pop()
        self.builder.end(node.line, node.end)
        return _after_value(brackets)

    def _scalar(self, token: re.Match[str], node: Node) -> Node:
        word = token.group()
        node.text = word
        match token.lastgroup:
            case "string":
                node.text = node.value = json.loads(word)
                if _SURROGATE.search(node.text):
                    self.builder.stop(Code.NOT_TEXT, "half of a surrogate pair", node)
            case "number":
                self._number(node)
            case _:
                self._word(node)
        return node

    def _number(self, node: Node) -> None:
        try:
            is_whole = node.text.lstrip("-").isdigit()
            node.value = whole(node.text, 10) if is_whole else decimal(node.text)
        except NumberError as error:
            self.builder.bad_number(node, error)

    def _word(self, node: Node) -> None:
        if node.text.lstrip("-") in ("NaN", "Infinity"):
            self.builder.bad_number(node, NumberError("is not finite"))
        elif node.text in _WORDS:
            node.value = _WORDS[node.text]
        else:
            self._fail(f"{quote(node.text)} is not JSON", node)

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.position)
        self.position = space.end() if space else self.position

    def _node(self, start: int, end: int) -> Node:
        line = bisect_right(self.starts, start)
        column = start - self.starts[line - 1] + 1
        return Node(None, line, column, column + end - start)

    def _fail_here(self, expected: str) -> None:
        if self.position >= len(self.text):
            self._fail(f"unexpected end of the file, expected {_spell(expected)}")
        if self.text[self.position] == '"':
            self._fail("text in quotes is not closed, or holds a bad escape or control character")
        self._fail(f"expected {_spell(expected)}, found {quote(self.text[self.position])}")

    def _fail(self, message: str, node: Node | None = None) -> None:
        here = node or self._node(self.position, self.position + 1)
        self.builder.stop(Code.SYNTAX, message, here)


def _after_value(brackets: list[str]) -> str:
    if not brackets:
        return "end"
    return ", or ]" if brackets[-1] == "[" else ", or }"


def _spell(expected: str) -> str:
    words = (f"`{word}`" if len(word) == 1 else word for word in expected.split(" "))
    return " ".join(words).replace("key", "a key in quotes").replace("value", "a value")
