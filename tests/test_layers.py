"""What judges a plan works where the solver cannot even be imported."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BLOCK = """
import importlib, sys
from importlib.abc import MetaPathFinder

class Block(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith({blocked!r}):
            raise ImportError("blocked: " + name)

sys.meta_path.insert(0, Block())
"""
ENGINE = ("ortools", "placement.problem", "placement.solvers", "placement.planner")
JUDGES = (
    "catalog",
    "certificate",
    "constraints",
    "explanation",
    "headroom",
    "linting",
    "objectives",
    "plan",
    "policies",
    "policy_difference",
    "reach",
    "report",
    "verifier",
    "workspace",
)


def run_blocked(blocked: tuple[str, ...], code: str) -> subprocess.CompletedProcess[str]:
    script = BLOCK.format(blocked=blocked) + code
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_block_blocks() -> None:
    done = run_blocked(ENGINE, "import ortools")
    assert done.returncode == 1
    assert "blocked: ortools" in done.stderr


@pytest.mark.parametrize("room", [*JUDGES, "reasons"])
def test_every_module_of_a_judging_room_imports_without_the_engine(room: str) -> None:
    code = f"""
import pkgutil
room = importlib.import_module("placement.{room}")
for module in pkgutil.walk_packages(getattr(room, "__path__", []), "placement.{room}."):
    importlib.import_module(module.name)
"""
    done = run_blocked(ENGINE, code)
    assert done.returncode == 0, done.stderr


def test_a_stored_plan_is_verified_without_the_engine(tmp_path: Path) -> None:
    stored = tmp_path / "plan.json"
    quickstart = str(ROOT / "examples" / "quickstart")
    subprocess.run(
        [sys.executable, "-m", "placement", "plan", quickstart, "--out", str(stored)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    code = f"""
sys.argv = ["placement", "verify", {str(stored)!r}, {quickstart!r}]
from placement.cli.main import main
main()
"""
    done = run_blocked(ENGINE, code)
    assert done.returncode == 0, done.stderr


def told_floors() -> dict[str, int]:
    """Return the rooms and their floors as the documentation lists them."""
    page = (ROOT / "docs/decisions/0001-rooms-and-floors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)
    return {room: int(floor) for floor, rooms in rows for room in re.findall(r"`(\w+)`", rooms)}


def kept_layers() -> list[list[str]]:
    """Return the rooms that import-linter keeps apart, from above."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (floors,) = [one for one in settings["tool"]["importlinter"]["contracts"] if "layers" in one]
    return [re.findall(r"\w+", layer) for layer in floors["layers"]]


def test_the_page_lists_the_rooms_that_are_kept_apart() -> None:
    assert sorted(told_floors()) == sorted(room for layer in kept_layers() for room in layer)


def test_the_page_has_the_floors_in_the_order_that_is_kept() -> None:
    floors = told_floors()
    listed = [[floors[room] for room in layer] for layer in kept_layers()]
    assert all(min(above) >= max(below) for above, below in pairwise(listed))
