"""Manifest files in, one checked workspace out; everything wrong is reported in one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from placement.catalog.text import did_you_mean, quote
from placement.workspace.checks import check_all
from placement.workspace.codes import Code
from placement.workspace.documents import Draft, Loaded, build, native
from placement.workspace.dumping import API_VERSION
from placement.workspace.files import read_files
from placement.workspace.findings import Findings, raise_all
from placement.workspace.foreign import API_VERSIONS, foreign
from placement.workspace.json_reader import read_json
from placement.workspace.making import assemble
from placement.workspace.nodes import Node
from placement.workspace.validation import refuse_others, wrong_type
from placement.workspace.workspace import Workspace
from placement.workspace.yaml_reader import read_yaml

_APIS = (API_VERSION, *API_VERSIONS)
_LIST = {"apiVersion", "items", "kind"}


def load_workspace(*paths: str | Path, known: Workspace | None = None) -> Workspace:
    """Read manifests from files and folders and return the workspace they describe.

    Folders are read with their sub-folders, in sorted order; hidden ones are left out. All
    that needs no catalog is checked.

    Parameters
    ----------
    *paths : str or Path
        Files that end in ``.yaml``, ``.yml`` or ``.json``, or folders.
    known : Workspace, optional
        Policies and environments it holds count as declared too: for manifests that are
        put into it (``placement.workspace.transitions.upsert``).

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
        documents = parse(findings, text) if text is not None else []
        complete = complete and not findings.errors
        for document in documents:
            loaded.extend(build(draft, findings) for draft in drafts(document, findings))
    check_all(loaded, complete=complete, known=known)
    raise_all(files)
    return assemble(loaded)


def parse(findings: Findings, text: str) -> list[Node]:
    """Return the documents of one file's text; what is wrong goes into ``findings``."""
    read = read_json if findings.source.name.endswith(".json") else read_yaml
    return read(text, findings)


def drafts(document: Node, findings: Findings) -> Iterator[Draft]:
    """Yield the drafts in one document; an empty document has none."""
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        wrong_type("document", "a mapping", document, findings)
        return
    if document.get("kind") and document.mapping["kind"].value.value == "List":
        yield from _members(document, findings)
        return
    api = api_version(document, _APIS, findings)
    if api == API_VERSION:
        yield from native(document, findings)
    elif api is not None:
        yield from foreign(document, findings)


def _members(document: Node, findings: Findings) -> Iterator[Draft]:
    """Yield the drafts in a document of kind ``List``, as ``placement get`` writes it."""
    refuse_others(document, _LIST, findings)
    items = document.get("items")
    if items is None:
        findings.add(Code.MISSING_FIELD, "field `items` is missing", document)
    elif not isinstance(items.value, list):
        wrong_type("items", "a list", items, findings)
    else:
        for item in items.items:
            yield from drafts(item, findings)


def api_version(document: Node, known: Sequence[str], findings: Findings) -> str | None:
    """Return the version that a document states, or None after recording that it is not known."""
    node = document.get("apiVersion")
    if node is None:
        advice = f"start the document with `apiVersion: {API_VERSION}`"
        findings.add(
            Code.MISSING_FIELD, "field `apiVersion` is missing", document, suggestion=advice
        )
    elif not isinstance(node.value, str):
        wrong_type("apiVersion", "text", node, findings)
    elif node.value not in known:
        advice = did_you_mean(node.value, known) or f"this version reads {quote(API_VERSION)}"
        message = f"unknown apiVersion {quote(node.value)}"
        findings.add(Code.UNKNOWN_API, message, node, suggestion=advice)
    else:
        return node.value
    return None
