"""``placement enable``, ``disable`` and ``delete``: one deployment on, off, or gone."""

from __future__ import annotations

from typing import Annotated

import typer

from placement.cli.changing import ChangeOptions, change
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import AllowPartial, Model
from placement.cli.solving import ORDINARY, Leave
from placement.cli.suggesting import environments
from placement.cli.taking import takes

Stage = Annotated[
    str,
    typer.Option(
        "--environment",
        "-e",
        metavar="ENVIRONMENT",
        help="Where it is deployed.",
        autocompletion=environments,
    ),
]


@guarded
@takes(ChangeOptions)
def enable(
    options: ChangeOptions,
    model: Model,
    environment: Stage,
    allow_partial: AllowPartial = False,
) -> ExitCode:
    """Switch a deployment on again, and place it."""
    return _switch(options, model, environment, Leave(allow_partial=allow_partial), enabled=True)


@guarded
@takes(ChangeOptions)
def disable(options: ChangeOptions, model: Model, environment: Stage) -> ExitCode:
    """Switch a deployment off: it keeps its record, uses nothing and cannot be called."""
    return _switch(options, model, environment, ORDINARY, enabled=False)


@guarded
@takes(ChangeOptions)
def delete(options: ChangeOptions, model: Model, environment: Stage) -> ExitCode:
    """Take a deployment away; `placement rollback` brings it back."""
    from placement.workspace import transitions

    return change(
        options, lambda head: transitions.delete(head.workspace, model, environment=environment)
    )


def _switch(
    options: ChangeOptions, model: str, environment: str, leave: Leave, *, enabled: bool
) -> ExitCode:
    from placement.workspace.transitions import set_enabled

    return change(
        options,
        lambda head: set_enabled(head.workspace, model, environment=environment, enabled=enabled),
        leave,
    )
