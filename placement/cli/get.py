"""``placement get``: what the store or manifests say, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output, storing
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Output, Paths, StoreOption, choose
from placement.cli.table import Column, render
from placement.plan.document import COLUMNS as ASSIGNMENT
from placement.plan.document import assignment_row

if TYPE_CHECKING:
    from pathlib import Path

    from placement.workspace.workspace import Workspace

_PLURAL = {
    "policy": "policies",
    "environment": "environments",
    "deployment": "deployments",
    "assignment": "assignments",
}
_COLUMNS = {
    "policies": ("name", "type", "enforcement", "allows"),
    "environments": ("name", "policies"),
    "deployments": ("model", "environment", "version", "enabled", "replicas", "gpus", "policies"),
    "assignments": ASSIGNMENT,
}


def _kind(text: str) -> str:
    word = choose(text, [*_PLURAL, *_PLURAL.values()])
    return _PLURAL.get(word, word)


Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        parser=_kind,
        help="policies, environments, deployments or assignments (or singular).",
    ),
]


@guarded
def get(
    kind: Kind,
    paths: Paths = None,
    catalog: CatalogFolder = None,
    store: StoreOption = None,
    form: Output = None,
) -> ExitCode:
    """List policies, environments, deployments or assignments.

    Without PATH they are those of the store; where there is none, those of the example that ships.
    Items are whole manifests, with every default filled in. Assignments, which are what runs, are
    in a store only.
    """
    place = None if paths else storing.named(store)
    if kind == "assignments":
        workspace = _running(paths, place)
    elif place is not None:
        workspace = storing.read_head(place).workspace
    else:
        workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    if catalog is not None:
        inputs.check(workspace, inputs.read_names(catalog))
    items = _items(workspace, kind)
    allows = {name: policy.options() for name, policy in workspace.policies.items()}
    output.emit(_render(kind, items, allows, output.choose_format(form)))
    return ExitCode.DONE


def _running(paths: list[Path] | None, store: str | None) -> Workspace:
    if paths:
        raise typer.BadParameter("manifests do not say what runs; leave PATH out")
    return storing.read_head(store).workspace


def _items(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    from placement.workspace.dumping import to_document

    match kind:
        case "policies":
            return [to_document(one) for one in workspace.policies.values()]
        case "environments":
            return [to_document(one) for one in workspace.environments.values()]
        case "deployments":
            return [to_document(one) for one in workspace.deployments]
        case "assignments":
            return [_plain(assignment_row(row)) for row in workspace.running]
    raise ValueError(kind)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: output.number(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
    }


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
    if kind == "assignments":
        return {column: _cell(item.get(column)) for column in ASSIGNMENT}
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
