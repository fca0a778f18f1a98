"""A report as one HTML file: no script, no request, nothing beside it; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape as as_html
from importlib import resources
from typing import TYPE_CHECKING

from placement.catalog.text import visible
from placement.report.sections import figures_of_merit, headline, sections

if TYPE_CHECKING:
    from placement.report.content import Figure, Section, Table
    from placement.report.subject import Subject
    from placement.report.svg import Drawer

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser lets the page do: show its own styles. Scripts and requests are forbidden."""


def page(subject: Subject) -> str:
    """Return the whole page."""
    from placement.report.svg import Drawer

    drawer = Drawer()
    parts = sections(subject)
    body = "".join(_section(part, drawer) for part in parts)
    title = escape(headline(subject))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        f"{drawer.outlines()}<header><h1>{title}</h1>\n{_merit(subject)}{_contents(parts)}</header>\n"
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _style() -> str:
    return resources.files("placement.report").joinpath("page.css").read_text(encoding="utf-8")


def _merit(subject: Subject) -> str:
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in figures_of_merit(subject)
    )
    return f'<dl class="merit">{cells}</dl>\n'


def _contents(parts: Iterable[Section]) -> str:
    links = "".join(f'<a href="#{escape(part.anchor)}">{escape(part.title)}</a>' for part in parts)
    return f"<nav>{links}</nav>"


def _section(part: Section, drawer: Drawer) -> str:
    return (
        f'<section id="{escape(part.anchor)}">\n<h2>{escape(part.title)}</h2>\n'
        + "".join(f"<p>{escape(sentence)}</p>\n" for sentence in part.sentences)
        + _figures(part.figures, drawer)
        + "".join(map(_table, part.tables))
        + "".join(f"<pre>{escape(command)}</pre>\n" for command in part.commands)
        + "</section>\n"
    )


def _figures(figures: Iterable[Figure], drawer: Drawer) -> str:
    drawn = "".join(_figure(one, drawer) for one in figures)
    return f'<div class="figures">\n{drawn}</div>\n' if drawn else ""


def _figure(one: Figure, drawer: Drawer) -> str:
    width = "small" if one.small else "wide"
    caption = f"<figcaption>{escape(one.caption)}</figcaption>" if one.caption else ""
    return (
        f'<figure class="{width}"><h3>{escape(one.title)}</h3>'
        f"{drawer.draw(one.chart(), one.title)}{caption}{_numbers(one)}</figure>\n"
    )


def _numbers(one: Figure) -> str:
    if not one.tables:
        return ""
    tables = "".join(map(_table, one.tables))
    return f"<details><summary>as a table</summary>\n{tables}</details>"


def _table(table: Table) -> str:
    head = _row("th", table.heads, table.right)
    body = "".join(_row("td", row, table.right) for row in table.rows)
    more = f"<p>{escape(table.more)}</p>\n" if table.more else ""
    whole = f"<table>\n<thead>{head}</thead>\n<tbody>{body}</tbody>\n</table>"
    return f'<div class="table">{whole}</div>\n{more}'


def _row(tag: str, cells: Iterable[str], right: frozenset[int]) -> str:
    return "<tr>" + "".join(_cells(tag, cells, right)) + "</tr>\n"


def _cells(tag: str, cells: Iterable[str], right: frozenset[int]) -> Iterator[str]:
    for at, cell in enumerate(cells):
        mark = ' class="number"' if at in right else ""
        yield f"<{tag}{mark}>{escape(cell)}</{tag}>"


def escape(text: str) -> str:
    """Return a text as it stands in a page; what cannot be seen or written is spelled out."""
    return as_html(visible(text))
