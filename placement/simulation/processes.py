"""A pool of processes on this machine that ends its solves when it is told to stop."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from placement.options import CancelToken
from placement.simulation.execution import listen


@contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """Give an executor of so many processes; those at work when it ends stop their solves.

    Each process begins anew instead of being copied: copies of a process with threads may hang.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(stop,))
    try:
        yield pool
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(stop: CancelToken) -> None:
    """Leave Ctrl-C, which a terminal sends to all, to the process that waits for the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listen(stop)
