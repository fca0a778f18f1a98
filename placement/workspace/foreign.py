"""Documents of ``beamlit.com/v1alpha1`` and ``blaxel.ai/v1alpha1`` in the project's own shape.

Both generations are read: the flat one in snake_case, with a model's ``deployments`` listed
in its spec, and the one with ``metadata`` and ``spec`` in camelCase. Nodes keep their places,
so what is wrong is reported where it was written. Fields of those documents that do not
concern placement are known and left out; any other field is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from placement.catalog.text import quote
from placement.policies.registry import POLICY_TYPES
from placement.workspace.codes import Code
from placement.workspace.documents import Draft, kind_of, section
from placement.workspace.findings import Findings
from placement.workspace.nodes import Entry, Node
from placement.workspace.validation import unknown_field, wrong_type
from placement.workspace.workspace import ModelDeployment

API_VERSIONS = ("beamlit.com/v1alpha1", "blaxel.ai/v1alpha1")
KINDS = ("Environment", "Model", "Policy")
UNVERSIONED = "unversioned"
"""Version of a model that states none: no version, no runtime model, no image."""

_TOP = frozenset({"apiVersion", "kind", "metadata", "spec"})
_TOP_LEFT_OUT = frozenset({"events", "status"})
_AUDIT = frozenset(
    {"createdAt", "createdBy", "updatedAt", "updatedBy"}
    | {"displayName", "labels", "name", "url", "workspace"}
)
_POLICY = frozenset(
    field.alias or name
    for model in POLICY_TYPES.values()
    for name, field in model.model_fields.items()
) - {"name"}
_POLICY_LEFT_OUT = _AUDIT | {"sandbox", "usage"}
_DEPLOYMENT = frozenset(
    field.alias or name for name, field in ModelDeployment.model_fields.items()
) - {"name", "environment", "labels"}
_SERVING = frozenset({"integrationConnections", "modelProviderRef", "runtime", "sandbox"})
_MODEL_LEFT_OUT = _AUDIT | _SERVING | {"deployments"}
_DEPLOYMENT_LEFT_OUT = (
    _AUDIT
    | _SERVING
    | {"environment", "metricPort", "model", "podTemplate"}
    | {"privateClusters", "revision", "serverlessConfig", "servingPort"}
)


def foreign(root: Node, findings: Findings) -> Iterator[Draft]:
    """Yield what one document describes: for a flat model, one draft per deployment."""
    _refuse_unknown(root, _TOP, _TOP_LEFT_OUT, findings)
    kind = kind_of(root, KINDS, findings)
    metadata = section(root, "metadata", findings)
    spec = section(root, "spec", findings)
    if kind is None or metadata is None or spec is None:
        return
    metadata, spec = _camel(metadata, findings), _camel(spec, findings)
    _refuse_unknown(metadata, frozenset({"environment"}), _AUDIT, findings)
    heading = _heading(metadata, spec, findings)
    match kind:
        case "Policy":
            yield Draft(kind, root, heading, _policy(spec, findings))
        case "Environment":
            _refuse_unknown(spec, frozenset({"policies"}), _AUDIT, findings)
            yield Draft(kind, root, heading, _keep(spec, frozenset({"policies"})))
        case _:
            yield from _models(root, metadata, heading, spec, findings)


def _camel(node: Node, findings: Findings) -> Node:
    """Return a mapping with its keys in camelCase; one key in both forms is refused."""
    entries: dict[str, Entry] = {}
    for key, entry in node.mapping.items():
        name = to_camel(key) if "_" in key else key
        if name not in entries:
            entries[name] = entry
            continue
        first = entries[name].key
        place = f"{findings.source.name}:{first.line}:{first.column}"
        message = f"key {quote(key)} is given twice, first at {place} as {quote(first.text)}"
        findings.add(Code.DUPLICATE_KEY, message, entry.key)
    return node.like(entries)


def _refuse_unknown(
    node: Node, known: frozenset[str], left_out: frozenset[str], findings: Findings
) -> None:
    for name, entry in node.mapping.items():
        if name not in known | left_out:
            unknown_field(entry.key.text, set(known | left_out), entry.key, findings)


def _keep(node: Node, names: frozenset[str]) -> Node:
    return node.like({name: entry for name, entry in node.mapping.items() if name in names})


def _heading(metadata: Node, spec: Node, findings: Findings) -> Node:
    """Return the metadata with the name alone, taken from the spec if need be."""
    stated, repeated = metadata.mapping.get("name"), spec.mapping.get("name")
    entry = stated or repeated
    if stated and repeated and stated.value.value != repeated.value.value:
        message = f"name {quote(repeated.value.text)} differs from {quote(stated.value.text)}"
        advice = "`metadata.name` and `spec.name` must be the same"
        findings.add(Code.INVALID, message, repeated.value, suggestion=advice)
    return metadata.like({"name": entry} if entry else {})


def _policy(spec: Node, findings: Findings) -> Node:
    _refuse_unknown(spec, _POLICY, _POLICY_LEFT_OUT, findings)
    kept = _keep(spec, _POLICY).mapping
    for name in ("flavors", "locations"):
        # Those systems write an empty list for the options of the other type.
        owner = {"flavors": ("flavor", "gpu"), "locations": ("location",)}[name]
        if name in kept and _type_of(spec) not in owner and not kept[name].value.items:
            del kept[name]
    if "maxTokens" in kept:
        key, value = kept["maxTokens"]
        kept["maxTokens"] = Entry(key, _camel(value, findings) if value.mapping else value)
    return spec.like(kept)


def _type_of(spec: Node) -> object:
    node = spec.get("type")
    return node.value if node else None


def _models(
    root: Node, metadata: Node, heading: Node, spec: Node, findings: Findings
) -> Iterator[Draft]:
    listed = spec.get("deployments")
    if listed is None:
        yield _deployment(root, metadata, heading, spec, findings)
        return
    _refuse_unknown(spec, frozenset(), _MODEL_LEFT_OUT, findings)
    if not isinstance(listed.value, list):
        wrong_type("deployments", "a list", listed, findings)
    for item in listed.items:
        if isinstance(item.value, dict):
            one = _camel(item, findings)
            yield _deployment(item, metadata, heading, _with_runtime(one, spec), findings)
        else:
            wrong_type("deployments", "a mapping", item, findings)


def _with_runtime(one: Node, model: Node) -> Node:
    """Let a deployment without a runtime have the one of its model."""
    if "runtime" in one.mapping or "runtime" not in model.mapping:
        return one
    return one.like({**one.mapping, "runtime": model.mapping["runtime"]})


def _deployment(root: Node, metadata: Node, heading: Node, spec: Node, findings: Findings) -> Draft:
    _refuse_unknown(spec, _DEPLOYMENT, _DEPLOYMENT_LEFT_OUT, findings)
    head = dict(heading.mapping)
    for name in ("environment", "labels"):
        entry = spec.mapping.get(name) or metadata.mapping.get(name)
        if entry and entry.value.value is not None:
            head[name] = entry
    kept = {n: e for n, e in _keep(spec, _DEPLOYMENT).mapping.items() if e.value.value is not None}
    kept.setdefault("version", _version(spec))
    replicas = _replicas(spec, findings)
    if replicas is not None:
        kept.setdefault("replicas", replicas)
    return Draft("ModelDeployment", root, heading.like(head), spec.like(kept))


def _version(spec: Node) -> Entry:
    """Return what stands for the version: the runtime's model or image, else a fixed word."""
    runtime = spec.get("runtime")
    for name in ("model", "image"):
        entry = runtime.mapping.get(name) if runtime else None
        if entry and isinstance(entry.value.value, str) and entry.value.value:
            return entry
    node = spec.word(UNVERSIONED)
    return Entry(node, node)


def _replicas(spec: Node, findings: Findings) -> Entry | None:
    config = spec.get("serverlessConfig")
    if config is None:
        return None
    entry = _camel(config, findings).mapping.get("minNumReplicas")
    return entry if entry and entry.value.value is not None else None
