"""Commands that solve nothing load nothing that solves: counted, not timed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    *("alembic", "altair", "networkx", "numpy", "ortools", "pandas", "rich", "sqlalchemy"),
    "vl_convert",
}
ROOT = Path(__file__).parents[2]


def imported_by(*args: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """Return the top-level packages a command loads, as the interpreter reports them."""
    command = [sys.executable, "-X", "importtime", "-m", "placement", *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}, done


def test_the_probe_sees_heavy_imports() -> None:
    command = [sys.executable, "-X", "importtime", "-c", "import pandas"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "| pandas" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("--version",),
        ("plan", "--help"),
        ("release", "--help"),
        ("history", "--help"),
        ("report", "--help"),
        ("completion", "bash"),
        ("catalog", "show", "--help"),
    ],
)
def test_help_loads_nothing_heavy(args: tuple[str, ...]) -> None:
    packages, done = imported_by(*args)
    assert done.returncode == 0
    assert not packages & (HEAVY | {"yaml"})


@pytest.mark.parametrize(
    "args", [("validate", "examples/quickstart"), ("schema", "Policy")], ids=lambda args: args[0]
)
def test_reading_manifests_loads_nothing_heavy(args: tuple[str, ...]) -> None:
    packages, done = imported_by(*args)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not packages & HEAVY


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, placement; print([m for m in sys.modules if m.startswith('placement.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
