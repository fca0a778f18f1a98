"""Shows on stderr that a long solve is alive; says nothing about a short one."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from placement.cli.output import say
from placement.options import Progress

if TYPE_CHECKING:
    from rich.status import Status

QUIET_SECONDS = 5.0
"""Plain lines start, and repeat, after this long."""


class Reporter:
    """One moving line on a terminal; a plain line now and then elsewhere."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._next_line = time.monotonic() + QUIET_SECONDS

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("planning")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, progress: Progress) -> None:
        """Take one step of progress; may be called from the thread that solves."""
        self.say(describe(progress))

    def say(self, line: str) -> None:
        """Show a line in the place of the last one; elsewhere than on a terminal, now and then."""
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(line))  # not markup: a name in brackets is a name
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + QUIET_SECONDS
            say(line)


class Counted(Reporter):
    """Shows how many of a number of tasks are done.

    Parameters
    ----------
    what : str
        What is counted, in the plural.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self._done = 0

    def one_more(self, total: int) -> None:
        """Take one that is done; may be called from the thread that works."""
        self._done += 1
        self.show_count(self._done, total)

    def show_count(self, done: int, total: int) -> None:
        """Show how many are done of how many; may be called from the thread that works."""
        self.say(f"planning {self._what}: {done} of {total} done")


def describe(progress: Progress) -> str:
    """Return one line: tier, incumbent, bound and seconds so far."""
    value = "none yet" if progress.value is None else f"{progress.value:g}"
    bound = "none yet" if progress.bound is None else f"{progress.bound:g}"
    return f"planning {progress.tier}: value {value}, bound {bound}, {progress.seconds:.1f} s"
