"""Shows on stderr that a long solve is alive; says nothing about a short one."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

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

    def __enter__(self) -> Reporter:
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
        line = describe(progress)
        if self._status is not None:
            self._status.update(line)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + QUIET_SECONDS
            say(line)


def describe(progress: Progress) -> str:
    """Return one line: tier, incumbent, bound and seconds so far."""
    value = "none yet" if progress.value is None else f"{progress.value:g}"
    bound = "none yet" if progress.bound is None else f"{progress.bound:g}"
    return f"planning {progress.tier}: value {value}, bound {bound}, {progress.seconds:.1f} s"
