"""What is asked: manifests in, one checked and frozen workspace out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.workspace.making import make_workspace
    from placement.workspace.manifests import load_workspace
    from placement.workspace.workspace import Workspace

__all__ = ["Workspace", "load_workspace", "make_workspace"]

_HOMES = {
    "Workspace": "placement.workspace.workspace",
    "load_workspace": "placement.workspace.manifests",
    "make_workspace": "placement.workspace.making",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
