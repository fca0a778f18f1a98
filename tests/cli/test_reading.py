"""`validate`, `get`, `schema` and `catalog show`: answers that need no solver."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Command


def test_validate_counts(placement: Command, fleet: Path, manifests: Path) -> None:
    done = placement("validate", manifests, "--catalog", fleet, "-o", "table")
    assert (done.code, done.err) == (0, "")
    assert done.out == "valid: 2 policies, 2 environments, 1 deployments\n"


def test_validate_warns_on_stderr(placement: Command, fleet: Path, tmp_path: Path) -> None:
    file = tmp_path / "far.yaml"
    file.write_text(
        "apiVersion: placement/v1\nkind: Policy\nmetadata: {name: far}\n"
        "spec: {type: location, locations: [{type: country, name: Chad}]}\n"
    )
    done = placement("validate", file, "--catalog", fleet)
    assert done.code == 0
    assert f"{file}:4:" in done.err
    assert "warning: " in done.err
    assert json.loads(done.out)["ok"] is True


@pytest.mark.parametrize("kind", ["policy", "policies", "Policies"])
def test_get_takes_either_number(placement: Command, manifests: Path, kind: str) -> None:
    document = json.loads(placement("get", kind, manifests).out)
    assert document["kind"] == "List"
    assert [item["metadata"]["name"] for item in document["items"]] == ["t4-only", "us-only"]


def test_get_fills_in_defaults(placement: Command, manifests: Path) -> None:
    (item,) = json.loads(placement("get", "deployments", manifests).out)["items"]
    assert item["kind"] == "ModelDeployment"
    assert item["spec"]["enabled"] is True
    assert item["spec"]["rollout"] == "surge"


def test_what_get_prints_can_be_planned(
    placement: Command, fleet: Path, manifests: Path, tmp_path: Path
) -> None:
    items: list[object] = []
    for kind in ("policies", "environments", "deployments"):
        items += json.loads(placement("get", kind, manifests).out)["items"]
    again = tmp_path / "again.yaml"
    again.write_text(yaml.safe_dump_all(items))
    first = json.loads(placement("plan", manifests, "--catalog", fleet).out)
    second = json.loads(placement("plan", again, "--catalog", fleet).out)
    assert second["basis"] == first["basis"]
    assert second["digest"] == first["digest"]


def test_get_table(placement: Command, manifests: Path) -> None:
    page = placement("get", "deployments", manifests, "-o", "table").out.splitlines()
    assert page[0].split()[:3] == ["MODEL", "ENVIRONMENT", "VERSION"]
    assert page[1].split()[:6] == ["chat", "development", "B", "yes", "2", "1"]


def test_get_says_what_each_policy_allows(placement: Command, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(
        "apiVersion: placement/v1\n"
        "kind: Policy\n"
        "metadata: {name: cap}\n"
        "spec: {type: maxToken, maxTokens: {granularity: hour, total: 5000}}\n"
        "---\n"
        "apiVersion: placement/v1\n"
        "kind: Policy\n"
        "metadata: {name: clean}\n"
        "spec: {type: carbon, maxCarbon: 300}\n"
    )
    rows = list(csv.DictReader(io.StringIO(placement("get", "policies", file, "-o", "csv").out)))
    assert [row["allows"] for row in rows] == [
        "not a placement policy (5000 tokens per hour)",
        "at most 300 gCO2eq/kWh",
    ]


def test_get_yaml_and_csv(placement: Command, manifests: Path) -> None:
    document = yaml.safe_load(placement("get", "environment", manifests, "-o", "yaml").out)
    rows = list(
        csv.DictReader(io.StringIO(placement("get", "environments", manifests, "-o", "csv").out))
    )
    assert [row["name"] for row in rows] == [one["metadata"]["name"] for one in document["items"]]


@pytest.mark.parametrize("kind", ["Policy", "environment", "ModelDeployment"])
def test_schema_is_json_schema(placement: Command, kind: str) -> None:
    done = placement("schema", kind)
    assert done.code == 0
    assert json.loads(done.out)["$schema"].startswith("https://json-schema.org")
    assert yaml.safe_load(placement("schema", kind, "-o", "yaml").out) == json.loads(done.out)


def test_catalog_counts(placement: Command, fleet: Path) -> None:
    items = json.loads(placement("catalog", "show", "--catalog", fleet).out)["items"]
    assert {"by": "continent", "name": "EU", "nodeGroups": 1, "nodes": 2, "gpus": 2} in items
    assert {"by": "flavor", "name": "A100-80GB", "nodeGroups": 1, "nodes": 1, "gpus": 8} in items


@pytest.mark.parametrize(("what", "count"), [("regions", 2), ("gpus", 2), ("nodes", 4)])
def test_catalog_lists(placement: Command, fleet: Path, what: str, count: int) -> None:
    out = placement("catalog", "show", what, "--catalog", fleet, "-o", "csv").out
    assert len(list(csv.DictReader(io.StringIO(out)))) == count
    page = placement("catalog", "show", what, "--catalog", fleet, "-o", "table").out
    assert len(page.splitlines()) == count + 1


def test_catalog_shows_which_nodes_are_in_a_state_of_their_own(
    placement: Command, fleet: Path
) -> None:
    show = "catalog", "show", "states", "--catalog", fleet
    assert json.loads(placement(*show, "-o", "json").out)["items"] == []
    assert (placement(*show, "-o", "table").code, placement(*show, "-o", "csv").code) == (0, 0)
    (fleet / "states.csv").write_text("node,state\nus-cpu/1,lost\nus-t4/0,ready\n")
    node = {"node": "us-cpu/1", "state": "lost", "stateOfNodeGroup": "ready"}
    assert json.loads(placement(*show, "-o", "json").out)["items"] == [node]
    assert "us-cpu/1" in placement(*show, "-o", "table").out
    nodes = placement("catalog", "show", "nodes", "--catalog", fleet, "-o", "csv").out
    counts = {row["nodeGroup"]: row["ready"] for row in csv.DictReader(io.StringIO(nodes))}
    assert counts == {"us-t4": "2", "eu-t4": "2", "us-a100": "1", "us-cpu": "2"}


def test_a_wrong_state_of_a_node_is_named(placement: Command, fleet: Path) -> None:
    (fleet / "states.csv").write_text("node,state\nus-cpu/3,lost\n")
    done = placement("catalog", "show", "--catalog", fleet)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{fleet / 'states.csv'}:2:1: CT127 unknown node `us-cpu/3`")


def test_a_wrong_catalog_cell_is_named(placement: Command, fleet: Path) -> None:
    nodes = fleet / "nodes.csv"
    nodes.write_text(nodes.read_text().replace("0.587", "-0.587"))
    done = placement("catalog", "show", "--catalog", fleet)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{nodes}:3:")
