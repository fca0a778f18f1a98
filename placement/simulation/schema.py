"""The JSON Schema of scenarios, for editors that complete and check as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placement.simulation.edits.put_policy import PutPolicy
from placement.simulation.edits.registry import EDIT_TYPES
from placement.simulation.files import KIND
from placement.workspace.schema import NAME, fields_of, schema, whole

if TYPE_CHECKING:
    from placement.simulation.edits.base import Edit


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of documents of kind ``Scenario``."""
    parts: list[dict[str, Any]] = []
    definitions: dict[str, Any] = {}
    for word, kind in EDIT_TYPES.items():
        edit, needed = _edit(kind)
        edit["properties"]["type"] = {"const": word}
        edit["required"] = sorted({*edit.get("required", ()), "type"})
        definitions |= needed
        parts.append(edit)
    edits = {"type": "array", "items": {"oneOf": parts}}
    spec = {
        "type": "object",
        "properties": {"edits": edits},
        "required": ["edits"],
        "additionalProperties": False,
    }
    return whole(KIND, spec, {"name": NAME}, definitions)


def _edit(kind: type[Edit]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of one kind of edit; that of a policy is that of the policy's document."""
    if kind is not PutPolicy:
        return fields_of(kind)
    policy = schema("Policy")
    properties = {"name": NAME, "spec": policy["properties"]["spec"]}
    fields = {
        "type": "object",
        "properties": properties,
        "required": ["name", "spec"],
        "additionalProperties": False,
    }
    return fields, policy["$defs"]
