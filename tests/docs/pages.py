"""Fenced code blocks and tables of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_LINK = re.compile(r"\]\((?!https?:)([^)#]*)[^)]*\)")
_BLOCK = re.compile(r"^(`{3,})(\w*)([^\n]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Return every page under ``docs/``, sorted."""
    return sorted(DOCS.rglob("*.md"))


def blocks(page: Path, language: str) -> Iterator[tuple[str, str]]:
    """Yield (info after the language, code) of each block; code keeps its line numbers."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        if found[2] == language:
            above = text.count("\n", 0, found.start(4))
            yield found[3].strip(), "\n" * above + found[4]


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Return where the links of a page lead, without anchors; those within the page are left out."""
    return [target for target in _LINK.findall(prose(page)) if target]


def table(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    _, _, section = page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    rows: list[list[str]] = []
    for line in section.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]
