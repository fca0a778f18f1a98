"""Plain tables for people: aligned columns, no frames, no wrapping where nobody looks."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_WIDE = 10_000
"""Width of a table that goes to a file or a pipe: every row stays one line."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand to the right, and ``keep`` forbids wrapping."""

    title: str
    right: bool = False
    keep: bool = False


def render(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: int = 0) -> str:
    """Return a table as text, bold headings on a terminal that shows them."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    buffer = io.StringIO()
    console = Console(
        file=buffer, force_terminal=terminal, width=None if terminal else _WIDE, highlight=False
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=column.keep or column.right,
            overflow="fold",
        )
    for row in rows:
        # Text, not markup: a name in brackets is a name.
        table.add_row(*(Text(cell) for cell in row))
    console.print(Padding(table, (0, 0, 0, indent)))
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())
