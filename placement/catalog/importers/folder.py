"""Writes the folder of a catalog whole, or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from placement.catalog.importers.codes import Code
from placement.catalog.importers.imported import PROVENANCE
from placement.catalog.importers.kubernetes.seats import SEATS
from placement.catalog.layout import GPUS, LATENCY, NODES, REGIONS, RESERVED, STATES
from placement.errors import Diagnostic, InputError

OURS = frozenset(
    {
        *(one.file for one in (REGIONS, GPUS, NODES, RESERVED, STATES, LATENCY, SEATS)),
        PROVENANCE,
    }
)
"""Files that the folder of a catalog may hold; one with others is never replaced."""


def check_target(folder: Path, *, replace: bool) -> None:
    """Raise InputError unless a catalog may be written to a folder.

    Parameters
    ----------
    folder : path
        Need not be there.
    replace : bool
        Whether a catalog that is there may be replaced. Anything else never is.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise _in_the_way(folder, "there is a file of that name")
    others = sorted(set(os.listdir(folder)) - OURS)
    if others:
        message = f"the folder holds `{others[0]}`, which is no file of a catalog"
        raise _in_the_way(folder, message, "choose another folder")
    if any(folder.iterdir()) and not replace:
        advice = "choose another folder, or replace it with --force"
        raise _in_the_way(folder, "there is a catalog already", advice)


def write_folder(folder: Path, files: Mapping[str, str], *, replace: bool = False) -> None:
    """Write the files of a catalog so that readers find the old folder, none, or the new one.

    The new folder is complete on the disk before it takes its name.

    Raises
    ------
    InputError
        If ``check_target`` says so.
    OSError
        If it cannot be written; what was there is then there still.
    """
    check_target(folder, replace=replace)
    target = Path(os.path.realpath(folder))
    target.parent.mkdir(parents=True, exist_ok=True)
    tag = uuid.uuid4().hex
    fresh, stale = (target.with_name(f".{target.name}.{tag}.{end}") for end in ("new", "old"))
    try:
        _write(fresh, files)
        _put_in_place(fresh, target, stale)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(stale, ignore_errors=True)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in sorted(files.items()):
        with (folder / name).open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _put_in_place(fresh: Path, target: Path, stale: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    target.rename(stale)
    try:
        fresh.rename(target)
    except OSError:
        stale.rename(target)
        raise


def _in_the_way(folder: Path, message: str, advice: str | None = None) -> InputError:
    return InputError([Diagnostic(str(folder), 1, 1, Code.IN_THE_WAY, message, advice)])
