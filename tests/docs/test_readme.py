"""What the README and the documentation show is what the commands print.

``python tests/docs/test_readme.py`` writes the present output into every page, or into those named.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FORKING = ROOT / "tests" / "docs" / "forking.py"
SHOWING = [
    page
    for page in (README, *sorted((ROOT / "docs").rglob("*.md")))
    if "```console" in page.read_text(encoding="utf-8")
]
"""The pages that show commands and what they print."""

CONSOLE = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


@cache
def listening() -> Path:
    """Start a process that runs commands without loading the package each time; return where."""
    path = Path(tempfile.mkdtemp()) / "door"
    process = subprocess.Popen(
        [sys.executable, "-c", f"from tests.docs.forking import answer; answer({str(path)!r})"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
    )
    atexit.register(shutil.rmtree, path.parent)
    atexit.register(process.communicate)  # closes its stdin, which ends it
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.05)
    return path


def shown(command: str, folder: Path) -> str:
    """Return both streams of a command as a reader would see them, trailing blanks cut.

    The command runs in ``folder``, where the parts of the source tree it names are links.
    """
    client = f'"{sys.executable}" -I -S "{FORKING}" "{listening()}"'
    script = f'placement() {{ {client} "$@"; }}\n{{\n{command}\n}} 2>&1'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.rstrip() for line in done.stdout.splitlines())
    # A slow machine is told of progress.
    return "".join(f"{line}\n" for line in lines if not line.startswith("planning "))


def regenerated(text: str) -> str:
    """Return a page with every console block run again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("examples", "tests", "catalogs"):
            (folder / part).symlink_to(ROOT / part)
        return CONSOLE.sub(lambda block: _block(block[1], folder), text)


def _block(body: str, folder: Path) -> str:
    commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
    parts = [f"$ {command}\n{shown(command, folder)}" for command in commands]
    return "```console\n" + "".join(parts) + "```\n"


@pytest.mark.parametrize("page", SHOWING, ids=lambda page: page.name)
def test_console_blocks_show_what_is_printed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert regenerated(text) == text


def test_the_readme_shows_commands() -> None:
    assert README.read_text(encoding="utf-8").count("```console") >= 3


def test_a_changed_block_is_noticed() -> None:
    text = "```console\n$ placement --version\nplacement none\n```\n"
    assert regenerated(text) != text


def test_python_blocks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = PYTHON.findall(README.read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize(
    "page", [README, *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    from tests.docs.pages import prose  # not at the top: this file also runs as a script

    for target in LINK.findall(prose(page)):
        assert (page.parent / target).exists(), target


if __name__ == "__main__":
    for chosen in map(Path, sys.argv[1:] or SHOWING):
        chosen.write_text(regenerated(chosen.read_text(encoding="utf-8")), encoding="utf-8")
