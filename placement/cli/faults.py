"""From exceptions to exit codes and messages on stderr: the one place that knows both."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec

import typer

from placement.cli.findings import reason_of, unreadable
from placement.cli.output import say
from placement.errors import (
    EndpointError,
    InputError,
    InternalFaultError,
    LockedError,
    NoAnswerError,
    PlacementError,
    StaleError,
)

P = ParamSpec("P")


class ExitCode(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    INTERNAL_FAULT = 1
    BAD_INPUT = 2
    NOT_PLACED = 3
    NO_ANSWER = 4
    STALE = 5
    BROKEN_RULE = 6
    DIFFERENT = 7
    INTERRUPTED = 130


_TOLD: dict[type[PlacementError], tuple[str, ExitCode]] = {
    EndpointError: ("no endpoint", ExitCode.BAD_INPUT),
    NoAnswerError: ("no answer", ExitCode.NO_ANSWER),
    StaleError: ("stale", ExitCode.STALE),
    LockedError: ("locked", ExitCode.STALE),
}


def guarded(command: Callable[P, ExitCode]) -> Callable[P, None]:
    """Turn a function that returns an exit code, or raises, into a command."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(_code_of(functools.partial(command, *args, **kwargs)))

    return run


def _code_of(command: Callable[[], ExitCode]) -> ExitCode:
    try:
        return command()
    except InputError as error:
        return _bad_input(error)
    except (EndpointError, NoAnswerError, StaleError, LockedError) as error:
        word, code = _TOLD[type(error)]
        say(f"{word}: {error}")
        return code
    except InternalFaultError as error:
        return _internal_fault(error)
    except KeyboardInterrupt:
        say("interrupted")
        return ExitCode.INTERRUPTED
    except OSError as error:
        return _unreadable(error) if error.filename is not None else _internal_fault(error)
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # whatever is left is a bug of ours, and says so
        return _internal_fault(error)


def _bad_input(error: InputError) -> ExitCode:
    for diagnostic in error.diagnostics:
        say(str(diagnostic))
    return ExitCode.BAD_INPUT


def _unreadable(error: OSError) -> ExitCode:
    return _bad_input(InputError([unreadable(str(error.filename), reason_of(error))]))


def _internal_fault(error: Exception) -> ExitCode:
    say(f"internal fault: {type(error).__name__}: {error}")
    say("no plan is printed; please report this with the input that caused it")
    if os.environ.get("PLACEMENT_TRACEBACK"):
        traceback.print_exception(error, file=sys.stderr)
    else:
        say("PLACEMENT_TRACEBACK=1 in the environment shows where it happened")
    return ExitCode.INTERNAL_FAULT
