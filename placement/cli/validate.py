"""``placement validate``: manifests, and every name they use, without solving anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output, storing
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import CatalogFolder, Output, StoreOption

if TYPE_CHECKING:
    from placement.catalog.names import CatalogNames
    from placement.workspace.workspace import Workspace

RequiredPaths = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Manifest files or folders.")
]


@guarded
def validate(
    paths: RequiredPaths,
    catalog: CatalogFolder = None,
    store: StoreOption = None,
    form: Output = None,
) -> ExitCode:
    """Check manifests and the names they use.

    With --catalog, the whole catalog is loaded and checked too. With --store, manifests may name
    policies and environments that the store holds.
    """
    known = None if store is None else storing.read_head(store).workspace
    workspace = inputs.read_workspace(paths, known)
    inputs.check(workspace, _names(catalog, store))
    output.emit(_render(_counts(workspace), output.choose_format(form)))
    return ExitCode.DONE


def _names(catalog: Path | None, store: str | None) -> CatalogNames:
    """Return the names to check against; a catalog that is given is itself checked whole."""
    if catalog is not None or storing.named(store) is not None:
        return inputs.choose_catalog(catalog, store).names
    return inputs.read_names(inputs.catalog_folder(None))


def _counts(workspace: Workspace) -> dict[str, int]:
    return {
        "policies": len(workspace.policies),
        "environments": len(workspace.environments),
        "deployments": len(workspace.deployments),
    }


def _render(counts: dict[str, int], form: Format) -> str:
    match form:
        case Format.TABLE:
            words = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
            return f"valid: {words}\n"
        case Format.JSON:
            return output.as_json({"kind": "Validation", "ok": True, **counts})
        case Format.YAML:
            return output.as_yaml({"kind": "Validation", "ok": True, **counts})
        case Format.CSV:
            return output.as_csv(tuple(counts), [counts])
