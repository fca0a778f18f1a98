"""``placement diff``: what two plans, or a plan or manifests and the store, have different."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from placement.cli import inputs, output, storing
from placement.cli.differences import Item, between_objects, between_plans, between_rows
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import Output, StoreOption
from placement.cli.table import Column, render
from placement.plan.document import API_VERSION

_COLUMNS = ("kind", "name", "field", "a", "b")

Sides = Annotated[
    list[Path],
    typer.Argument(metavar="A [B]", help="Two plans, or one plan, or manifests."),
]


@guarded
def diff(sides: Sides, store: StoreOption = None, form: Output = None) -> ExitCode:
    """Compare two plans, or the store with one plan or with manifests.

    Of a single plan the rows are compared with what runs. Manifests differ where `placement apply`
    would change the store. Exit code 0: no difference; 7: some.
    """
    items = _items(sides, store)
    output.emit(_render(items, output.choose_format(form)))
    return ExitCode.DIFFERENT if items else ExitCode.DONE


def _items(sides: list[Path], store: str | None) -> list[Item]:
    plans = [path for path in sides if inputs.is_plan(path)]
    if not plans:
        return list(between_objects(inputs.read_asked(sides, storing.read_head(store))))
    if len(plans) != len(sides) or len(sides) > 2:
        raise typer.BadParameter("compare two plans, one plan with the store, or manifests with it")
    *first, last = [inputs.read_plan(path) for path in plans]
    if first:
        return list(between_plans(first[0], last))
    running = storing.read_head(store).workspace.running
    return list(between_rows(running, last.assignments))


def _render(items: Sequence[Item], form: Format) -> str:
    document = {
        "apiVersion": API_VERSION,
        "kind": "Difference",
        "same": not items,
        "items": items,
    }
    match form:
        case Format.JSON:
            return output.as_json(document)
        case Format.YAML:
            return output.as_yaml(document)
        case Format.CSV:
            return output.as_csv(_COLUMNS, items)
        case Format.TABLE:
            rows = [tuple(_cell(item[name]) for name in _COLUMNS) for item in items]
            heads = [Column(name.upper()) for name in _COLUMNS]
            return render(heads, rows) if rows else "no difference\n"


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case list():
            return ", ".join(map(_cell, value)) or "none"
        case dict():
            return " ".join(f"{name}={_cell(part)}" for name, part in value.items())
    return str(value)
