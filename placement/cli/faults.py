"""From exceptions to exit codes and messages on stderr: the one place that knows both."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from typing import ParamSpec

import typer

from placement.catalog.text import quote
from placement.cli.findings import COMMAND_LINE, reason_of, unreadable
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
from placement.workspace.findings import PYTHON

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
        check_text(*args, *kwargs.values())
        raise typer.Exit(_code_of(functools.partial(command, *args, **kwargs)))

    return run


def check_text(*values: object) -> None:
    """Refuse words with bytes that are not UTF-8: no name has them, and no store takes them.

    Paths may have them. Python hides such bytes in lone surrogates.
    """
    for value in values:
        if isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value):
            raise typer.BadParameter(f"{quote(value)} is not UTF-8 text")


def _code_of(command: Callable[[], ExitCode]) -> ExitCode:
    try:
        return command()
    except InputError as error:
        return _bad_input(error)
    except (EndpointError, NoAnswerError, StaleError, LockedError) as error:
        word, code = _TOLD[type(error)]
        say(f"{word}: {error}")
        if code is ExitCode.STALE:
            say("help: nothing has changed; look at it again, and then commit it anew")
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
        if diagnostic.file == PYTHON:  # here words come from the command line, not from code
            diagnostic = replace(diagnostic, file=COMMAND_LINE)
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
