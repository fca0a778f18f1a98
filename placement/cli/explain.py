"""``placement explain``: why a deployment may run where it may, and why not elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output, storing
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import (
    CatalogFolder,
    Current,
    Model,
    ObjectiveOption,
    Output,
    Paths,
    StoreOption,
)
from placement.cli.suggesting import environments
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from pathlib import Path

    from placement.catalog.catalog import Catalog
    from placement.explanation.values import Explanation
    from placement.workspace.workspace import Workspace

Stage = Annotated[
    str,
    typer.Option(
        "--environment",
        "-e",
        metavar="ENVIRONMENT",
        help="Environment of the deployment.",
        autocompletion=environments,
    ),
]
Region = Annotated[
    str | None,
    typer.Option("--region", metavar="REGION", help="Ask about a region: PROVIDER/CODE or CODE."),
]
Country = Annotated[
    str | None, typer.Option("--country", metavar="COUNTRY", help="Ask about a country.")
]
Flavor = Annotated[
    str | None,
    typer.Option("--flavor", metavar="FLAVOR", help="Ask about a GPU, a GPU family or a CPU type."),
]
Node = Annotated[
    str | None,
    typer.Option("--node", metavar="NODE", help="Ask about a node or a node group."),
]


@guarded
def explain(
    model: Model,
    paths: Paths = None,
    environment: Stage = PRODUCTION,
    region: Region = None,
    country: Country = None,
    flavor: Flavor = None,
    node: Node = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
    objective: ObjectiveOption = "cost",
    form: Output = None,
) -> ExitCode:
    """Show step by step which policies and rules leave which node groups to a deployment.

    With --region, --country, --flavor or --node, alone or together, also everything that keeps one
    more replica off that place, or what it would cost. Every place is judged beside what runs: by
    --current, by --store, or nothing.
    """
    from placement.planner import Planner

    place = storing.unless_current(store, current)
    asked = (
        _from_files(paths, catalog, current)
        if place is None
        else _from_store(paths, catalog, place)
    )
    inputs.check(asked.workspace, asked.catalog.names)
    found = Planner(asked.catalog).explain(
        asked.workspace,
        model,
        environment=environment,
        region=region,
        country=country,
        flavor=flavor,
        node=node,
        objective=objective,
    )
    output.emit(_render(found, output.choose_format(form)))
    return ExitCode.DONE


@dataclass(frozen=True)
class _Asked:
    """What is explained: a workspace with what runs, on a catalog."""

    catalog: Catalog
    workspace: Workspace


def _from_files(paths: list[Path] | None, catalog: Path | None, current: Path | None) -> _Asked:
    workspace = inputs.read_workspace(inputs.manifest_paths(paths))
    if current is not None:
        workspace = workspace.with_running(inputs.read_running(current))
    return _Asked(inputs.catalog_of_files(paths, catalog), workspace)


def _from_store(paths: list[Path] | None, catalog: Path | None, store: str) -> _Asked:
    head = storing.read_head(store)
    workspace = inputs.read_asked(paths, head).after
    return _Asked(inputs.catalog_of_head(head, catalog), workspace)


def _render(found: Explanation, form: Format) -> str:
    from placement.explanation.document import COLUMNS, place_row

    match form:
        case Format.TABLE:
            from placement.cli.explain_table import explain_table

            return explain_table(found)
        case Format.JSON:
            return output.as_json(found.to_dict())
        case Format.YAML:
            return output.as_yaml(found.to_dict())
        case Format.CSV:
            return output.as_csv(COLUMNS, [place_row(one, found.unit) for one in found.places])
