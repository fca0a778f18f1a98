"""``placement export kubernetes``: a plan as Deployments that are pinned to its nodes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output
from placement.cli.documents import check_writable
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Output, Paths, StoreOption

if TYPE_CHECKING:
    from placement.plan.kubernetes import Part

app = typer.Typer(
    help="Hand a plan to another system.", no_args_is_help=True, rich_markup_mode=None
)

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A stored plan (JSON).")]
_FILLED_IN = ("{model}", "{version}", "{environment}")


def _image(text: str) -> str:
    unknown = next(
        (word for word in re.findall(r"\{[^{}]*\}", text) if word not in _FILLED_IN), None
    )
    if unknown is not None:
        known = ", ".join(f"`{word}`" for word in _FILLED_IN)
        raise typer.BadParameter(f"`{unknown}` cannot be filled in; known are {known}")
    return text


Image = Annotated[
    str | None,
    typer.Option(
        "--image",
        metavar="TEXT",
        parser=_image,
        help="Image of the container; {model}, {version} and {environment} are filled in.",
    ),
]
OutTarget = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write to a file instead of stdout."),
]


@app.callback()
def export() -> None:
    """Hand a plan to another system."""


@app.command("kubernetes")
@guarded
def kubernetes(
    plan: PlanFile,
    paths: Paths = None,
    catalog: CatalogFolder = None,
    store: StoreOption = None,
    image: Image = None,
    out: OutTarget = None,
    form: Output = None,
) -> ExitCode:
    """Print a Deployment for each part of a plan, pinned to where the plan has it.

    The PATHs are the manifests that the plan answers; with --store, what that holds. With a
    catalog that was imported from a cluster pods are pinned to nodes by name, else to node groups
    by their labels. Without --image the container has no image: the Deployments are to be merged
    with yours.
    """
    if form in (Format.TABLE, Format.CSV):
        raise typer.BadParameter(f"Deployments have no {form} form; use yaml or json")
    check_writable(out)
    from placement.catalog.importers.kubernetes.seats import read_seats
    from placement.plan.kubernetes import to_kubernetes

    stored = inputs.read_plan(plan)
    fleet, workspace = inputs.asked_of(paths, catalog, store=store)
    seats = read_seats(catalog) if catalog is not None else None
    parts = to_kubernetes(stored, workspace, fleet, seats=seats, image=image, file=str(plan))
    text = _render(parts, form)
    if out is None:
        output.emit(text)
    else:
        output.write_file(out, text)
    return ExitCode.DONE


def _render(parts: tuple[Part, ...], form: Format | None) -> str:
    from placement.plan.kubernetes import to_yaml

    if form is not Format.JSON:
        return to_yaml(parts)
    documents = [part.document for part in parts]
    return output.as_json({"apiVersion": "v1", "kind": "List", "items": documents})
