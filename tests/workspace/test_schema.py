"""The JSON Schemas say what the loader does."""

from __future__ import annotations

import jsonschema
import pytest

from placement.errors import InputError
from placement.policies.registry import POLICY_TYPES
from placement.workspace.documents import KINDS
from placement.workspace.schema import schema
from placement.workspace.workspace import ModelDeployment


@pytest.mark.parametrize("kind", KINDS)
def test_whole_documents(kind):
    found = schema(kind)
    assert found["$schema"].endswith("2020-12/schema")
    assert set(found["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert found["properties"]["apiVersion"] == {"const": "placement/v1"}
    assert found["properties"]["kind"] == {"const": kind}
    assert found["additionalProperties"] is False
    assert "name" in found["properties"]["metadata"]["required"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_is_closed_and_every_reference_is_defined(kind):
    found = schema(kind)
    waiting = [found]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
            if "properties" in part and isinstance(part["properties"], dict):
                assert part.get("additionalProperties") is False, part
            if "$ref" in part:
                assert part["$ref"].removeprefix("#/$defs/") in found["$defs"]
            assert "pattern" not in part, "numbers in quotes are not numbers"
            assert not {"ge", "gt", "le", "lt"} & set(part), "no words of JSON Schema"


def test_policies_are_one_of_the_types_and_the_alias():
    parts = schema("Policy")["properties"]["spec"]["oneOf"]
    words = [part["properties"]["type"]["const"] for part in parts]
    assert words == [*POLICY_TYPES, "gpu"]
    assert all("type" in part["required"] and "name" not in part["properties"] for part in parts)


def test_model_deployments():
    spec = schema("ModelDeployment")["properties"]["spec"]
    assert spec["required"] == ["version"]
    assert spec["properties"]["replicas"] == {
        "default": 1,
        "maximum": 100_000,
        "minimum": 0,
        "type": "integer",
    }
    fields = {field.alias for field in ModelDeployment.model_fields.values()}
    assert set(spec["properties"]) == fields - {"name", "environment", "labels"}
    resources = schema("ModelDeployment")["$defs"]["Resources"]["properties"]
    assert resources["cpus"]["type"] == "number"
    assert resources["cpus"]["default"] == 1
    assert resources["cpus"]["minimum"] == 0


def test_the_examples_of_the_loader_fit():
    from placement.workspace import load_workspace
    from placement.workspace.dumping import to_documents

    for document in to_documents(load_workspace("examples/quickstart")):
        jsonschema.validate(document, schema(document["kind"]))


def test_an_unknown_kind():
    with pytest.raises(InputError, match="PL205 unknown kind `Polcy`"):
        schema("Polcy")
