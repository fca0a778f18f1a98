"""Many independent tasks, here or on any executor, with results in the order of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from typing import Generic, TypeVar

from placement.options import CancelToken

J = TypeVar("J")
R = TypeVar("R")

POLL = 0.1
"""Seconds between two looks at whether to go on."""


class Watch:
    """Whether to stop; where a task has been sent to another process, that cannot be told.

    Parameters
    ----------
    token : CancelToken, optional
        Of the caller.
    """

    def __init__(self, token: CancelToken | None = None) -> None:
        self._token = token

    def is_set(self) -> bool:
        """Whether the caller wants no more."""
        return self._token is not None and self._token.is_set()

    def __reduce__(self) -> tuple[Callable[[], Watch], tuple[()]]:
        return _elsewhere, ()


_told_elsewhere: list[CancelToken] = []
"""What a process that works for another one was given when it began: see ``listen``."""


def listen(token: CancelToken) -> None:
    """Let the tasks that this process is sent look at a token; for initializers of pools."""
    _told_elsewhere[:] = [token]


def _elsewhere() -> Watch:
    return Watch(*_told_elsewhere)


class Run(Generic[J, R]):
    """One task for many jobs.

    Parameters
    ----------
    task : callable
        Given a job and a ``Watch``; a function of a module, for other processes.
    on_result : callable
        Given each result when it is there, in any order, from the calling thread.
    cancel : CancelToken, optional
    """

    def __init__(
        self,
        task: Callable[[J, Watch], R],
        *,
        on_result: Callable[[R], None],
        cancel: CancelToken | None,
    ) -> None:
        self._task = task
        self._on_result = on_result
        self._watch = Watch(cancel)

    def over(self, jobs: Sequence[J], executor: Executor | None) -> list[R | None]:
        """Return the results in the order of the jobs; None where it was cancelled.

        Jobs that a broken pool has not finished are done here.

        Raises
        ------
        Exception
            Whatever a task raises; all that has not begun is cancelled then.
        """
        found: list[R | None] = [None] * len(jobs)
        if executor is None:
            left: Iterable[int] = range(len(jobs))
        else:
            left = self._elsewhere(jobs, executor, found)
        for number in left:
            if self._watch.is_set():
                break
            found[number] = self._note(self._task(jobs[number], self._watch))
        return found

    def _elsewhere(self, jobs: Sequence[J], executor: Executor, found: list[R | None]) -> list[int]:
        """Fill in what an executor finds; return what it broke over."""
        futures: dict[Future[R], int] = {}
        try:
            for number, job in enumerate(jobs):
                futures[executor.submit(self._task, job, self._watch)] = number
        except BrokenExecutor:
            pass
        left = sorted(set(range(len(jobs))) - set(futures.values()))
        try:
            return sorted(left + self._gathered(futures, found))
        finally:
            for future in futures:
                future.cancel()

    def _gathered(self, futures: dict[Future[R], int], found: list[R | None]) -> list[int]:
        left, pending = [], set(futures)
        while pending and not self._watch.is_set():
            done, pending = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=futures.__getitem__):
                try:
                    found[futures[future]] = self._note(future.result())
                except (BrokenExecutor, CancelledError):
                    left.append(futures[future])
        return left

    def _note(self, result: R) -> R:
        self._on_result(result)
        return result
