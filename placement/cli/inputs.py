"""From paths to a catalog, a workspace and a stored plan, with every finding in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from placement.catalog.rows import UNIT
from placement.cli import storing
from placement.cli.findings import reason_of, unreadable
from placement.cli.output import say
from placement.errors import Diagnostic, InputError, Severity
from placement.plan.codes import Code
from placement.plan.document import KIND

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.names import CatalogNames
    from placement.plan.plan import Plan
    from placement.store.values import Snapshot
    from placement.workspace.assignment import Assignment
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace

SHIPPED_CATALOG = "public-cloud"
SHIPPED_EXAMPLE = "quickstart"


def catalog_folder(given: Path | None) -> Path:
    """Return the given catalog folder, or the one that ships."""
    from placement.catalog.shipped import shipped

    return given if given is not None else shipped("catalogs", SHIPPED_CATALOG)


def catalog_of_files(paths: list[Path] | None, given: Path | None) -> Catalog:
    """Return the catalog for manifests; the shipped example goes with the shipped one."""
    return choose_catalog(given, None) if paths else read_catalog(catalog_folder(given))


def catalog_of_head(head: Snapshot, given: Path | None) -> Catalog:
    """Return the given catalog, else the one of a state, else the one that ships."""
    recorded = None if given is not None else head.catalog
    return read_catalog(catalog_folder(given)) if recorded is None else recorded


def choose_catalog(given: Path | None, store: str | None) -> Catalog:
    """Return the given catalog, else the one recorded in the store, else the one that ships.

    Without ``store`` that is the store in the default place, if there is one.
    """
    recorded = None if given is not None else storing.recorded_catalog(store)
    return read_catalog(catalog_folder(given)) if recorded is None else recorded


def manifest_paths(given: list[Path] | None) -> list[Path]:
    """Return the given manifests, or the shipped example, and then say so."""
    from placement.catalog.shipped import shipped

    if given:
        return given
    say(f"no PATH given: using the shipped example `{SHIPPED_EXAMPLE}`")
    return [shipped("examples", SHIPPED_EXAMPLE)]


def read_workspace(paths: Iterable[Path], known: Workspace | None = None) -> Workspace:
    """Return the workspace of the manifests; every finding about them is an InputError.

    They may name what ``known`` holds.
    """
    from placement.workspace.manifests import load_workspace

    return load_workspace(*paths, known=known)


def asked_of(
    paths: list[Path] | None,
    catalog: Path | None,
    *,
    current: Path | None = None,
    store: str | None = None,
) -> tuple[Catalog, Workspace]:
    """Return the catalog and what manifests ask, or what a store holds with them put into it."""
    place = storing.unless_current(store, current)
    if place is None:
        return asked_of_files(paths, catalog, current)
    head = storing.read_head(place)
    return catalog_of_head(head, catalog), read_asked(paths, head).after


def asked_of_files(
    paths: list[Path] | None, catalog: Path | None, current: Path | None
) -> tuple[Catalog, Workspace]:
    """Return the catalog and what manifests ask, with what runs by a plan, if one is given."""
    workspace = read_workspace(manifest_paths(paths))
    if current is not None:
        workspace = workspace.with_running(read_running(current))
    return catalog_of_files(paths, catalog), workspace


def read_asked(paths: list[Path] | None, head: Snapshot) -> Transition:
    """Return what manifests change of the newest state; without any, nothing."""
    from placement.workspace.transitions import TransitionKind, between, upsert

    before = head.workspace
    if not paths:
        return between(before, before, kind=TransitionKind.APPLY)
    return upsert(before, read_workspace(paths, known=before))


def read_names(folder: Path) -> CatalogNames:
    """Return the names of a catalog folder, without its tables."""
    from placement.catalog.names import load_names

    return load_names(folder)


def check(workspace: Workspace, names: CatalogNames) -> None:
    """Say the warnings about the names a workspace uses; raise the errors."""
    from placement.workspace.names_check import check_names

    report(check_names(workspace, names))


def report(findings: Iterable[Diagnostic]) -> None:
    """Say the warnings; raise the errors."""
    found = tuple(findings)
    for finding in found:
        if finding.severity is Severity.WARNING:
            say(str(finding))
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        raise InputError(errors)


def read_catalog(folder: Path) -> Catalog:
    """Return the whole catalog of a folder."""
    from placement.catalog.load import load_catalog

    return load_catalog(folder)


def find_plan(paths: list[Path] | None) -> Path | None:
    """Return the one path if it is a stored plan, or None if the paths are manifests.

    A file that cannot be read is no plan: whoever reads it as a manifest says what is wrong.
    """
    plans = [path for path in paths or () if is_plan(path)]
    if plans and len(paths or ()) > 1:
        raise typer.BadParameter(f"`{plans[0]}` is a plan, which is applied alone")
    return plans[0] if plans else None


def is_plan(path: Path) -> bool:
    """Whether a file holds a plan rather than manifests."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("kind") == KIND


def read_plan(path: Path) -> Plan:
    """Return a stored plan; a malformed one is an InputError that names the file."""
    from placement.plan.plan import Plan

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError([unreadable(str(path), reason_of(error))]) from None
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8 text"
        raise InputError([unreadable(str(path), reason)]) from None
    return Plan.from_json(text, file=str(path))


def read_running(path: Path) -> Plan:
    """Return the plan that runs today; rows that nothing can be are an InputError.

    An edited plan is taken, and said: what runs may well differ from what was once planned.
    """
    plan = read_plan(path)
    faults = [
        Diagnostic(str(path), 1, 1, Code.NOT_RUNNING, fault)
        for index, row in enumerate(plan.assignments)
        for fault in _row_faults(f"assignments[{index}]", row)
    ]
    if faults:
        raise InputError(faults)
    if plan.stated_digest != plan.digest:
        say(f"warning: {path} was edited after it was planned; its rows are taken as they stand")
    return plan


def _row_faults(where: str, row: Assignment) -> Iterator[str]:
    if row.replicas < 1:
        yield f"`{where}.replicas` must be at least 1, found {row.replicas}"
    if row.gpus < 0:
        yield f"`{where}.gpus` must be at least 0, found {row.gpus / UNIT:g}"
    if row.gpu is not None and row.gpu < 0:
        yield f"`{where}.gpu` must be at least 0, found {row.gpu}"
