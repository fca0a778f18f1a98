"""Manifest files in, one checked workspace out; everything wrong is reported in one run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from placement.workspace.checks import check_all
from placement.workspace.documents import API_VERSION, Draft, Loaded, build, native
from placement.workspace.files import read_files
from placement.workspace.findings import Findings, raise_all
from placement.workspace.json_reader import read_json
from placement.workspace.making import assemble
from placement.workspace.nodes import Node
from placement.workspace.validation import wrong_type
from placement.workspace.workspace import Workspace
from placement.workspace.yaml_reader import read_yaml

_APIS = (API_VERSION,)


def load_workspace(*paths: str | Path) -> Workspace:
    """Read manifests from files and folders and return the workspace they describe.

    Folders are read with their sub-folders, in sorted order; hidden ones are left out. All
    that needs no catalog is checked.

    Parameters
    ----------
    *paths : str or Path
        Files that end in ``.yaml``, ``.yml`` or ``.json``, or folders.

    Returns
    -------
    Workspace
        With ``running`` empty and ``sources`` filled.

    Raises
    ------
    InputError
        With every finding, in the order of files and lines.
    """
    files: list[Findings] = []
    loaded: list[Loaded] = []
    complete = True
    for findings, text in read_files(paths):
        files.append(findings)
        documents = _parse(findings, text) if text is not None else []
        complete = complete and not findings.errors
        for document in documents:
            loaded.extend(build(draft, findings) for draft in _drafts(document, findings))
    check_all(loaded, complete=complete)
    raise_all(files)
    return assemble(loaded)


def _parse(findings: Findings, text: str) -> list[Node]:
    read = read_json if findings.source.name.endswith(".json") else read_yaml
    return read(text, findings)


def _drafts(document: Node, findings: Findings) -> Iterator[Draft]:
    """Yield the drafts in one document; an empty document has none."""
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        wrong_type("document", "a mapping", document, findings)
        return
    yield from native(document, findings)
