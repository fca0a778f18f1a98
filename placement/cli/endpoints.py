"""``placement endpoints``: what can be called, where it runs, and how near that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.catalog.text import quote
from placement.cli import inputs, output, storing
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Environment, Output, StoreOption
from placement.cli.suggesting import models
from placement.cli.table import Column, render
from placement.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement.catalog.catalog import Catalog
    from placement.endpoints import Endpoint
    from placement.workspace.workspace import Workspace

_COLUMNS = ("model", "environment", "version", "path", "replicas", "regions")
_NEAREST = ("nearest", "roundTripMs", "distanceKm")

OneModel = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODEL]", help="Only of this model.", autocompletion=models, show_default=False
    ),
]
Origin = Annotated[
    str | None,
    typer.Option(
        "--origin",
        metavar="PLACE",
        help="Where calls come from: a country, a region, or LATITUDE,LONGITUDE.",
    ),
]


@guarded
def endpoints(
    model: OneModel = None,
    environment: Environment = None,
    origin: Origin = None,
    store: StoreOption = None,
    catalog: CatalogFolder = None,
    form: Output = None,
) -> ExitCode:
    """List what can be called, and with --origin the nearest region of each.

    A model that cannot be called where it is asked for is an error: an endpoint answers with the
    deployment of its own environment, never with that of another one.
    """
    head = storing.read_head(store)
    fleet = inputs.catalog_of_head(head, catalog)
    found = _found(head.workspace, fleet, model, environment, origin)
    columns = _COLUMNS if origin is None else (*_COLUMNS, *_NEAREST)
    output.emit(_render([_item(one) for one in found], columns, output.choose_format(form)))
    return ExitCode.DONE


def _found(
    workspace: Workspace,
    fleet: Catalog,
    model: str | None,
    environment: str | None,
    origin: str | None,
) -> list[Endpoint]:
    from placement.endpoints import endpoints, resolve

    if model is not None and environment is not None:
        return [resolve(workspace, fleet, model, environment=environment, origin=origin)]
    found = [
        one
        for one in endpoints(workspace, fleet, origin=origin)
        if model in (None, one.model) and environment in (None, one.environment)
    ]
    if model is not None and not found:
        return [resolve(workspace, fleet, model, origin=origin)]  # says why there is none
    if environment is not None and environment not in workspace.environments:
        raise EndpointError(f"unknown environment {quote(environment)}")
    return found


def _item(one: Endpoint) -> dict[str, Any]:
    item = {
        "model": one.model,
        "environment": one.environment,
        "version": one.version,
        "path": one.path,
        "replicas": sum(replicas for _, replicas in one.nodes),
        "regions": list(one.regions),
        "nodes": [{"node": node, "replicas": replicas} for node, replicas in one.nodes],
    }
    if one.nearest is None:
        return item
    return {
        **item,
        "nearest": one.nearest.region,
        "roundTripMs": one.nearest.round_trip / 1000,
        "distanceKm": round(one.nearest.distance_km),
    }


def _render(items: Sequence[dict[str, Any]], columns: Sequence[str], form: Format) -> str:
    flat = [{**item, "regions": ", ".join(item["regions"])} for item in items]
    match form:
        case Format.JSON:
            return output.as_json({"kind": "List", "items": items})
        case Format.YAML:
            return output.as_yaml({"kind": "List", "items": items})
        case Format.CSV:
            return output.as_csv(columns, flat)
        case Format.TABLE:
            heads = [Column(name.upper(), right=name in _NUMBERS) for name in columns]
            return render(heads, [tuple(_cell(item[name]) for name in columns) for item in flat])


_NUMBERS = ("replicas", "roundTripMs", "distanceKm")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
