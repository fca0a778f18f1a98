"""Scenarios from files: documents of kind ``Scenario``, each fault with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from placement.catalog.text import did_you_mean, quote
from placement.errors import InternalFaultError
from placement.simulation.codes import Code as ScenarioCode
from placement.simulation.edits.registry import EDIT_TYPES
from placement.simulation.scenario import Scenario
from placement.workspace.codes import Code
from placement.workspace.documents import kind_of, section
from placement.workspace.dumping import API_VERSION
from placement.workspace.fields import name_problem
from placement.workspace.files import read_files
from placement.workspace.findings import PYTHON, Findings, Source, raise_all
from placement.workspace.manifests import api_version, parse
from placement.workspace.nodes import Entry, Node, Scalar
from placement.workspace.sources import Written
from placement.workspace.validation import refuse_others, wrong_type

if TYPE_CHECKING:
    from placement.simulation.edits.base import Edit

KIND = "Scenario"
_TOP = {"apiVersion", "kind", "metadata", "spec"}
_SPEC = {"edits"}
_METADATA = {"name"}


def load_scenarios(*paths: str | Path) -> tuple[Scenario, ...]:
    """Read scenarios from files and folders, in the order of files and lines.

    Parameters
    ----------
    *paths : str or Path
        Files that end in ``.yaml``, ``.yml`` or ``.json``, or folders.

    Raises
    ------
    InputError
        With every finding; whether names exist is checked where a catalog and a workspace are
        given, by ``simulate``.
    """
    files: list[Findings] = []
    found: list[Scenario] = []
    known: dict[str, str] = {}
    for findings, text in read_files(paths):
        files.append(findings)
        for document in parse(findings, text) if text is not None else []:
            if document.value is not None:
                found += _scenario(document, findings, known)
    raise_all(files)
    return tuple(found)


def edit_of(fields: Mapping[str, Scalar]) -> Edit:
    """Return the edit with the fields of a file, checked as one of a file is.

    Raises
    ------
    InputError
        With every finding; the file of each is ``<python>``.
    """
    findings = Findings(Source(PYTHON))
    node = Node({word: _entry(word, value) for word, value in fields.items()}, 1, 1)
    kind = _type(node, findings)
    edit = kind.read(node, findings) if kind is not None else None
    raise_all([findings])
    if edit is None:
        raise InternalFaultError("an edit that cannot be read has no finding")
    return edit


def _entry(word: str, value: Scalar) -> Entry:
    return Entry(Node(word, 1, 1, text=word), Node(value, 1, 1, text=str(value)))


def _scenario(root: Node, findings: Findings, known: dict[str, str]) -> Iterator[Scenario]:
    """Yield the scenario of a document, unless its outer shape is wrong."""
    if not isinstance(root.value, dict):
        wrong_type("document", "a mapping", root, findings)
        return
    refuse_others(root, _TOP, findings)
    api_version(root, (API_VERSION,), findings)
    kind = kind_of(root, (KIND,), findings)
    metadata, spec = section(root, "metadata", findings), section(root, "spec", findings)
    if kind is None or metadata is None or spec is None:
        return
    refuse_others(metadata, _METADATA, findings)
    refuse_others(spec, _SPEC, findings)
    name = _name(metadata, findings, known)
    edits = tuple(_edits(spec, findings))
    if name is not None:
        nodes = tuple(node for node, _ in edits)
        written = tuple(Written(findings.source, node) for node in nodes)
        yield Scenario(name, tuple(edit for _, edit in edits), written)


def _name(metadata: Node, findings: Findings, known: dict[str, str]) -> str | None:
    node = metadata.get("name")
    if node is None:
        findings.add(Code.MISSING_FIELD, "field `name` is missing", metadata)
        return None
    if not isinstance(node.value, str):
        wrong_type("name", "text", node, findings)
        return None
    if problem := name_problem(node.value):
        findings.add(Code.BAD_NAME, f"name {quote(node.value)} {problem}", node)
        return None
    place = f"{findings.source.name}:{node.line}:{node.column}"
    if node.value in known:
        message = f"scenario {quote(node.value)} is declared twice, first at {known[node.value]}"
        findings.add(Code.DUPLICATE_NAME, message, node)
        return None
    known[node.value] = place
    return node.value


def _edits(spec: Node, findings: Findings) -> Iterator[tuple[Node, Edit]]:
    node = spec.get("edits")
    if node is None:
        findings.add(Code.MISSING_FIELD, "field `edits` is missing", spec)
        return
    if not isinstance(node.value, list):
        wrong_type("edits", "a list", node, findings)
        return
    for item in node.items:
        kind = _type(item, findings)
        edit = kind.read(item, findings) if kind is not None else None
        if edit is not None:
            yield item, edit


def _type(node: Node, findings: Findings) -> type[Edit] | None:
    if not isinstance(node.value, dict):
        wrong_type("edit", "a mapping", node, findings)
        return None
    word = node.get("type")
    if word is None:
        findings.add(Code.MISSING_FIELD, "field `type` is missing", node)
    elif not isinstance(word.value, str):
        wrong_type("type", "text", word, findings)
    elif word.value not in EDIT_TYPES:
        listed = "choose one of " + ", ".join(quote(one) for one in EDIT_TYPES)
        advice = did_you_mean(word.value, EDIT_TYPES, listed)
        message = f"unknown edit {quote(word.value)}"
        findings.add(ScenarioCode.UNKNOWN_EDIT, message, word, suggestion=advice)
    else:
        return EDIT_TYPES[word.value]
    return None
