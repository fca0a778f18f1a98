"""Objects of a workspace as text and back, and a workspace changed by a transition record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from placement.plan.json_text import compact
from placement.policies.base import Policy
from placement.workspace.documents import Loaded, build, native
from placement.workspace.dumping import kind_name, to_document
from placement.workspace.findings import Findings, Source, raise_all
from placement.workspace.json_reader import read_json
from placement.workspace.making import assemble
from placement.workspace.transitions.edits import Object, check_objects, edited
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

if TYPE_CHECKING:
    from placement.plan.rows import TransitionRecord
    from placement.workspace.assignment import Assignment

Key = tuple[str, str, str]
"""Kind, name, environment; the last is empty for anything but a model deployment."""

STORE = "<store>"
"""File name of what is read from a store."""
_KEPT = 50_000


def key_of(one: Object) -> Key:
    """Return the key under which an object is stored."""
    environment = one.environment if isinstance(one, ModelDeployment) else ""
    return (kind_name(one), one.name, environment)


def objects_of(workspace: Workspace) -> dict[Key, Object]:
    """Return all objects of a workspace by key."""
    found: tuple[Object, ...] = (
        *workspace.policies.values(),
        *workspace.environments.values(),
        *workspace.deployments,
    )
    return {key_of(one): one for one in found}


def text_of(one: Object) -> str:
    """Return the canonical document of an object: sorted keys, no spaces, defaults filled in."""
    return compact(to_document(one), sort=True)


@lru_cache(maxsize=_KEPT)
def read_object(text: str) -> Object:
    """Read one document with the readers that manifests are read with.

    Raises
    ------
    InputError
        If it is not a document of this package.
    """
    findings = Findings(Source(STORE, (text,)))
    drafts = [draft for node in read_json(text, findings) for draft in native(node, findings)]
    read = [build(draft, findings).value for draft in drafts]
    raise_all([findings])
    (value,) = read
    if not isinstance(value, Policy | Environment | ModelDeployment):
        raise TypeError(type(value).__name__)
    return value


def workspace_of(texts: Iterable[str], running: Iterable[Assignment] = ()) -> Workspace:
    """Return the workspace of stored documents, which were checked before they were stored."""
    findings = Findings(Source(STORE))
    found = [read_object(text) for text in texts]
    return assemble([Loaded(kind_name(one), one, None, findings) for one in found], running)


def derive(before: Workspace, record: TransitionRecord) -> Workspace:
    """Return the workspace that a transition record makes of another; the same rows run.

    Raises
    ------
    InputError
        If a document is wrong, or a policy or environment is named that is not there.
    KeyError
        If something is to be deleted that is not there.
    """
    put = [read_object(compact(document, sort=True)) for document in record.put]
    gone = [_key(document) for document in record.delete]
    after = edited(before, put=put, drop=gone)
    check_objects(after, *objects_of(after).values())
    return after


def _key(document: Mapping[str, str]) -> tuple[str, ...]:
    """Return the key of a deletion: kind and name, for deployments also the environment."""
    words = ("kind", "name", "environment")
    return tuple(document[word] for word in words if word in document)
