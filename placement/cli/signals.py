"""Ctrl-C ends a solve with the best verified plan so far.

The solve runs in a thread of its own: a solver in native code does not return to Python for
a signal, but the main thread does, and the solve looks at the event it sets.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Generic, TypeVar

from placement.cli.output import say
from placement.errors import NoAnswerError

T = TypeVar("T")

PLAN_FOLLOWS = "stopping; the best verified plan so far follows (once more: stop at once)"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Job(threading.Thread, Generic[T]):
    """A call in a thread whose result or exception comes back to the caller."""

    def __init__(self, call: Callable[[], T]) -> None:
        # A daemon, so that a second Ctrl-C ends the process although the solver is at work.
        super().__init__(name="solve", daemon=True)
        self._call = call
        self._result: T | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # handed to the main thread, whatever it is
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # set whenever no error is


@contextmanager
def _cancelled_by_signals(cancel: threading.Event, notice: str) -> Iterator[None]:
    def on_signal(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()
        say(notice)

    before: dict[int, Any] = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_cancellable(
    call: Callable[[threading.Event], T], *, notice: str = PLAN_FOLLOWS
) -> tuple[T, bool]:
    """Run ``call(cancel)`` in a thread; SIGINT and SIGTERM set the event, and say ``notice``.

    Returns
    -------
    result : T
        What the call returned after, or in spite of, the signal.
    interrupted : bool
        Whether a signal came.

    Raises
    ------
    KeyboardInterrupt
        On a second signal, or if the first came before there was an answer.
    """
    cancel = threading.Event()
    job = _Job(lambda: call(cancel))
    with _cancelled_by_signals(cancel, notice):
        job.start()
        while job.is_alive():
            job.join(timeout=0.1)  # a join without limit would hold back the signal
    try:
        return job.result(), cancel.is_set()
    except NoAnswerError:
        if cancel.is_set():  # stopped before there was anything to print
            raise KeyboardInterrupt from None
        raise
