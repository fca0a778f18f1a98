"""JSON Schemas of whole documents, for editors that complete and check as one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, InputError
from placement.policies.registry import POLICY_TYPES, TYPE_ALIASES
from placement.workspace.codes import Code
from placement.workspace.documents import KINDS
from placement.workspace.dumping import API_VERSION, to_plain
from placement.workspace.findings import PYTHON
from placement.workspace.workspace import Environment, ModelDeployment

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_METADATA = ("name", "environment", "labels")
NAME: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 253}
"""The schema of a name."""


class _Generator(GenerateJsonSchema):
    """Numbers are numbers: unlike pydantic, manifests have no decimals in quotes."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles that only repeat the key."""
        return False

    def encode_default(self, dft: Any) -> Any:
        """Write defaults as documents do."""
        return to_plain(dft)

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Return the schema of a number within its limits."""
        found: JsonSchemaValue = {"type": "number"}
        self.update_with_validations(found, schema, self.ValidationsMapping.numeric)
        return found


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents of one kind.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    match kind:
        case "Policy":
            return _policies()
        case "Environment":
            return _document(kind, Environment)
        case "ModelDeployment":
            return _document(kind, ModelDeployment)
        case _:
            message = f"unknown kind {quote(kind)}"
            advice = did_you_mean(kind, KINDS)
            raise InputError([Diagnostic(PYTHON, 1, 1, Code.UNKNOWN_KIND, message, advice)])


def _policies() -> dict[str, Any]:
    words = {word: POLICY_TYPES[word] for word in POLICY_TYPES}
    words |= {alias: POLICY_TYPES[word] for alias, word in TYPE_ALIASES.items()}
    parts: list[dict[str, Any]] = []
    definitions: dict[str, Any] = {}
    for word, model in words.items():
        spec, needed = _spec(model)
        spec["properties"]["type"] = {"const": word}
        spec["required"] = sorted({*spec.get("required", ()), "type"})
        definitions |= needed
        parts.append(spec)
    return whole("Policy", {"oneOf": parts}, {"name": NAME}, definitions)


def _document(kind: str, model: type[BaseModel]) -> dict[str, Any]:
    spec, definitions = _spec(model)
    metadata: dict[str, Any] = {"name": NAME}
    if model is ModelDeployment:
        fields = fields_of(model)[0]["properties"]
        metadata |= {name: fields[name] for name in _METADATA[1:]}
    return whole(kind, spec, metadata, definitions)


def whole(
    kind: str, spec: Mapping[str, Any], metadata: Mapping[str, Any], definitions: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the schema of whole documents of a kind, given those of their parts."""
    is_required = bool(spec.get("required")) or "oneOf" in spec
    return {
        "$schema": DIALECT,
        "title": kind,
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": {
                "type": "object",
                "properties": dict(metadata),
                "required": ["name"],
                "additionalProperties": False,
            },
            "spec": dict(spec),
        },
        "required": ["apiVersion", "kind", "metadata", *(["spec"] if is_required else [])],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def fields_of(model: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of one class and the definitions it uses."""
    _, found = models_json_schema(
        [(model, "validation")], by_alias=True, schema_generator=_Generator
    )
    definitions: dict[str, Any] = found["$defs"]
    return definitions.pop(model.__name__), definitions


def _spec(model: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of a spec: the class without what stands in the metadata."""
    fields, definitions = fields_of(model)
    for name in _METADATA:
        fields["properties"].pop(name, None)
    required = [name for name in fields.pop("required", ()) if name not in _METADATA]
    if required:
        fields["required"] = required
    return fields, definitions
