"""``placement catalog``: what the fleet has, and where it is imported from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import importing, inputs, output
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Output, StoreOption, choose
from placement.cli.table import Column, render

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup

Row = dict[str, Any]

app = typer.Typer(
    help="Look at a catalog, or import one.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(importing.app, name="import")

_VIEWS = ("gpus", "nodes", "regions", "states", "summary")
What = Annotated[
    str,
    typer.Argument(
        metavar="[summary|regions|gpus|nodes|states]",
        parser=lambda text: choose(text, _VIEWS),
        help="Counts, or one row per region, GPU, node group or node with a state of its own.",
    ),
]


@app.callback()
def catalog() -> None:
    """Look at a catalog, or import one."""


@app.command("show")
@guarded
def show(
    what: What = "summary",
    catalog: CatalogFolder = None,
    store: StoreOption = None,
    form: Output = None,
) -> ExitCode:
    """Count or list what a catalog holds: regions, GPUs and node groups."""
    fleet = inputs.choose_catalog(catalog, store)
    rows = list(_rows(fleet, what))
    output.emit(_render(fleet, rows, output.choose_format(form)))
    return ExitCode.DONE


def _rows(fleet: Catalog, what: str) -> Iterator[Row]:
    match what:
        case "summary":
            return _summary(fleet)
        case "regions":
            return _regions(fleet)
        case "gpus":
            return _gpus(fleet)
        case "nodes":
            return _nodes(fleet)
        case "states":
            return _states(fleet)
    raise ValueError(what)


def _summary(fleet: Catalog) -> Iterator[Row]:
    for by, key in _KEYS.items():
        groups: Counter[str] = Counter()
        nodes: Counter[str] = Counter()
        gpus: Counter[str] = Counter()
        for group in fleet.node_groups:
            name = key(group)
            groups[name] += 1
            nodes[name] += group.count
            gpus[name] += group.count * group.gpu_count
        for name in sorted(groups):
            counts = {"nodeGroups": groups[name], "nodes": nodes[name], "gpus": gpus[name]}
            yield {"by": by, "name": name, **counts}


_KEYS: dict[str, Callable[[NodeGroup], str]] = {
    "provider": lambda group: group.region.provider,
    "continent": lambda group: group.region.continent,
    "flavor": lambda group: group.flavor,
}


def _regions(fleet: Catalog) -> Iterator[Row]:
    groups = Counter(group.region.key for group in fleet.node_groups)
    for key, region in fleet.regions.items():
        yield {
            "provider": region.provider,
            "region": region.code,
            "name": region.name,
            "country": region.country,
            "continent": region.continent,
            "carbonGramsPerKwh": None if region.carbon is None else region.carbon / 1000,
            "partition": region.partition,
            "nodeGroups": groups[key],
        }


def _gpus(fleet: Catalog) -> Iterator[Row]:
    count: Counter[str] = Counter()
    for group in fleet.node_groups:
        count[group.flavor] += group.count * group.gpu_count
    for name, gpu in fleet.gpus.items():
        yield {
            "gpu": name,
            "vendor": gpu.vendor,
            "memoryGiB": gpu.memory / 1000,
            "architecture": gpu.architecture,
            "family": gpu.family,
            "count": count[name],
        }


def _nodes(fleet: Catalog) -> Iterator[Row]:
    for group in fleet.node_groups:
        yield {
            "nodeGroup": group.name,
            "provider": group.region.provider,
            "region": group.region.code,
            "zone": group.zone,
            "instanceType": group.instance_type,
            "flavor": group.flavor,
            "gpus": group.gpu_count,
            "cpus": group.cpus / 1000,
            "memoryGiB": group.memory / 1000,
            "pricePerHour": group.price / 1e9,
            "count": group.count,
            "ready": fleet.accepting(group),
            "state": group.state.value,
        }


def _states(fleet: Catalog) -> Iterator[Row]:
    for node, state in fleet.states.items():
        group = fleet.group_of(node)
        yield {"node": node, "state": state.value, "stateOfNodeGroup": group.state.value}


def _render(fleet: Catalog, rows: list[Row], form: Format) -> str:
    columns = tuple(rows[0]) if rows else ()
    match form:
        case Format.JSON:
            return output.as_json(_document(fleet, rows))
        case Format.YAML:
            return output.as_yaml(_document(fleet, rows))
        case Format.CSV:
            return output.as_csv(columns, rows)
        case Format.TABLE:
            cells = [tuple(_cell(value) for value in row.values()) for row in rows]
            return render([_column(title, rows) for title in columns], cells)


def _document(fleet: Catalog, rows: list[Row]) -> Row:
    return {"kind": "List", "catalog": fleet.name, "digest": fleet.digest, "items": rows}


def _column(title: str, rows: list[Row]) -> Column:
    return Column(title.upper(), right=any(isinstance(row[title], int | float) for row in rows))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:g}"
    return str(value)
