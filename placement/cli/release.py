"""``placement release``: copy a deployment from one environment over another."""

from __future__ import annotations

from typing import Annotated

import typer

from placement.cli.changing import ChangeOptions, change
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import AllowPartial, Model, choose, words
from placement.cli.solving import Leave
from placement.cli.suggesting import environments
from placement.cli.taking import takes


def _kept(text: str) -> str:
    """Return fields by their own names; one that cannot be kept is a usage error."""
    from placement.workspace.transitions import Keep

    known = {str(one).lower(): str(one) for one in Keep}
    return ",".join(known[choose(word, known)] for word in words(text))


Source = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="ENVIRONMENT",
        help="Where the deployment is copied from.",
        autocompletion=environments,
    ),
]
Target = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="ENVIRONMENT",
        help="Where it replaces what is there.",
        autocompletion=environments,
    ),
]
Kept = Annotated[
    str,
    typer.Option(
        "--keep",
        metavar="FIELD,...",
        parser=_kept,
        help="Leave of the target: replicas, minReplicas, priority, spread, rollout.",
        show_default=False,
    ),
]
CopyPolicies = Annotated[
    bool,
    typer.Option(
        "--copy-policies", help="Let the policies of the source's deployment replace the target's."
    ),
]


@guarded
@takes(ChangeOptions)
def release(
    options: ChangeOptions,
    model: Model,
    source: Source,
    target: Target,
    keep: Kept = "",
    copy_policies: CopyPolicies = False,
    allow_partial: AllowPartial = False,
) -> ExitCode:
    """Copy a deployment from one environment over another.

    The policies of the target environment govern the copy. All replicas must fit beside what runs,
    or nothing changes; what is replaced can be brought back with `placement rollback`.
    """
    from placement.workspace import transitions

    return change(
        options,
        lambda head: transitions.release(
            head.workspace,
            model,
            source=source,
            target=target,
            keep=words(keep),
            copy_policies=copy_policies,
        ),
        Leave(allow_partial=allow_partial),
    )
