"""``placement catalog import``: a catalog made of what another system knows of a fleet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.findings import reason_of, unwritable
from placement.cli.output import Format
from placement.cli.parameters import Output, not_negative_whole
from placement.cli.table import Column, render
from placement.errors import InputError

if TYPE_CHECKING:
    from placement.catalog.importers.imported import Imported

app = typer.Typer(
    help="Make a catalog of what another system knows.", no_args_is_help=True, rich_markup_mode=None
)

Nodes = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="Output of `kubectl get nodes -o json` (or yaml)."),
]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder to write the catalog to.")
]
Pods = Annotated[
    Path | None,
    typer.Option(
        "--pods",
        metavar="FILE",
        help="Output of `kubectl get pods -A -o json`: what they ask for is reserved.",
    ),
]
PriceTable = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        metavar="FILE",
        help="CSV file with price_per_hour and what it is the price of; default: list prices.",
    ),
]
RegionTable = Annotated[
    Path | None,
    typer.Option(
        "--regions", metavar="FILE", help="Regions that public-cloud lacks, as in regions.csv."
    ),
]
DefaultRegion = Annotated[
    str | None,
    typer.Option(
        "--region", metavar="PROVIDER/REGION", help="Where nodes are whose labels do not say it."
    ),
]
Tolerate = Annotated[
    list[str] | None,
    typer.Option(
        "--tolerate",
        metavar="KEY[=VALUE]",
        help="Take nodes with this taint too; may be given several times.",
    ),
]
Tables = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder with `CLOUD/vms.csv`, or one such folder.")
]
Count = Annotated[
    int | None,
    typer.Option(
        "--count", metavar="NUMBER", parser=not_negative_whole, help="Nodes of each offer."
    ),
]
CountTable = Annotated[
    Path | None,
    typer.Option(
        "--counts", metavar="FILE", help="CSV file with count and what there are so many of."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the catalog that is there.")]


@app.callback()
def importing() -> None:
    """Make a catalog of what another system knows."""


@app.command("kubernetes")
@guarded
def kubernetes(
    nodes: Nodes,
    out: OutFolder,
    pods: Pods = None,
    prices: PriceTable = None,
    regions: RegionTable = None,
    region: DefaultRegion = None,
    tolerate: Tolerate = None,
    force: Force = False,
    form: Output = None,
) -> ExitCode:
    """Make a catalog of the nodes of a Kubernetes cluster.

    Nodes with taints that are not about GPUs are left out, unless --tolerate names them. Every
    node that is left out is told, with the reason.
    """
    from placement.catalog.importers.kubernetes.importing import import_kubernetes

    return _write(
        out,
        lambda: import_kubernetes(
            nodes, pods=pods, prices=prices, regions=regions, region=region,
            tolerate=tolerate or (), name=out.resolve().name,
        ),
        replace=force,
        form=output.choose_format(form),
    )  # fmt: skip


@app.command("skypilot")
@guarded
def skypilot(
    folder: Tables,
    out: OutFolder,
    count: Count = None,
    counts: CountTable = None,
    regions: RegionTable = None,
    force: Force = False,
    form: Output = None,
) -> ExitCode:
    """Make a catalog of the offers in SkyPilot's tables.

    The tables do not say how many nodes there are: --count or --counts does.
    """
    if count is None and counts is None:
        raise typer.BadParameter("how many nodes there are is said with --count or --counts")
    from placement.catalog.importers.skypilot import import_skypilot

    return _write(
        out,
        lambda: import_skypilot(
            folder, count=count, counts=counts, regions=regions, name=out.resolve().name
        ),
        replace=force,
        form=output.choose_format(form),
    )


def _write(folder: Path, make: Callable[[], Imported], *, replace: bool, form: Format) -> ExitCode:
    """Import, write the folder, and tell what was taken and what was not."""
    from placement.catalog.importers.folder import check_target, write_folder

    check_target(folder, replace=replace)
    imported = make()
    inputs.report(imported.warnings)
    try:
        write_folder(folder, imported.to_files(), replace=replace)
    except OSError as error:
        raise InputError([unwritable(str(folder), reason_of(error))]) from None
    output.emit(_render({"folder": str(folder), **imported.summary()}, imported, form))
    return ExitCode.DONE


def _render(summary: dict[str, Any], imported: Imported, form: Format) -> str:
    left_out = [
        {"path": one.path, "name": one.name, "reason": str(one.reason), "detail": one.detail}
        for one in imported.left_out
    ]
    match form:
        case Format.JSON:
            return output.as_json({"kind": "Import", **summary, "items": left_out})
        case Format.YAML:
            return output.as_yaml({"kind": "Import", **summary, "items": left_out})
        case Format.CSV:
            return output.as_csv(("path", "name", "reason", "detail"), left_out)
        case Format.TABLE:
            return _table(summary, imported)


def _table(summary: dict[str, Any], imported: Imported) -> str:
    rows = [(f"{imported.what} read", f"{summary['read']:,}"), ("taken", f"{summary['taken']:,}")]
    rows += [
        (f"left out: {reason}", f"{number:,}") for reason, number in summary["leftOut"].items()
    ]
    names = {
        "nodeGroups": "node groups",
        "nodes": "nodes",
        "gpus": "GPUs",
        "gpuParts": "parts of a GPU",
    }
    rows += [(name, f"{summary[key]:,}") for key, name in names.items()]
    return render([Column("WHAT"), Column("NUMBER", right=True)], rows) + (
        f"written to {summary['folder']}\n"
    )
