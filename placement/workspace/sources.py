"""Where every object of a workspace was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from placement.errors import Diagnostic, FindingCode, Severity
from placement.frozen import picklable
from placement.workspace.findings import PYTHON, Source
from placement.workspace.nodes import Node, locate

Key = tuple[str, ...]
"""``("Policy", name)``, ``("Environment", name)`` or ``("ModelDeployment", name, environment)``."""


@dataclass(frozen=True, slots=True)
class Written:
    """One object's file and its document in the project's own shape."""

    source: Source
    node: Node | None = None

    def place(self, path: Sequence[str | int] = ()) -> str:
        """Return ``FILE:LINE:COLUMN`` of a value, or the file alone if nothing was written."""
        if self.node is None:
            return self.source.name
        node, _ = locate(self.node, path)
        return f"{self.source.name}:{node.line}:{node.column}"


@picklable
@dataclass(frozen=True, slots=True)
class Sources:
    """The files behind the objects of one workspace."""

    written: Mapping[Key, Written] = field(default_factory=dict)

    def find(self, key: Key) -> Written:
        """Return where an object was written; ``<python>`` if it was built in code."""
        return self.written.get(key, Written(Source(PYTHON)))

    def diagnostic(
        self,
        key: Key,
        path: Sequence[str | int],
        code: FindingCode,
        message: str,
        *,
        suggestion: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Return a finding at the value that ``path`` leads to inside an object."""
        written = self.find(key)
        line, column, excerpt = 1, 1, None
        if written.node is not None:
            node, _ = locate(written.node, path)
            line, column = node.line, node.column
            excerpt = written.source.excerpt(line, column, node.end)
        return Diagnostic(
            written.source.name, line, column, code, message, suggestion, excerpt, severity
        )
