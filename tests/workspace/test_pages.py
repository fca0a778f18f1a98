"""The pages on manifests and errors say what the code does."""

from __future__ import annotations

import re

import pytest

from placement.catalog.codes import Code as CatalogCode
from placement.catalog.importers.codes import Code as ImportCode
from placement.cli.findings import Code as CommandLineCode
from placement.errors import FindingCode
from placement.linting.codes import Code as LintCode
from placement.options import Code as ChoiceCode
from placement.plan.codes import Code as PlanCode
from placement.simulation.codes import Code as ScenarioCode
from placement.store.codes import Code as StoreCode
from placement.workspace import building, checks, files, load_workspace
from placement.workspace.codes import Code
from placement.workspace.workspace import ModelDeployment
from tests.docs.pages import DOCS, ROOT, blocks, table

ERRORS = DOCS / "errors.md"
MANIFESTS = DOCS / "manifests.md"
HEADINGS = {
    "PL1": "Files",
    "PL2": "Documents",
    "PL3": "Names",
    "PL4": "Values",
    "PL5": "Plans",
    "PL6": "Choices",
    "PL7": "Store",
    "PL8": "Lint",
    "PL9": "Command line",
    "SC1": "Scenarios",
    "CT1": "Catalogs",
    "CT2": "Imports",
}
CODES: list[FindingCode] = [
    *Code,
    *PlanCode,
    *ChoiceCode,
    *StoreCode,
    *LintCode,
    *CommandLineCode,
    *ScenarioCode,
    *CatalogCode,
    *ImportCode,
]
LITERAL = re.compile(r'"((?:CT|PL|SC)[0-9]{3})"')


@pytest.mark.parametrize("group", HEADINGS)
def test_the_table_of_codes_is_the_registry(group):
    listed = table(ERRORS, f"{HEADINGS[group]}: {group}xx")
    members = [code for code in CODES if code.startswith(group)]
    assert listed == [[code.value, code.meaning, code.example] for code in members]


def test_every_code_belongs_to_a_table():
    assert {code.value[:3] for code in CODES} == set(HEADINGS)


def test_no_two_rooms_share_a_code():
    assert len(CODES) == len(set(CODES))


def test_every_code_in_the_package_is_on_the_page():
    listed = set(
        re.findall(r"^\| ((?:CT|PL|SC)[0-9]{3}) \|", ERRORS.read_text("utf-8"), re.MULTILINE)
    )
    used = {
        code
        for path in sorted((ROOT / "placement").rglob("*.py"))
        for code in LITERAL.findall(path.read_text("utf-8"))
    }
    assert used == listed


@pytest.mark.parametrize("index", [0, 1])
def test_the_examples_load(tmp_path, index):
    _, code = list(blocks(MANIFESTS, "yaml"))[index]
    path = tmp_path / "a.yaml"
    path.write_text(code, "utf-8")
    (deployment,) = load_workspace(path).deployments
    assert deployment.key == ("chat", "development")


def test_the_table_of_fields_is_the_class():
    listed = {row[0].strip("`") for row in table(MANIFESTS, "ModelDeployment")}
    fields = {field.alias for field in ModelDeployment.model_fields.values()}
    top = {name.split(".")[1] for name in listed}
    assert top == fields
    resources = ModelDeployment.model_fields["resources"].annotation
    parts = {name.split(".")[2] for name in listed if name.startswith("spec.resources.")}
    assert parts == {field.alias for field in resources.model_fields.values()}


def test_the_limits_are_the_constants():
    listed = {row[0]: row[1] for row in table(MANIFESTS, "Values")}
    assert listed == {
        "size of a file": f"{files.MAX_BYTES // 1024**2} MiB",
        "values in a file": f"{building.MAX_NODES:,}",
        "nesting": f"{building.MAX_DEPTH} levels",
        "policies": f"{checks.MAX_POLICIES:,}",
        "environments": f"{checks.MAX_ENVIRONMENTS:,}",
        "model deployments": f"{checks.MAX_DEPLOYMENTS:,}",
    }
