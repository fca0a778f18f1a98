"""``placement schema``: the JSON Schema of one kind of manifest."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from placement.cli import output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import Output, choose

_KINDS = {
    "policy": "Policy",
    "environment": "Environment",
    "modeldeployment": "ModelDeployment",
    "scenario": "Scenario",
}


def _kind(text: str) -> str:
    return _KINDS[choose(text, _KINDS)]


Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        parser=_kind,
        help="Policy, Environment, ModelDeployment or Scenario; any case.",
    ),
]


@guarded
def schema(kind: Kind, form: Output = None) -> ExitCode:
    """Print the JSON Schema of a kind of manifest, or of scenarios."""
    if form in (Format.TABLE, Format.CSV):
        raise typer.BadParameter(f"a schema has no {form} form; use json or yaml")
    document = _document(kind)
    as_text = output.as_yaml if form is Format.YAML else output.as_json
    output.emit(as_text(document))
    return ExitCode.DONE


def _document(kind: str) -> dict[str, Any]:
    if kind == "Scenario":
        from placement.simulation.schema import scenario_schema

        return scenario_schema()
    from placement.workspace.schema import schema as schema_of

    return schema_of(kind)
