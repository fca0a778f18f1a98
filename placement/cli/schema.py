"""``placement schema``: the JSON Schema of one kind of manifest."""

from __future__ import annotations

from typing import Annotated

import typer

from placement.cli import output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import Output, choose

_KINDS = {"policy": "Policy", "environment": "Environment", "modeldeployment": "ModelDeployment"}


def _kind(text: str) -> str:
    return _KINDS[choose(text, _KINDS)]


Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND", parser=_kind, help="Policy, Environment or ModelDeployment; any case."
    ),
]


@guarded
def schema(kind: Kind, form: Output = None) -> ExitCode:
    """Print the JSON Schema of a kind of manifest."""
    if form in (Format.TABLE, Format.CSV):
        raise typer.BadParameter(f"a schema has no {form} form; use json or yaml")
    from placement.workspace.schema import schema as schema_of

    document = schema_of(kind)
    as_text = output.as_yaml if form is Format.YAML else output.as_json
    output.emit(as_text(document))
    return ExitCode.DONE
