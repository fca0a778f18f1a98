"""Plain tables for people: aligned columns, no frames, one row per line.

Rows are never wrapped: a row in pieces can be neither read nor searched. A narrow terminal
wraps or scrolls by itself.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_WIDE = 10_000
"""More than any row needs."""
_HEIGHT = 25
"""Any number: tables have no height."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand to the right."""

    title: str
    right: bool = False


def render(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text, with bold headings where the terminal shows them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for row in rows:
        # Text, not markup: a name in brackets is a name.
        table.add_row(*(Text(cell) for cell in row))
    buffer = io.StringIO()
    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    # With a height as well rich takes the width as given, on a dumb terminal too.
    console = Console(
        file=buffer, force_terminal=styled, highlight=False, width=_WIDE, height=_HEIGHT
    )
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())
