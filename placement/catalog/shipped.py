"""Where the data that comes with the package is: in a wheel or in the source tree."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def shipped(kind: str, name: str) -> Path:
    """Return the folder of a shipped catalog or example.

    Parameters
    ----------
    kind : str
        ``catalogs`` or ``examples``.
    name : str
        Such as ``public-cloud`` or ``quickstart``.

    Raises
    ------
    FileNotFoundError
        If neither the installed package nor the source tree has it.
    """
    for root in (PACKAGE / "_data", PACKAGE.parent):
        folder = root / kind / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no shipped {kind} `{name}` beside {PACKAGE}")


def default_catalog_path() -> Path:
    """Return the folder of the catalog that is used when none is named."""
    return shipped("catalogs", "public-cloud")
