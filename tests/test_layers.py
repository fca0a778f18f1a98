"""What judges a plan works where the solver cannot even be imported."""

from __future__ import annotations

import subprocess
import sys
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
    "headroom",
    "linting",
    "objectives",
    "plan",
    "policies",
    "policy_difference",
    "reach",
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
