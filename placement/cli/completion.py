"""``placement completion``: the script with which a shell completes commands and names."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from placement.cli import output
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import choose

PROGRAM = "placement"
VARIABLE = "_PLACEMENT_COMPLETE"
"""What a shell sets when it asks for completions."""
SHELLS = ("bash", "zsh", "fish")

Shell = Annotated[
    str,
    typer.Argument(
        metavar="bash|zsh|fish", parser=lambda text: choose(text, SHELLS), help="Which shell."
    ),
]


@guarded
def completion(shell: Shell) -> ExitCode:
    """Print the script that makes a shell complete commands, options, models and environments.

    For bash: `source <(placement completion bash)`.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    script = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)
    output.emit(f"{script}\n")
    return ExitCode.DONE


def prepare() -> None:
    """Let the process answer, if it was started by a shell that asks for completions."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
