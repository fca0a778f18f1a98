"""The page about the command line knows every command, option and exit code, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from placement.cli.faults import ExitCode
from placement.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_on_the_page(name: str) -> None:
    assert re.search(rf"`(\w+`, `)*{name}\b", PAGE)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_table_of_the_readme(name: str) -> None:
    listed = README.partition("\n## Commands\n")[2].partition("\n## ")[0]
    assert re.search(rf"^\|.*`(placement )?{name}\b", listed, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_on_the_page(name: str) -> None:
    for option in options(name) - {"--help"}:
        assert f"`{option}" in PAGE or f", `{option}`" in PAGE or f"{option} " in PAGE, option


def test_no_other_option_is_on_the_page() -> None:
    known = set().union(*map(options, COMMANDS))
    assert set(re.findall(r"--[a-z-]+[a-z]", PAGE)) - known == set()


def test_every_exit_code_is_on_the_page() -> None:
    listed = PAGE.partition("## Exit codes")[2]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", listed, re.MULTILINE)] == list(
        ExitCode
    )


def options(name: str) -> set[str]:
    found = {word for part in parts(COMMANDS[name]) for one in part.params for word in one.opts}
    return {word for word in found if word.startswith("--")} | {"--help"}


def parts(command: typer.core.TyperGroup) -> list[typer.core.TyperCommand]:
    """Return a command and the commands in it."""
    below = getattr(command, "commands", {}).values()
    return [command, *(part for one in below for part in parts(one))]
