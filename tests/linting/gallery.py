"""The gallery of findings: one small manifest for each code, and what is printed about it.

``python -m tests.linting.gallery`` writes what is printed now beside the manifests and into
``docs/lint.md``.
"""

from __future__ import annotations

import re
from pathlib import Path

from placement.catalog.load import load_catalog
from placement.cli.lint import table
from placement.linting import lint
from placement.linting.codes import Code
from placement.linting.registry import RULES
from placement.workspace.manifests import load_workspace

HERE = Path(__file__).parent
FOLDER = HERE / "gallery"
FLEET = HERE / "fleet"
PAGE = HERE.parents[1] / "docs" / "lint.md"
MARK = "## Gallery\n"
SUMMARY = re.compile(r"\d+ errors?, ")


def names() -> list[str]:
    """Return the names of the manifests, which are those of the rules, by code."""
    return [name_of(rule.code) for rule in RULES]


def name_of(code: Code) -> str:
    return code.name.lower()


def printed(name: str) -> str:
    """Return what the command prints about a manifest of the gallery as a table."""
    text = table(lint(load_workspace(FOLDER / f"{name}.yaml"), load_catalog(FLEET)))
    return text.replace(str(FOLDER / f"{name}.yaml"), f"{name}.yaml")


def section() -> str:
    """Return the gallery as a part of the page."""
    parts = [MARK]
    for rule in RULES:
        name = name_of(rule.code)
        manifest = (FOLDER / f"{name}.yaml").read_text("utf-8")
        shown = "\n".join(line for line in stored(name).splitlines() if not SUMMARY.match(line))
        meaning = rule.code.meaning
        parts.append(
            f"### {rule.code.value}: {meaning} ({rule.severity})\n\n"
            f"```yaml\n{manifest}```\n\n```text\n{shown}\n```\n"
        )
    return "\n".join(parts)


def stored(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text("utf-8")


def main() -> None:
    for name in names():
        (FOLDER / f"{name}.txt").write_text(printed(name), "utf-8")
    head = PAGE.read_text("utf-8").partition(MARK)[0]
    PAGE.write_text(head + section(), "utf-8")


if __name__ == "__main__":
    main()
