"""Objects back into documents, and the digest of all documents of a workspace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any

from placement.policies.base import Document, Policy
from placement.workspace.shapes import KEPT, Shape
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

API_VERSION = "placement/v1"
_METADATA = ("name", "environment", "labels")

Object = Policy | Environment | ModelDeployment
"""What a document describes."""


def to_document(one: Object) -> dict[str, Any]:
    """Return the document of an object, with defaults filled in.

    Reading the document back gives an equal object. Whole numbers are int, all others float.
    """
    fields = _written(one)
    metadata = {name: fields.pop(name) for name in _METADATA if name in fields}
    return {
        "apiVersion": API_VERSION,
        "kind": kind_name(one),
        "metadata": metadata,
        "spec": fields,
    }


def kind_name(one: Document) -> str:
    """Return the kind of an object as documents write it."""
    return "Policy" if isinstance(one, Policy) else type(one).__name__


def to_documents(workspace: Workspace) -> list[dict[str, Any]]:
    """Return all documents: policies, environments, deployments, each sorted by name."""
    return [to_document(one) for one in _objects(workspace)]


def digest(workspace: Workspace) -> str:
    """Return ``sha256:`` over the sorted digests of all objects, one to a line.

    Files, order and running rows do not matter.
    """
    digests = [
        *map(object_digest, workspace.policies.values()),
        *map(object_digest, workspace.environments.values()),
        *_deployment_digests(workspace.deployments),
    ]
    return _sha256("\n".join(sorted(digests)))


def object_digest(one: Object) -> str:
    """Return ``sha256:`` over the document of an object as JSON, keys sorted, without spaces."""
    # Kept on the object, which never changes: a workspace shares most of its objects with the
    # one it was made of.
    kept: str | None = one.__dict__.get(KEPT)
    if kept is None:
        kept = one.__dict__[KEPT] = _sha256(_text(to_document(one)))
    return kept


def _deployment_digests(deployments: Iterable[ModelDeployment]) -> Iterator[str]:
    """Yield the digest of each; the documents of those of one shape differ in the name alone."""
    parts: dict[Shape, tuple[Any, bytes]] = {}
    for one in deployments:
        kept: str | None = one.__dict__.get(KEPT)
        if kept is None:
            if one.shape not in parts:
                parts[one.shape] = _around_name(one)
            head, tail = parts[one.shape]
            whole = head.copy()
            whole.update(encode_basestring(one.name).encode() + tail)
            kept = one.__dict__[KEPT] = f"sha256:{whole.hexdigest()}"
        yield kept


def _around_name(one: ModelDeployment) -> tuple[Any, bytes]:
    """Return the hash of a document up to the name, and the bytes that come after it."""
    document = to_document(one)
    document["metadata"]["name"] = ""
    # Nothing else reads so: what users write has its quotes escaped.
    head, key, tail = _text(document).partition('"name":""},"spec":')
    before, after = key[:7], key[9:] + tail
    return hashlib.sha256((head + before).encode()), after.encode()


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _objects(workspace: Workspace) -> tuple[Object, ...]:
    return (
        *workspace.policies.values(),
        *workspace.environments.values(),
        *workspace.deployments,
    )


def _written(value: Document) -> dict[str, Any]:
    fields = type(value).model_fields
    pairs = ((field.alias or name, getattr(value, name)) for name, field in fields.items())
    return {name: to_plain(part) for name, part in pairs if part is not None}


def to_plain(value: object) -> object:
    """Return a value as JSON writes it; whole numbers as int, other decimals as float."""
    match value:
        case Document():
            return _written(value)
        case Enum():
            return value.value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            return {key: to_plain(value[key]) for key in sorted(value)}
        case tuple() | list():
            return [to_plain(part) for part in value]
        case _:
            return value
