"""Documents in the project's own shape: ``apiVersion``, ``kind``, ``metadata``, ``spec``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from placement.catalog.text import did_you_mean, quote
from placement.policies.base import Document
from placement.policies.registry import POLICY_TYPES, TYPE_ALIASES
from placement.workspace.codes import Code
from placement.workspace.findings import Findings
from placement.workspace.nodes import Entry, Node
from placement.workspace.sources import Key
from placement.workspace.validation import refuse_others, unknown_field, validate, wrong_type
from placement.workspace.workspace import PRODUCTION, Environment, ModelDeployment

KINDS = ("Environment", "ModelDeployment", "Policy")
METADATA = ("name", "environment", "labels")
"""Fields of ``metadata``; the last two belong to model deployments only."""

_TOP = {"apiVersion", "kind", "metadata", "spec"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A document in the project's own shape that has not been checked yet.

    ``metadata`` and ``spec`` are mappings; ``root`` is what is pointed at if they are missing.
    """

    kind: str
    root: Node
    metadata: Node
    spec: Node


@dataclass(frozen=True, slots=True)
class Loaded:
    """One object with its place; ``value`` is None if its document is wrong.

    ``node`` holds the fields of metadata and spec side by side.
    """

    kind: str
    value: Document | None
    node: Node | None
    findings: Findings

    @property
    def key(self) -> Key | None:
        """Kind and name (and environment), as far as they can be read."""
        name = self.text("name")
        if name is None:
            return None
        if self.kind != "ModelDeployment":
            return (self.kind, name)
        return (self.kind, name, self.text("environment") or PRODUCTION)

    def names(self, field: str) -> list[str]:
        """Return a list of texts of the object, or of its document if that is wrong."""
        if self.value is not None:
            return list(getattr(self.value, field, ()))
        node = self.node.get(field) if self.node else None
        return [str(item.value) for item in node.items] if node else []

    def text(self, field: str) -> str | None:
        """Return a text of the object, or of its document if that is wrong."""
        if self.value is not None:
            found = getattr(self.value, field)
        else:
            node = self.node.get(field) if self.node else None
            found = node.value if node else None
        return found if isinstance(found, str) else None


def native(root: Node, findings: Findings) -> Iterator[Draft]:
    """Yield the draft of a ``placement/v1`` document if its outer shape is right."""
    refuse_others(root, _TOP, findings)
    kind = kind_of(root, KINDS, findings)
    metadata = section(root, "metadata", findings)
    spec = section(root, "spec", findings)
    if kind and metadata and spec:
        yield Draft(kind, root, metadata, spec)


def kind_of(root: Node, known: tuple[str, ...], findings: Findings) -> str | None:
    """Return the kind of a document if it is one of ``known``."""
    node = root.get("kind")
    if node is None:
        findings.add(Code.MISSING_FIELD, "field `kind` is missing", root)
    elif not isinstance(node.value, str):
        wrong_type("kind", "text", node, findings)
    elif node.value not in known:
        advice = did_you_mean(node.value, known)
        message = f"unknown kind {quote(node.value)}"
        findings.add(Code.UNKNOWN_KIND, message, node, suggestion=advice or _one_of(known))
    else:
        return node.value
    return None


def _one_of(words: tuple[str, ...]) -> str:
    return "choose one of " + ", ".join(quote(word) for word in words)


def section(root: Node, name: str, findings: Findings) -> Node | None:
    """Return a mapping of the document; an empty one at the same place if it is left out."""
    node = root.get(name)
    if node is None or node.value is None:
        return (node or root).like({})
    if not isinstance(node.value, dict):
        wrong_type(name, "a mapping", node, findings)
        return None
    return node


def build(draft: Draft, findings: Findings) -> Loaded:
    """Check one draft and build its object."""
    merged = draft.root.like({})
    _take_metadata(draft, merged, findings)
    _take_spec(draft, merged, findings)
    model = _model(draft, merged, findings)
    value = None
    errors = len(findings.errors)
    if model is not None and _has_required(model, draft, merged, findings):
        value = validate(model, _view(draft, merged), findings)
    if len(findings.errors) > errors:
        value = None
    return Loaded(draft.kind, value, merged, findings)


def _view(draft: Draft, merged: Node) -> Node:
    """Return the merged node at the place of the spec, where missing fields are missed."""
    place = draft.spec if draft.spec.mapping else draft.root
    return place.like(merged.value)


def _take_metadata(draft: Draft, merged: Node, findings: Findings) -> None:
    known = METADATA if draft.kind == "ModelDeployment" else METADATA[:1]
    for name, entry in draft.metadata.mapping.items():
        if name in known:
            merged.mapping[name] = entry
        else:
            unknown_field(name, set(known), entry.key, findings)


def _take_spec(draft: Draft, merged: Node, findings: Findings) -> None:
    for name, entry in draft.spec.mapping.items():
        if name not in METADATA:
            merged.mapping[name] = entry
            continue
        findings.add(
            Code.UNKNOWN_FIELD,
            f"unknown field {quote(name)}",
            entry.key,
            suggestion=f"{quote(name)} belongs in `metadata`" if _fits(name, draft.kind) else None,
        )


def _fits(name: str, kind: str) -> bool:
    return name == "name" or kind == "ModelDeployment"


def _has_required(model: type[Document], draft: Draft, merged: Node, findings: Findings) -> bool:
    """Miss the name where it is missing, in the metadata."""
    if "name" in merged.mapping:
        return True
    findings.add(Code.MISSING_FIELD, "field `name` is missing", draft.metadata)
    name = draft.metadata.word("unnamed")
    view = _view(draft, merged).like({**merged.mapping, "name": Entry(name, name)})
    validate(model, view, findings)
    return False


def _model(draft: Draft, merged: Node, findings: Findings) -> type[Document] | None:
    match draft.kind:
        case "Environment":
            return Environment
        case "ModelDeployment":
            return ModelDeployment
        case _:
            return _policy_model(draft, merged, findings)


def _policy_model(draft: Draft, merged: Node, findings: Findings) -> type[Document] | None:
    """Return the class for the policy's type, and drop the fields of other types."""
    node = merged.get("type")
    if node is None:
        place = draft.spec if draft.spec.mapping else draft.root
        findings.add(Code.MISSING_FIELD, "field `type` is missing", place)
        return None
    if not isinstance(node.value, str):
        wrong_type("type", "text", node, findings)
        return None
    word = TYPE_ALIASES.get(node.value, node.value)
    model = POLICY_TYPES.get(word)
    if model is None:
        known = (*POLICY_TYPES, *TYPE_ALIASES)
        message = f"unknown policy type {quote(node.value)}"
        advice = did_you_mean(node.value, known) or _one_of(known)
        findings.add(Code.UNKNOWN_TYPE, message, node, suggestion=advice)
        return None
    merged.mapping["type"] = Entry(merged.mapping["type"].key, node.like(word))
    _drop_strangers(word, merged, findings)
    return model


def _drop_strangers(word: str, merged: Node, findings: Findings) -> None:
    owners = {
        field.alias or name: kind
        for kind, model in POLICY_TYPES.items()
        for name, field in model.model_fields.items()
    }
    own = {field.alias or name for name, field in POLICY_TYPES[word].model_fields.items()}
    for name, entry in list(merged.mapping.items()):
        if name in own or name not in owners:
            continue
        message = f"field {quote(name)} does not belong to a {quote(word)} policy"
        advice = f"it belongs to a {quote(owners[name])} policy"
        findings.add(Code.FOREIGN_FIELD, message, entry.key, suggestion=advice)
        del merged.mapping[name]
