"""What a page is made of: sections with sentences, pictures and tables, in any form of output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text below their heads; ``right`` are the columns of numbers.

    ``more`` says what is left out, if anything is.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that is drawn when a page shows it; two ``small`` ones stand side by side.

    ``tables`` say the same in numbers, where nothing else does.
    """

    title: str
    chart: Callable[[], alt.TopLevelMixin]
    caption: str = ""
    small: bool = False
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of a page; sentences come first, then pictures, then tables."""

    title: str
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The name under which the section is found on its page."""
        return self.title.casefold().replace(" ", "-")


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    most: int | None = None,
    things: str = "rows",
) -> tuple[Table, ...]:
    """Return the table of at most ``most`` rows, or nothing if there are none."""
    if not rows:
        return ()
    shown = rows if most is None else rows[:most]
    left = len(rows) - len(shown)
    return (
        Table(
            tuple(heads),
            tuple(tuple(row) for row in shown),
            frozenset(heads.index(name) for name in right),
            f"and {left:,} more {things}" if left else None,
        ),
    )
