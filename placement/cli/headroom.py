"""``placement headroom``: how many more replicas fit, where, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output
from placement.cli.deploy import Cpus, GpuMemory, Gpus, Memory, Stage, edited, given
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Current, Output, Paths, StoreOption
from placement.cli.suggesting import models
from placement.cli.table import Column, render
from placement.plan.document import API_VERSION, MICRO
from placement.plan.numbers import shown
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.headroom.values import Headroom, Limit, RoomHere
    from placement.workspace.workspace import ModelDeployment, Workspace

Like = Annotated[
    str | None,
    typer.Option(
        "--like",
        metavar="MODEL",
        help="A deployment; the options of its replicas may differ.",
        autocompletion=models,
    ),
]

SHOWN = 15
"""Places that the table lists."""
_COLUMNS = ("provider", "region", "country", "flavor", "nodes", "replicas", "costPerReplica")
_WORDS = {
    "policy": "policy",
    "flavors": "the flavors it lists",
    "gpuMemory": "the GPU memory it asks for",
    "state": "nodes that take nothing new",
    "spread": "spread over",
    "separation": "others it has to be apart from",
    "colocation": "others it has to be with",
    "gpus": "free GPUs",
    "cpus": "free CPUs",
    "memory": "free memory",
    "extra": "free",
}


@guarded
def headroom(
    paths: Paths = None,
    like: Like = None,
    environment: Stage = None,
    gpus: Gpus = None,
    gpu_memory: GpuMemory = None,
    cpus: Cpus = None,
    memory: Memory = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
    form: Output = None,
) -> ExitCode:
    """Count how many more replicas fit as things are, nothing moving.

    The shape is that of a deployment (--like), or of --gpus, --gpu-memory, --cpus and --memory
    under the policies of --environment. What runs is told by --current or --store.
    """
    from placement.planner import Planner

    resources = given({"gpus": gpus, "gpuMemoryGiB": gpu_memory, "cpus": cpus, "memoryGiB": memory})
    if like is None and not resources:
        raise typer.BadParameter("name a deployment with --like, or at least --gpus or --cpus")
    fleet, workspace = inputs.asked_of(paths, catalog, current=current, store=store)
    inputs.check(workspace, fleet.names)
    shape = _shape(workspace, like, environment or PRODUCTION, resources)
    found = Planner(fleet).headroom(workspace, shape)
    if like is None:
        found = replace(found, model="")
    output.emit(_render(found, len(fleet.node_groups), output.choose_format(form)))
    return ExitCode.DONE


def _shape(
    workspace: Workspace, like: str | None, environment: str, resources: dict[str, Any]
) -> ModelDeployment:
    """Return the deployment whose replicas are counted; a new one has a name that none has."""
    from placement.workspace.lookup import find_deployment, find_environment

    if like is not None:
        found = find_deployment(workspace, like, environment)
        return edited(workspace, found.key, {"resources": resources}) if resources else found
    stage = find_environment(workspace, environment).name
    name = "shape"
    while (name, stage) in workspace.by_key:
        name += "-"
    return edited(workspace, (name, stage), {"version": "-", "resources": resources})


def _render(found: Headroom, total: int, form: Format) -> str:
    match form:
        case Format.JSON:
            return output.as_json(_document(found))
        case Format.YAML:
            return output.as_yaml(_document(found))
        case Format.CSV:
            return output.as_csv(_COLUMNS, map(_place, found.places))
        case Format.TABLE:
            return "\n".join(_blocks(found, total))


def _document(found: Headroom) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "Headroom",
        "model": found.model or None,
        "environment": found.environment,
        "replicas": found.replicas,
        "exact": found.exact,
        "withMoves": found.with_moves,
        "nodeGroups": found.node_groups,
        "nodes": found.nodes,
        "places": [_place(place) for place in found.places],
        "limits": [
            {"kind": one.kind.value, "name": one.name or None, "nodes": one.nodes, "gain": one.gain}
            for one in found.limits
        ],
    }


def _place(place: RoomHere) -> dict[str, Any]:
    return {
        "provider": place.provider,
        "region": place.region,
        "country": place.country,
        "flavor": place.flavor,
        "nodes": place.nodes,
        "replicas": place.replicas,
        "costPerReplica": output.number(shown(place.cost_per_replica, MICRO)),
    }


def _blocks(found: Headroom, total: int) -> Iterator[str]:
    what = f" of {found.model}" if found.model else ""
    number = f"{found.replicas:,}" if found.exact else f"at most {found.replicas:,}"
    noun = "replica" if found.replicas == 1 else "replicas"
    yield (
        f"Headroom{what} in {found.environment}: {number} more {noun} as things are, "
        f"no more than {found.with_moves:,} if what runs is moved\n"
        f"may use {found.node_groups:,} of {total:,} node groups; "
        f"{found.nodes:,} of their nodes take new replicas\n"
    )
    if found.places:
        yield _places(found)
    if found.node_groups:
        yield _limits(found.limits)
    else:
        yield "no node group may be used, whatever runs\n"


def _places(found: Headroom) -> str:
    columns = [
        Column("REGION"),
        Column("COUNTRY"),
        Column("FLAVOR"),
        Column("NODES", right=True),
        Column("REPLICAS", right=True),
        Column("USD/H EACH", right=True),
    ]
    rows = [
        (
            f"{place.provider}/{place.region}",
            place.country,
            place.flavor,
            f"{place.nodes:,}",
            f"{place.replicas:,}",
            f"{shown(place.cost_per_replica, MICRO):.4f}",
        )
        for place in found.places[:SHOWN]
    ]
    rest = found.places[SHOWN:]
    more = f"and {sum(p.replicas for p in rest):,} in {len(rest):,} more places\n" if rest else ""
    return render(columns, rows) + more


def _limits(limits: tuple[Limit, ...]) -> str:
    if not limits:
        return "no single thing is in the way of more\n"
    columns = [
        Column("IN THE WAY"),
        Column("NODES", right=True),
        Column("MORE WITHOUT", right=True),
    ]
    rows = [
        (
            f"{_WORDS[one.kind.value]} {one.name}".rstrip(),
            f"{one.nodes:,}" if one.nodes else "-",
            f"{one.gain:,}",
        )
        for one in limits
    ]
    return render(columns, rows)
