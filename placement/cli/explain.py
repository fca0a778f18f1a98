"""``placement explain``: why a deployment may run where it may, and why not elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output
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
    TimeLimit,
)
from placement.cli.suggesting import environments
from placement.options import SolveOptions
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.cli.missing import Missing
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
    time_limit: TimeLimit = None,
    form: Output = None,
) -> ExitCode:
    """Show step by step which policies and rules leave which node groups to a deployment.

    With --region, --country, --flavor or --node, alone or together, also everything that keeps one
    more replica off that place, or what it would cost. Every place is judged beside what runs: by
    --current, by --store, or nothing. Without a place, what does not run yet is planned with
    everything else; if it finds no place, the conflicts and their repairs follow.
    """
    from placement.planner import Planner

    asked = _Asked(*inputs.asked_of(paths, catalog, current=current, store=store))
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
    options = SolveOptions(objective=objective, time_limit=time_limit)
    lacking = _lacking(asked, found, options)
    output.emit(_render(found, lacking, output.choose_format(form)))
    if lacking is None or not (lacking.replicas or lacking.interrupted):
        return ExitCode.DONE
    return ExitCode.INTERRUPTED if lacking.interrupted else ExitCode.NOT_PLACED


@dataclass(frozen=True)
class _Asked:
    """What is explained: a workspace with what runs, on a catalog."""

    catalog: Catalog
    workspace: Workspace


def _lacking(asked: _Asked, found: Explanation, options: SolveOptions) -> Missing | None:
    """Return what a plan says of a deployment of which not everything runs.

    None where that is not the question: a place was asked about, or nothing is missing.
    """
    if found.candidate is not None or not found.enabled or found.placed >= found.replicas:
        return None
    from placement.cli.missing import missing

    deployment = asked.workspace.by_key[found.model, found.environment]
    return missing(asked.catalog, asked.workspace, deployment, options)


def _render(found: Explanation, lacking: Missing | None, form: Format) -> str:
    from placement.explanation.document import COLUMNS, place_row

    if form is Format.CSV:
        return output.as_csv(COLUMNS, [place_row(one, found.unit) for one in found.places])
    if form is Format.TABLE:
        return _page(found, lacking)
    document = found.to_dict()
    if lacking is not None and lacking.replicas:
        document["missing"] = lacking.to_dict()
    return output.as_json(document) if form is Format.JSON else output.as_yaml(document)


def _page(found: Explanation, lacking: Missing | None) -> str:
    from placement.cli.explain_table import explain_table

    lines = [] if lacking is None else list(lacking.lines())
    page = explain_table(found)
    return page + "".join(f"{line}\n" for line in ("", *lines)) if lines else page
