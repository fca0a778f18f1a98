"""Shells complete commands, options and the names in the store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]


def completions(folder: Path, line: str) -> list[str]:
    """Return what bash would offer at the end of a line."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-m", "placement"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
            "_PLACEMENT_COMPLETE": "complete_bash",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(placement: Command, shell: str) -> None:
    done = placement("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert f"_PLACEMENT_COMPLETE=complete_{shell}" in done.out


def test_another_shell_is_a_usage_error(placement: Command) -> None:
    done = placement("completion", "bsh")
    assert (done.code, done.out) == (2, "")
    assert "did you mean `bash`" in done.err


def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    tool = tmp_path / "placement"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m placement "$@"\n')
    tool.chmod(0o755)
    script = (
        "source <(placement completion bash); COMP_WORDS=(placement rel); COMP_CWORD=1; "
        '_placement_completion placement; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "release"


def test_models_and_environments_of_the_store_are_offered(life: Path) -> None:
    assert completions(life, "placement release c") == ["chat"]
    assert completions(life, "placement release chat --from d") == ["development"]
    assert completions(life, "placement endpoints chat -e ") == ["development", "production"]


def test_without_a_store_no_names_are_offered(home: Path) -> None:
    assert completions(home, "placement rollback c") == []
