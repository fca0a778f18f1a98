"""``placement rollback``: bring back what a change replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import storing
from placement.cli.changing import Asked, ChangeOptions, change
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import AllowPartial, Environment, Evict, not_negative_whole
from placement.cli.solving import Leave
from placement.cli.suggesting import models
from placement.cli.taking import takes
from placement.workspace.refusal import Refusal, RefusalReason

if TYPE_CHECKING:
    from placement.store.values import Snapshot
    from placement.workspace.transitions import Transition

OneModel = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODEL]", help="Name of the model.", autocompletion=models, show_default=False
    ),
]
To = Annotated[
    int | None,
    typer.Option(
        "--to",
        metavar="SERIAL",
        parser=not_negative_whole,
        help="Bring back everything as it was asked for at a serial.",
    ),
]


@guarded
@takes(ChangeOptions)
def rollback(
    options: ChangeOptions,
    model: OneModel = None,
    environment: Environment = None,
    to: To = None,
    allow_partial: AllowPartial = False,
    evict: Evict = False,
) -> ExitCode:
    """Bring back what the newest change of a deployment replaced, or everything of a serial.

    What is brought back is planned and checked against today's policies and capacity, and refused
    like a release; nodes are not restored. Repeated, it walks further back.
    """
    return change(options, _asked(options, model, environment, to), Leave(allow_partial, evict))


def _asked(
    options: ChangeOptions, model: str | None, environment: str | None, to: int | None
) -> Asked:
    if to is not None:
        if model is not None or environment is not None:
            raise typer.BadParameter("--to is for everything: name no MODEL and no --environment")
        return lambda head: _everything(options, head, to)
    if model is None or environment is None:
        raise typer.BadParameter("name a MODEL and its --environment, or --to SERIAL")
    return lambda head: _one(options, head, model, environment)


def _one(
    options: ChangeOptions, head: Snapshot, model: str, environment: str
) -> Transition | Refusal:
    from placement.workspace.transitions import restore

    with storing.opened(options.store) as store:
        previous = store.previous(model, environment)
    if previous is None:
        message = f"`{model}` in `{environment}` has no change that could be rolled back"
        return Refusal(RefusalReason.NOTHING_TO_ROLL_BACK, message)
    return restore(head.workspace, model, environment=environment, deployment=previous.deployment)


def _everything(options: ChangeOptions, head: Snapshot, serial: int) -> Transition | Refusal:
    from placement.workspace.transitions import replace_all

    with storing.opened(options.store) as store:
        after = store.snapshot(serial).workspace
    return replace_all(head.workspace, after, serial=serial)
