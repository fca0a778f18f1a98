"""Every constraint and objective is complete: a meaning to sign, tests, a page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from placement.constraints.base import Constraint
from placement.constraints.registry import CONSTRAINTS
from placement.objectives.base import Objective
from placement.objectives.registry import OBJECTIVES
from placement.workspace import load_workspace

ROOT = Path(__file__).parents[2]
HELPERS = {"__init__", "base", "registry", "eligibility", "peers", "tiers"}
ROOMS = ("constraints", "objectives")


def modules(room: str) -> list[str]:
    found = {path.stem for path in (ROOT / "placement" / room).glob("*.py")}
    return sorted(found - HELPERS)


EACH = [(room, name) for room in ROOMS for name in modules(room)]


def test_the_registries_hold_every_file_in_order() -> None:
    names = [constraint.name for constraint in CONSTRAINTS]
    assert names == sorted(names) == modules("constraints")
    assert list(OBJECTIVES) == sorted(OBJECTIVES)
    rest = {"displaced", "mix", "moves", "unplaced"}
    assert set(modules("objectives")) == {*OBJECTIVES, *rest}


def test_names_are_the_names_of_the_files() -> None:
    for one in (*CONSTRAINTS, *OBJECTIVES.values()):
        assert isinstance(one, Constraint | Objective)
        assert type(one).__module__.rpartition(".")[2] == one.name


@pytest.mark.parametrize(("room", "name"), EACH)
def test_the_first_line_is_a_sentence_that_a_customer_could_sign(room: str, name: str) -> None:
    text = (ROOT / "placement" / room / f"{name}.py").read_text(encoding="utf-8")
    line = (ast.get_docstring(ast.parse(text)) or "").splitlines()[0]
    assert line[0].isupper()
    assert line.endswith(".")
    assert 5 <= len(line.split()) <= 20
    assert not re.search(r"[_\[\]{}()=<>`]", line)


@pytest.mark.parametrize(("room", "name"), EACH)
def test_it_has_tests_and_a_section_of_the_page(room: str, name: str) -> None:
    tests = ROOT / "tests" / room / f"test_{name}.py"
    assert "def test_" in tests.read_text(encoding="utf-8")
    page = (ROOT / "docs" / f"{room}.md").read_text(encoding="utf-8")
    _, _, section = page.partition(f"\n## {name}\n")
    section = section.partition("\n## ")[0]
    assert f"placement/{room}/{name}.py" in section
    assert f"tests/{room}/test_{name}.py" in section
    assert f"[`{name}`](#{name})" in page


@pytest.mark.parametrize("room", ROOMS)
def test_every_example_of_the_page_is_a_valid_manifest(room: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / f"{room}.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == {"constraints": len(CONSTRAINTS), "objectives": 1}[room]
    for text in examples:
        manifest = tmp_path / "example.yaml"
        manifest.write_text(text, encoding="utf-8")
        assert len(load_workspace(manifest).deployments) == 1


@pytest.mark.parametrize("room", ROOMS)
def test_links_of_the_page_lead_somewhere(room: str) -> None:
    page = ROOT / "docs" / f"{room}.md"
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
