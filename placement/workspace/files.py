"""Which files are meant by the paths a user gives, and their text."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from placement.workspace.codes import Code
from placement.workspace.findings import Findings, Source
from placement.workspace.nodes import Node

SUFFIXES = (".yaml", ".yml", ".json")

MAX_BYTES = 16 * 1024 * 1024
"""Largest manifest file."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_ALLOWED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
)

Opened = tuple[Findings, str | None]


def read_files(paths: Iterable[str | Path]) -> Iterator[Opened]:
    """Yield every file that is meant, once, with its text (None if it cannot be read)."""
    seen: set[str] = set()
    for path in paths:
        for name in _names(str(path)):
            if isinstance(name, Findings):
                yield name, None
                continue
            real = _identity(name)
            if real not in seen:
                seen.add(real)
                yield _read(name)


def _identity(path: str) -> str:
    """Return one text per file, however it is reached."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def _names(path: str) -> Iterator[str | Findings]:
    """Yield the files below ``path``, sorted, or what is wrong with it."""
    if not os.path.isdir(path):
        yield path
        return
    found = sorted(_walk(path))
    yield from found
    if not found:
        yield _problem(path, Code.NO_MANIFEST, "folder has no .yaml, .yml or .json file")


def _walk(folder: str) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(root, name)


def _problem(path: str, code: Code, message: str) -> Findings:
    findings = Findings(Source(path))
    findings.add(code, message)
    return findings


def _read(path: str) -> Opened:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return _problem(path, Code.UNREADABLE, "not a regular file"), None
        if status.st_size > MAX_BYTES:
            message = f"file has {status.st_size} bytes, the limit is {MAX_BYTES}"
            return _problem(path, Code.TOO_LARGE, message), None
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return _problem(path, Code.UNREADABLE, "no such file or folder"), None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _problem(path, Code.UNREADABLE, f"cannot be read: {reason.lower()}"), None
    if not path.endswith(SUFFIXES):
        message = "the name of a manifest ends in .yaml, .yml or .json"
        return _problem(path, Code.NO_MANIFEST, message), None
    return decode(data, path)


def decode(data: bytes, name: str) -> Opened:
    """Return the text of a file if it is plain UTF-8; a byte order mark is dropped."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error, name), None
    findings = Findings(Source(name, tuple(_LINE_END.split(text))))
    for match in _NOT_ALLOWED.finditer(text):
        line, column = _place(text, match.start())
        message = f"character U+{ord(match.group()):04X} is not allowed"
        findings.add(Code.NOT_TEXT, message, Node(None, line, column))
    return findings, None if findings.errors else text


def _not_utf8(data: bytes, error: UnicodeDecodeError, name: str) -> Findings:
    good = data[: error.start].decode("utf-8-sig", errors="replace")
    line, column = _place(good, len(good))
    findings = Findings(Source(name))
    message = f"byte 0x{data[error.start]:02x} is not UTF-8"
    findings.add(Code.NOT_TEXT, message, Node(None, line, column))
    return findings


def _place(text: str, index: int) -> tuple[int, int]:
    before = _LINE_END.split(text[:index])
    return len(before), len(before[-1]) + 1
