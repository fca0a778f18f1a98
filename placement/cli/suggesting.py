"""Names that a shell completes: those in the store, and nothing if there is none."""

from __future__ import annotations

import os

from placement.cli import storing


def models(incomplete: str) -> list[str]:
    """Return the models in the store that begin like this."""
    return _names(incomplete, 0)


def environments(incomplete: str) -> list[str]:
    """Return the environments in the store that begin like this."""
    return _names(incomplete, 1)


def _names(incomplete: str, part: int) -> list[str]:
    url = storing.named(os.environ.get(storing.URL_VARIABLE))
    if url is None:
        return []
    try:
        workspace = storing.read_head(url).workspace
    except Exception:  # a shell has no use for what went wrong
        return []
    known = list(workspace.environments) if part else [d.name for d in workspace.deployments]
    return sorted({name for name in known if name.startswith(incomplete)})
