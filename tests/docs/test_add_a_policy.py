"""The walk through adding a policy type, followed to the letter in a copy of the tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks

PAGE = DOCS / "add-a-policy.md"
COPIED = ("placement", "tests/policies", "tests/docs", "docs", "pyproject.toml")

NEW = {
    "placement/policies/architecture.py",
    "tests/policies/test_architecture.py",
    "docs/policies/architecture.md",
}
CHANGED = {
    "placement/policies/registry.py": 2,  # the import and the entry
    "tests/policies/generators.py": 5,
    "docs/policies/README.md": 1,
}
USE = {"manifests/chat.yaml", "try_it.py"}


def _titled(language: str) -> Iterator[tuple[str, str]]:
    for info, code in blocks(PAGE, language):
        if info.startswith('title="'):
            yield info.removeprefix('title="').removesuffix('"'), code.lstrip("\n")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source tree in which the walk has been followed."""
    copy = tmp_path_factory.mktemp("walk")
    for name in COPIED:
        _copy(ROOT / name, copy / name)
    before = _lines(copy)
    for language in ("python", "markdown", "yaml"):
        for path, code in _titled(language):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            assert not (copy / path).exists(), f"{path} is not new"
            (copy / path).write_text(code, encoding="utf-8")
    for path, diff in _titled("diff"):
        _apply(copy / path, diff)
    assert _touched(before, _lines(copy)) == {**dict.fromkeys(NEW | USE, None), **CHANGED}
    return copy


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _apply(path: Path, diff: str) -> None:
    """Add the lines of a diff that holds only context and additions."""
    lines = diff.splitlines()
    old = "".join(f"{line[1:]}\n" for line in lines if line.startswith(" "))
    new = "".join(f"{line[1:]}\n" for line in lines)
    text = path.read_text(encoding="utf-8")
    assert {line[0] for line in lines} == {" ", "+"}
    assert text.count(old) == 1, f"the context of the change to {path} is not there once"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _lines(copy: Path) -> dict[str, tuple[str, int]]:
    """Return a hash and the number of lines of every file."""
    return {
        path.relative_to(copy).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.read_bytes().count(b"\n"),
        )
        for path in sorted(copy.rglob("*"))
        if path.is_file()
    }


def _touched(
    before: dict[str, tuple[str, int]], after: dict[str, tuple[str, int]]
) -> dict[str, int | None]:
    """Return the added lines of every file that differs; None for a new file."""
    assert before.keys() <= after.keys()
    return {
        path: after[path][1] - before[path][1] if path in before else None
        for path in after
        if before.get(path) != after[path]
    }


def _run(tree: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_walk_touches_one_file_one_list_its_tests_and_its_page(tree: Path) -> None:
    assert all((tree / path).is_file() for path in NEW | USE | CHANGED.keys())


def test_manifest_with_the_new_type_is_read_and_obeyed(tree: Path) -> None:
    _run(tree, "try_it.py")


def test_tests_of_the_new_type_pass(tree: Path) -> None:
    files = ("test_architecture.py", "test_registry.py", "test_laws.py")
    output = _run(
        tree,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *(f"tests/policies/{file}" for file in files),
        *("tests/docs/test_docs.py", "-k", "architecture or registry or laws or is_the_schema"),
    )
    assert "passed" in output


def test_a_walk_that_stops_half_way_is_refused(tree: Path, tmp_path: Path) -> None:
    """Without its page the registry tests refuse the type."""
    half = tmp_path / "half"
    _copy(tree, half)
    (half / "docs/policies/architecture.md").unlink()
    test = "tests/policies/test_registry.py::test_has_test_file_page_and_generator[architecture]"
    with pytest.raises(AssertionError, match="is_file"):
        _run(half, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
