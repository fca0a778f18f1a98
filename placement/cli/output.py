"""Documents to stdout, words to stderr, files in one step."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from placement.cli.findings import reason_of, unwritable
from placement.errors import InputError


class Format(StrEnum):
    """How a command prints its answer."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


def prepare_streams() -> None:
    """Make stdout UTF-8, and let neither stream fail on a character it cannot show.

    Python has None for a stream that was closed before it started; what goes there is dropped,
    and nothing comes from there.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream, encoding in ((sys.stdout, "utf-8"), (sys.stderr, None)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def choose_format(wanted: Format | None) -> Format:
    """Return the wanted format; by default the table on a terminal, JSON otherwise."""
    if wanted is not None:
        return wanted
    return Format.TABLE if sys.stdout.isatty() else Format.JSON


def emit(text: str) -> None:
    """Write to stdout; a reader that has gone away is no fault.

    Raises
    ------
    InputError
        If stdout cannot take the answer, for instance because the disk is full.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:
        _silence_stdout()
        raise InputError([unwritable("<stdout>", reason_of(error))]) from None


def _silence_stdout() -> None:
    # Python flushes stdout once more at exit: give it somewhere to go.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(line: str) -> None:
    """Write one line to stderr, unwrapped."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is where words go out


def number(value: int | Decimal) -> int | float:
    """Return an exact number as JSON and YAML write it."""
    return float(value) if isinstance(value, Decimal) else value


def as_json(document: Any) -> str:
    """Return a document as indented JSON with a final newline."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: Any) -> str:
    """Return a document as YAML in the order of its keys."""
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV with a header; missing values are empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file that was named on the command line, as ``write_whole`` does.

    Raises
    ------
    InputError
        If it cannot be written; what was there is then there still.
    """
    try:
        write_whole(path, content)
    except OSError as error:
        raise InputError([unwritable(str(path), reason_of(error))]) from None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part.

    Text is written as UTF-8. It goes to a temporary file beside the target, to the disk, and then
    takes the target's name. A link keeps pointing where it did; a device or pipe is written
    directly, also behind a name such as ``/dev/stdout`` that resolves to nothing on disk.

    Raises
    ------
    OSError
        If the folder or the file cannot be written; the target is then as before.
    """
    whole = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(whole)
        return
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        _write_through(temporary, whole)
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _write_through(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Not every file system lets a folder be opened or synced; the rename itself stands.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
