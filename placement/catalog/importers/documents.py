"""JSON and YAML files as plain values, and where in the file each value is.

Every scalar but ``true``, ``false`` and ``null`` is the text that stands in the file: numbers stay
exact, and no word of YAML turns into something else. Places are looked up when they are asked for,
so that a large file without findings costs no more than its parser.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from placement.catalog.codes import Code as CatalogCode
from placement.catalog.importers.codes import Code
from placement.catalog.importers.findings import Path
from placement.catalog.sheet import NO_FILE, Fault, Findings
from placement.catalog.text import as_message, quote

_SPACE = re.compile(r"[ \t\r\n]*")
_TOO_DEEP = "values are nested too deeply"


@dataclass(frozen=True)
class Document:
    """The value of one file."""

    file: str
    text: str
    root: Any
    is_json: bool

    def place(self, path: Path) -> tuple[int, int]:
        """Return line and column of a value; of what is not there, those of what should hold it."""
        if self.is_json:
            return self._line_and_column(self._offset(path))
        if self._tree is None:  # nothing but blanks and comments
            return 1, 1
        mark = self._mark(path)
        return mark.line + 1, mark.column + 1

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        """Count lines from the place that was asked for last, which is most often just before."""
        known, line = self._last if self._last[0] <= offset else (0, 1)
        self._last[:] = offset, line + self.text.count("\n", known, offset)
        return self._last[1], offset - self.text.rfind("\n", 0, offset)

    @cached_property
    def _last(self) -> list[int]:
        return [0, 1]

    # ------------------------------------------------------------------ JSON

    @cached_property
    def _parts(self) -> dict[int, dict[str | int, int]]:
        """The offsets of the values in the collection at an offset, as far as they were needed."""
        return {}

    def _offset(self, path: Path) -> int:
        here = self._skip(0)
        for step in path:
            inside = self._parts.get(here)
            if inside is None:
                inside = self._parts[here] = self._scan(here)
            if step not in inside:
                break
            here = inside[step]
        return here

    def _scan(self, start: int) -> dict[str | int, int]:
        """Return the offsets of the values in a collection; nothing for a scalar."""
        found: dict[str | int, int] = {}
        opening, decode = self.text[start], json.JSONDecoder().raw_decode
        if opening not in "{[":
            return found
        here = self._skip(start + 1)
        while self.text[here] not in "}]":
            key: str | int = len(found)
            if opening == "{":
                key, here = decode(self.text, here)
                here = self._skip(self._skip(here) + 1)
            found[key] = here
            here = self._skip(decode(self.text, here)[1])
            if self.text[here] == ",":
                here = self._skip(here + 1)
        return found

    def _skip(self, here: int) -> int:
        found = _SPACE.match(self.text, here)
        return found.end() if found else here

    # ------------------------------------------------------------------ YAML

    @cached_property
    def _tree(self) -> Any:
        import yaml

        return yaml.compose(self.text, Loader=_yaml_loader())

    def _mark(self, path: Path) -> Any:
        import yaml

        here = self._tree
        for step in path:
            if isinstance(here, yaml.MappingNode):
                inside = {key.value: value for key, value in here.value}
            elif isinstance(here, yaml.SequenceNode):
                inside = dict(enumerate(here.value))
            else:
                break
            if step not in inside:
                break
            here = inside[step]
        return here.start_mark


def read_document(file: str, findings: Findings) -> Document | None:
    """Read a JSON or YAML file; None, with findings, if that cannot be done."""
    text = _text(file, findings)
    if text is None:
        return None
    is_json = text.lstrip().startswith("{") or file.endswith(".json")
    try:
        root = _json(text) if is_json else _yaml(text)
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {as_message(error.msg)}"
        findings.add(file, Fault(Code.SYNTAX, message), line=error.lineno, column=error.colno)
    except _YamlError as error:
        fault = Fault(Code.SYNTAX, f"not valid YAML: {error}")
        findings.add(file, fault, line=error.line, column=error.column)
    except RecursionError:
        findings.add(file, Fault(Code.SYNTAX, _TOO_DEEP))
    else:
        return Document(file, text, root, is_json)
    return None


def _text(file: str, findings: Findings) -> str | None:
    try:
        with open(file, "rb") as handle:
            content = handle.read()
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        findings.add(file, Fault(NO_FILE.code, NO_FILE.message))
    except UnicodeDecodeError as error:
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        line = error.object[: error.start].count(b"\n") + 1
        findings.add(file, Fault(CatalogCode.NOT_UTF8, message), line=line)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        findings.add(file, Fault(CatalogCode.UNREADABLE, f"the file cannot be read: {reason}"))
    return None


def _json(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


class _YamlError(Exception):
    """What is wrong with a YAML text, with its place."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        self.line, self.column = line, column
        super().__init__(message)


def _yaml_loader() -> Any:
    import yaml

    return getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=_yaml_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = as_message(error.problem or "it cannot be read")
        if mark is None:
            raise _YamlError(problem) from None
        raise _YamlError(problem, mark.line + 1, mark.column + 1) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise _YamlError(quote(str(error).partition("\n")[0])) from None
