"""``placement get``: what the manifests say, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Output, Paths, choose
from placement.cli.table import Column, render

if TYPE_CHECKING:
    from placement.workspace.workspace import Workspace

_PLURAL = {"policy": "policies", "environment": "environments", "deployment": "deployments"}
_COLUMNS = {
    "policies": ("name", "type", "enforcement", "allows"),
    "environments": ("name", "policies"),
    "deployments": ("model", "environment", "version", "enabled", "replicas", "gpus", "policies"),
}


def _kind(text: str) -> str:
    word = choose(text, [*_PLURAL, *_PLURAL.values()])
    return _PLURAL.get(word, word)


Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND", parser=_kind, help="policies, environments or deployments (or singular)."
    ),
]


@guarded
def get(
    kind: Kind, paths: Paths = None, catalog: CatalogFolder = None, form: Output = None
) -> ExitCode:
    """List policies, environments or deployments.

    Items are whole manifests, with every default filled in.
    """
    from placement.workspace.dumping import to_document

    workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    if catalog is not None:
        inputs.check(workspace, inputs.read_names(catalog))
    items = [to_document(item) for item in _items(workspace, kind)]
    allows = {name: policy.options() for name, policy in workspace.policies.items()}
    output.emit(_render(kind, items, allows, output.choose_format(form)))
    return ExitCode.DONE


def _items(workspace: Workspace, kind: str) -> Sequence[Any]:
    match kind:
        case "policies":
            return tuple(workspace.policies.values())
        case "environments":
            return tuple(workspace.environments.values())
        case "deployments":
            return workspace.deployments
    raise ValueError(kind)


def _render(
    kind: str, items: Sequence[dict[str, Any]], allows: Mapping[str, str], form: Format
) -> str:
    rows = [_row(kind, item, allows) for item in items]
    match form:
        case Format.JSON:
            return output.as_json({"kind": "List", "items": items})
        case Format.YAML:
            return output.as_yaml({"kind": "List", "items": items})
        case Format.CSV:
            return output.as_csv(_COLUMNS[kind], rows)
        case Format.TABLE:
            columns = [Column(title.upper()) for title in _COLUMNS[kind]]
            return render(columns, [tuple(row.values()) for row in rows])


def _row(kind: str, item: dict[str, Any], allows: Mapping[str, str]) -> dict[str, str]:
    meta, spec = item["metadata"], item["spec"]
    values = {**spec, **meta, "model": meta["name"]}
    if kind == "policies":
        values["allows"] = allows[meta["name"]]
    if kind == "deployments":
        values["gpus"] = spec["resources"].get("gpus", "")
    return {column: _cell(values.get(column)) for column in _COLUMNS[kind]}


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(_cell(one) for one in value)
    return str(value)
