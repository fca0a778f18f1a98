"""Gives several commands the same options, declared once as the fields of a class."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

R = TypeVar("R")


def takes(options: type[Any]) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let a command take the fields of a dataclass as options, after its own.

    The command gets them as one value, its first argument.
    """

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        names = [field.name for field in dataclasses.fields(options)]

        def run(**words: Any) -> R:
            shared = {name: words.pop(name) for name in names}
            return command(options(**shared), **words)

        own = _parameters(command)[1:]
        _describe(run, command, [*own, *_fields(options)])
        return run

    return decorate


def _parameters(command: Callable[..., Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters.values()
    return [
        p.replace(annotation=hints[p.name], kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters
    ]


def _fields(options: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(options, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(options)
    ]


def _describe(
    run: Callable[..., Any], command: Callable[..., Any], parameters: list[inspect.Parameter]
) -> None:
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__module__ = command.__module__
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
