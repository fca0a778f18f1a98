"""A report as Markdown, for a pull request: the tables and sentences, without pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from placement.catalog.text import visible
from placement.report.sections import figures_of_merit, headline, sections

if TYPE_CHECKING:
    from placement.report.content import Section, Table
    from placement.report.subject import Subject

_MEANT = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def markdown(subject: Subject) -> str:
    """Return the whole text."""
    merit = ", ".join(f"{name}: {value}" for name, value in figures_of_merit(subject))
    lines = [f"# {plain(headline(subject))}", "", plain(merit)]
    for part in sections(subject):
        lines += _section(part)
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    r"""Return a text on one line, of which no character means anything in Markdown or HTML.

    >>> plain("<b>*us|only*</b>")
    '\\<b\\>\\*us\\|only\\*\\</b\\>'
    """
    return _MEANT.sub(r"\\\1", visible(" ".join(text.split())))


def _section(part: Section) -> Iterator[str]:
    yield from ("", f"## {part.title}")
    yield from _list(part.sentences)
    drawn = (table for figure in part.figures for table in figure.tables)
    for table in (*drawn, *part.tables):
        yield from _table(table)
    for command in part.commands:
        yield from ("", "```sh", command, "```")


def _list(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield ""
    for sentence in sentences:
        yield f"- {plain(sentence)}"


def _table(table: Table) -> Iterator[str]:
    yield ""
    yield _row(table.heads)
    yield _row(["---:" if at in table.right else "---" for at in range(len(table.heads))], raw=True)
    yield from map(_row, table.rows)
    if table.more:
        yield from ("", plain(table.more))


def _row(cells: Iterable[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cell if raw else plain(cell) for cell in cells) + " |"
