"""Every rule over one workspace and catalog, with the place of every finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.errors import Diagnostic
from placement.linting.base import Finding, Rule
from placement.linting.registry import RULES
from placement.linting.scene import Scene
from placement.workspace.names_check import check_names

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import Workspace


def lint(workspace: Workspace, catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Return what manifests say that is hardly meant, on one catalog.

    Parameters
    ----------
    workspace : Workspace
        Findings have the places it was read from, or ``<python>``. What runs does not matter.
    catalog : Catalog

    Returns
    -------
    tuple of Diagnostic
        By file, line and column. Errors can never be placed as they are; warnings have no effect
        or another one than it seems; notes may well be meant. Names that the catalog does not
        have are among them. Deployments that are alike have one finding together.
    """
    scene = Scene(workspace, catalog)
    found = [*check_names(workspace, catalog.names)]
    for rule in RULES:
        found += [_placed(scene, rule, one) for one in rule.check(scene)]
    return tuple(sorted(found, key=_order))


def _placed(scene: Scene, rule: Rule, found: Finding) -> Diagnostic:
    return scene.sources.diagnostic(
        found.key,
        found.path,
        rule.code,
        found.message,
        suggestion=found.advice,
        severity=rule.severity,
    )


def _order(found: Diagnostic) -> tuple[str, int, int, str, str]:
    return (found.file, found.line, found.column, found.code, found.message)
