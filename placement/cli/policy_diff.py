"""``placement policy-diff``: what other manifests mean for where every deployment may run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs, output, storing
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Current, Output, StoreOption
from placement.cli.table import Column, render
from placement.plan.document import API_VERSION

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.policy_difference import (
        AttachedPolicy,
        Cause,
        DeploymentDifference,
        Options,
        PolicyDiff,
    )
    from placement.workspace.workspace import Workspace

OldPath = Annotated[Path, typer.Argument(metavar="OLD", help="Manifests as they are today.")]
NewPath = Annotated[Path, typer.Argument(metavar="NEW", help="Manifests as they may become.")]

_COLUMNS = ("model", "environment", "effect", "before", "after", "enters", "leaves", "mustMove")
_SHOWN = 4
"""Names of a kind that a row of the table lists."""
_PLURALS = {
    "provider": "providers",
    "country": "countries",
    "region": "regions",
    "gpu": "gpus",
    "cpu": "cpus",
}


@guarded
def policy_diff(
    old: OldPath,
    new: NewPath,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
    form: Output = None,
) -> ExitCode:
    """Compare where every deployment may run by two sets of manifests.

    Each is widened, narrowed, shifted (both) or unchanged. What runs, by --current or --store,
    tells which replicas would have to move.
    """
    from placement.policy_difference import policy_diff as compare

    before, after = inputs.read_workspace([old]), inputs.read_workspace([new])
    fleet, before = _with_running(before, catalog, current, store)
    for workspace in (before, after):
        inputs.check(workspace, fleet.names)
    found = compare(before, after, fleet)
    output.emit(_render(found, output.choose_format(form)))
    return ExitCode.DONE


def _with_running(
    workspace: Workspace, catalog: Path | None, current: Path | None, store: str | None
) -> tuple[Catalog, Workspace]:
    place = storing.unless_current(store, current)
    if place is not None:
        head = storing.read_head(place)
        fleet = inputs.catalog_of_head(head, catalog)
        return fleet, workspace.revised(running=head.workspace.running)
    if current is not None:
        workspace = workspace.with_running(inputs.read_running(current))
    return inputs.choose_catalog(catalog, None), workspace


def _render(found: PolicyDiff, form: Format) -> str:
    items = [_item(one) for one in found.deployments]
    document = {
        "apiVersion": API_VERSION,
        "kind": "PolicyDifference",
        "counts": {effect.value: count for effect, count in found.counts.items()},
        "mustMove": found.must_move,
        "deployments": items,
    }
    match form:
        case Format.JSON:
            return output.as_json(document)
        case Format.YAML:
            return output.as_yaml(document)
        case Format.CSV:
            return output.as_csv(_COLUMNS, (_flat(one) for one in found.deployments))
        case Format.TABLE:
            return _table(found)


def _item(one: DeploymentDifference) -> dict[str, Any]:
    return {
        "model": one.model,
        "environment": one.environment,
        "effect": one.effect.value,
        "before": one.before,
        "after": one.after,
        "enters": _names(one.enters),
        "leaves": _names(one.leaves),
        "cause": _cause(one.cause),
        "mustMove": [
            {"node": row.node, "replicas": row.replicas, "already": row.already}
            for row in one.must_move
        ],
    }


def _names(options: Options) -> dict[str, Any]:
    named = {_PLURALS[kind]: list(names) for kind, names in options.names.items()}
    return {"nodeGroups": len(options.node_groups), **named}


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "bound": [_attached(policy) for policy in cause.bound],
        "released": [_attached(policy) for policy in cause.released],
        "edited": [_attached(policy) for policy in cause.edited],
        "demands": cause.demands,
    }


def _attached(policy: AttachedPolicy) -> dict[str, str]:
    return {"level": policy.level.value, "policy": policy.name}


def _flat(one: DeploymentDifference) -> dict[str, Any]:
    sides = {"enters": len(one.enters.node_groups), "leaves": len(one.leaves.node_groups)}
    return {**_item(one), **sides, "mustMove": _replicas(one)}


def _replicas(one: DeploymentDifference) -> int:
    return sum(row.replicas for row in one.must_move)


def _table(found: PolicyDiff) -> str:
    changed = [one for one in found.deployments if one.effect != "unchanged" or one.must_move]
    counts = ", ".join(f"{n:,} {effect}" for effect, n in found.counts.items() if n)
    moves = f"; {found.must_move:,} running replicas must move" if found.must_move else ""
    head = f"{counts or 'no deployments'}{moves}\n"
    if not changed:
        return head
    columns = [
        Column("MODEL"),
        Column("ENVIRONMENT"),
        Column("EFFECT"),
        Column("NODE GROUPS", right=True),
        Column("ENTERS"),
        Column("LEAVES"),
        Column("BECAUSE OF"),
    ]
    lines = [_move(one) for one in changed if one.must_move]
    tail = "\n".join(["", *lines]) + "\n" if lines else ""
    return f"{head}\n{render(columns, [_row(one) for one in changed])}{tail}"


def _row(one: DeploymentDifference) -> tuple[str, ...]:
    return (
        one.model,
        one.environment,
        one.effect.value,
        f"{one.before:,} -> {one.after:,}",
        _side(one.enters),
        _side(one.leaves),
        ", ".join(_reasons(one.cause)) or "-",
    )


def _side(options: Options) -> str:
    """Return the names that enter or leave; node groups alone where no name does."""
    if not options.node_groups:
        return "-"
    if not options.names:
        return f"{len(options.node_groups):,} node groups"
    # A country says enough of the regions in it.
    hidden = {"region"} if "country" in options.names else set()
    kinds = [kind for kind in options.names if kind not in hidden]
    return "; ".join(f"{kind} {_some(options.names[kind])}" for kind in kinds)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _reasons(cause: Cause) -> Iterator[str]:
    yield from (f"+{policy.name}" for policy in cause.bound)
    yield from (f"-{policy.name}" for policy in cause.released)
    yield from (f"~{policy.name}" for policy in cause.edited)
    if cause.demands:
        yield "its own demands"


def _move(one: DeploymentDifference) -> str:
    nodes = _some([f"{row.node} ({row.replicas:,})" for row in one.must_move])
    return f"must move: {_replicas(one):,} of {one.model} in {one.environment}, from {nodes}"
