"""Seconds per phase of a plan, measured around the functions that are the doors of the rooms."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib import import_module
from threading import Lock
from typing import Any
from unittest.mock import patch

DOORS = {
    "compile": ("placement.problem.compiler:compile_snapshot",),
    "relax": ("placement.solvers.linear:Relaxation.minimise",),
    "solve": ("placement.solvers.pipeline:solve",),
    "expand": ("placement.problem.decode:placed_rows", "placement.planning:bare_plan"),
    "verify": ("placement.planning:judge",),
}
"""Phase to the functions that do it. ``solve`` holds ``relax``, and what is done for the first
plan: its rows and its verification are part of ``expand`` and ``verify`` as well."""


@contextmanager
def phases() -> Iterator[dict[str, float]]:
    """Add up, while the context is open, the wall seconds that each phase takes."""
    seconds = dict.fromkeys(DOORS, 0.0)
    with ExitStack() as stack:
        for phase, doors in DOORS.items():
            for door in doors:
                stack.enter_context(_timed(door, phase, seconds))
        yield seconds


@contextmanager
def _timed(door: str, phase: str, seconds: dict[str, float]) -> Iterator[None]:
    module, _, path = door.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    with patch.object(owner, name, _adding(getattr(owner, name), phase, seconds)):
        yield


_LOCK = Lock()


def _adding(
    function: Callable[..., Any], phase: str, seconds: dict[str, float]
) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            with _LOCK:
                seconds[phase] += time.perf_counter() - start

    return timed
