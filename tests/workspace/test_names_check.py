"""Names of a workspace against a small catalog, each with its place."""

from __future__ import annotations

import pytest

from placement.catalog.names import CatalogNames
from placement.errors import Severity
from placement.workspace import load_workspace, make_workspace
from placement.workspace.names_check import check_names
from placement.workspace.workspace import ModelDeployment

NAMES = CatalogNames(
    regions={
        "aws/eu-west-1": "IE",
        "aws/us-east-1": "US",
        "azure/eastus": "US",
        "gcp/europe-north1": "FI",
        "metal/eastus": "US",
    },
    gpu_entries=(
        ("A100-40GB", (), "A100"),
        ("A100-80GB", (), "A100"),
        ("H100", (), None),
        ("T4", ("tesla-t4",), None),
    ),
    used_regions=frozenset({"aws/us-east-1", "azure/eastus", "metal/eastus"}),
    used_gpus=frozenset({"T4", "A100-40GB"}),
    used_cpus=frozenset({"x86_64"}),
    name="small",
)


def findings(folder, spec, names=NAMES):
    path = folder / "a.yaml"
    path.write_text(
        f"apiVersion: placement/v1\nkind: Policy\nmetadata: {{name: p}}\nspec: {spec}\n", "utf-8"
    )
    return check_names(load_workspace(path), names)


def place(kind, name):
    return f"{{type: location, locations: [{{type: {kind}, name: {name}}}]}}"


def flavor(kind, name):
    return f"{{type: flavor, flavors: [{{type: {kind}, name: {name}}}]}}"


TABLE = [
    (place("location", "aws/us-east-1"), None, None),
    (place("location", "US-East-1"), None, None),
    (place("location", "us-eats-1"), "PL307", "did you mean `us-east-1`"),
    (place("location", "eastus"), "PL308", "write `azure/eastus` or `metal/eastus`"),
    (place("location", "azure/eastus"), None, None),
    (place("location", "eu-west-1"), "PL312", None),
    (place("country", "usa"), None, None),
    (place("country", "IE"), "PL312", None),
    (place("country", "Chad"), "PL312", None),
    (place("continent", "North America"), None, None),
    (place("continent", "Europe"), "PL312", None),
    (place("bloc", "EU"), "PL312", None),
    (flavor("gpu", "t4"), None, None),
    (flavor("gpu", "Tesla-T4"), None, None),
    (flavor("gpu", "A100"), None, None),
    (flavor("gpu", "A100-80GB"), "PL312", None),
    (flavor("gpu", "H100"), "PL312", None),
    (flavor("gpu", "T44"), "PL309", "did you mean `T4`"),
    (flavor("cpu", "x86_64"), None, None),
    (flavor("cpu", "arm64"), "PL312", None),
    (flavor("cpu", "x68_64"), "PL310", "did you mean `x86_64`"),
    ("{type: provider, providers: [AWS]}", None, None),
    ("{type: provider, providers: [gcp]}", "PL312", None),
    ("{type: provider, providers: [azur]}", "PL311", "did you mean `azure`"),
    ("{type: provider, providers: [in-house]}", "PL311", None),
    ("{type: price, maxPricePerGpuHour: 2}", None, None),
]


@pytest.mark.parametrize(("spec", "code", "advice"), TABLE)
def test_a_name(tmp_path, spec, code, advice):
    found = findings(tmp_path, spec)
    assert [one.code for one in found] == ([code] if code else [])
    for one in found:
        assert one.severity is (Severity.WARNING if code in ("PL311", "PL312") else Severity.ERROR)
        assert (one.suggestion or "").startswith(advice or "")
        assert one.file == str(tmp_path / "a.yaml")
        assert one.line == 4
        name = spec.rstrip("}]").rpartition("name: ")[2].rpartition("[")[2]
        assert one.column == len("spec: ") + 1 + spec.index(name)
        assert "^" in one.excerpt


def test_flavors_of_deployments_are_checked_too():
    one = ModelDeployment(name="m", version="A", flavors=[{"type": "gpu", "name": "T44"}])
    (found,) = check_names(make_workspace(deployments=[one]), NAMES)
    assert (found.file, found.line, found.column, found.code) == ("<python>", 1, 1, "PL309")


def test_findings_are_in_the_order_of_the_file(tmp_path):
    spec = "{type: flavor, flavors: [{type: gpu, name: T44}, {type: cpu, name: arm}, {type: gpu, name: B}]}"
    found = findings(tmp_path, spec)
    assert [one.column for one in found] == sorted(one.column for one in found)
    assert len(found) == 3


def test_a_policy_that_places_nothing_is_reported_with_its_place(tmp_path):
    spec = "{type: maxToken, maxTokens: {granularity: day, step: 1, total: 10}}"
    (found,) = findings(tmp_path, spec)
    assert (found.code, found.severity, found.line) == ("PL314", Severity.WARNING, 4)
    assert found.message.endswith("of type `maxToken` is not a placement policy")
    assert found.column == len("spec: ") + 1 + spec.index("maxToken")
